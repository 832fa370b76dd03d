"""Which of the electrode channels carries the evoked response?"""
import argparse

import keras
import numpy as np
from keras import layers

CHANNELS = 6
STEPS = 96


def record(n, seed):
    """Simulate recordings stored channel first, as the amplifier writes them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1.0, size=(n, CHANNELS, STEPS))
    x += 0.3 * rng.normal(0, 1, size=(n, 1, STEPS))
    y = rng.integers(0, CHANNELS, size=n)
    t = np.arange(24)
    wave = 3.2 * np.sin(2 * np.pi * t / 12) * np.hanning(24)
    for i, channel in enumerate(y):
        start = rng.integers(0, STEPS - 24)
        x[i, channel, start:start + 24] += wave * rng.choice([-1.0, 1.0])
        other = (channel + rng.integers(1, CHANNELS)) % CHANNELS
        x[i, other, start:start + 24] += 1.6 * rng.normal(0, 0.5, 24)
    return x.astype("float32"), y


def to_model_input(x):
    """The convolution wants (batch, steps, channels)."""
    x = (x - x.mean(axis=(1, 2), keepdims=True)) / x.std(axis=(1, 2), keepdims=True)
    return x.reshape(len(x), STEPS, CHANNELS)


def build_model(width=24, kernel=9):
    inputs = keras.Input((STEPS, CHANNELS))
    x = layers.Conv1D(width, kernel, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling1D(2)(x)
    x = layers.Conv1D(2 * width, kernel, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Activation("relu")(x)
    x = layers.GlobalMaxPooling1D()(x)
    x = layers.Dropout(0.3)(x)
    outputs = layers.Dense(CHANNELS, activation="softmax")(x)
    return keras.Model(inputs, outputs)


def parse_args():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", type=int, default=1800)
    parser.add_argument("--test", type=int, default=600)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=48)
    parser.add_argument("--lr", type=float, default=2e-3)
    return parser.parse_args()


def main():
    args = parse_args()
    keras.utils.set_random_seed(19)
    x_train, y_train = record(args.train, seed=1)
    x_test, y_test = record(args.test, seed=2)
    x_train, x_test = to_model_input(x_train), to_model_input(x_test)

    model = build_model()
    model.compile(
        optimizer=keras.optimizers.Adam(args.lr),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    model.fit(
        x_train, y_train,
        validation_data=(x_test, y_test),
        epochs=args.epochs,
        batch_size=args.batch_size,
        callbacks=[keras.callbacks.ReduceLROnPlateau(patience=3, factor=0.5)],
        verbose=2,
    )
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"test accuracy {accuracy:.3f}, guessing {1 / CHANNELS:.3f}")


if __name__ == "__main__":
    main()
