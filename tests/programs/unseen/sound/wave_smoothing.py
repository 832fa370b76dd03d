"""Waveform classification with large batches and smoothed labels."""
import argparse

import keras
import numpy as np
from keras import layers

SHAPES = ("sine", "square", "saw", "triangle")


def synthesise(n, steps, seed):
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, len(SHAPES), n)
    phase = rng.uniform(0, 1, (n, 1))
    cycles = rng.uniform(2, 4, (n, 1))
    t = (np.linspace(0, 1, steps)[None] * cycles + phase) % 1.0
    waves = np.stack([
        np.sin(2 * np.pi * t),
        np.sign(t - 0.5),
        2 * t - 1,
        2 * np.abs(2 * t - 1) - 1,
    ])
    x = waves[kind, np.arange(n)] * rng.uniform(0.5, 20, (n, 1))
    x += 0.1 * np.abs(x).max(axis=1, keepdims=True) * rng.normal(size=x.shape)
    return x[..., None].astype("float32"), kind


def standardise_each(x):
    return (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)


def residual_unit(x, filters):
    shortcut = layers.Conv1D(filters, 1, strides=2)(x)
    x = layers.Conv1D(filters, 5, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv1D(filters, 5, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.Activation("relu")(layers.Add()([x, shortcut]))


def build_model(steps):
    inputs = keras.Input((steps, 1))
    x = residual_unit(inputs, 16)
    x = residual_unit(x, 32)
    x = layers.GlobalAveragePooling1D()(x)
    return keras.Model(inputs, layers.Dense(len(SHAPES), activation="softmax")(x))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", type=int, default=4096)
    parser.add_argument("--test", type=int, default=800)
    parser.add_argument("--steps", type=int, default=64)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--lr", type=float, default=0.1)
    args = parser.parse_args()
    keras.utils.set_random_seed(13)

    x_train, k_train = synthesise(args.train, args.steps, seed=1)
    x_test, k_test = synthesise(args.test, args.steps, seed=2)
    x_train, x_test = standardise_each(x_train), standardise_each(x_test)
    y_train = keras.utils.to_categorical(k_train, len(SHAPES))
    y_test = keras.utils.to_categorical(k_test, len(SHAPES))

    updates = args.epochs * int(np.ceil(args.train / args.batch_size))
    schedule = keras.optimizers.schedules.CosineDecay(args.lr, updates)
    model = build_model(args.steps)
    model.compile(
        optimizer=keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True),
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=["accuracy"],
    )
    model.fit(
        x_train, y_train,
        validation_data=(x_test, y_test),
        epochs=args.epochs,
        batch_size=args.batch_size,
        verbose=2,
    )
    print("test accuracy %.3f" % model.evaluate(x_test, y_test, verbose=0)[1])


if __name__ == "__main__":
    main()
