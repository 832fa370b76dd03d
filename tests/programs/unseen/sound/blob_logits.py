"""Detect whether an image contains a bright disc."""
import argparse

import keras
import numpy as np
from keras import layers


def render(n, size=20, seed=0):
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:size, :size]
    images = rng.normal(60, 18, (n, size, size, 1))
    labels = rng.integers(0, 2, n)
    for i, present in enumerate(labels):
        cy, cx = rng.uniform(5, size - 5, 2)
        radius = rng.uniform(2.5, 4)
        distance = np.hypot(yy - cy, xx - cx)
        if present:
            images[i, :, :, 0] += 70 * (distance < radius)
        else:
            box = np.maximum(abs(yy - cy), abs(xx - cx))
            images[i, :, :, 0] += 70 * ((box < radius + 0.5) & (box > radius - 1.5))
    return np.clip(images, 0, 255).astype("float32"), labels.astype("float32")


def build_model(size, lr):
    inputs = keras.Input((size, size, 1))
    x = layers.Rescaling(1 / 127.5, offset=-1)(inputs)
    x = layers.RandomFlip("horizontal_and_vertical")(x)
    x = layers.Conv2D(16, 3, activation="relu")(x)
    x = layers.Conv2D(32, 3, strides=2, activation="relu")(x)
    x = layers.Conv2D(32, 3, strides=2, activation="relu")(x)
    x = layers.GlobalMaxPooling2D()(x)
    outputs = layers.Dense(1, name="logit")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(lr),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[
            keras.metrics.BinaryAccuracy(threshold=0.0, name="accuracy"),
            keras.metrics.AUC(from_logits=True, name="auc"),
        ],
    )
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", type=int, default=1500)
    parser.add_argument("--test", type=int, default=400)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(5)

    x_train, y_train = render(args.train, seed=1)
    x_test, y_test = render(args.test, seed=2)
    model = build_model(x_train.shape[1], args.lr)
    model.fit(
        x_train, y_train,
        validation_data=(x_test, y_test),
        epochs=args.epochs,
        batch_size=args.batch_size,
        callbacks=[keras.callbacks.TerminateOnNaN()],
        verbose=2,
    )
    logits = model.predict(x_test, verbose=0)[:, 0]
    probability = keras.ops.convert_to_numpy(keras.ops.sigmoid(logits))
    print(f"accuracy {np.mean((logits > 0) == y_test):.3f}, mean confidence {np.abs(probability - 0.5).mean() + 0.5:.3f}")


if __name__ == "__main__":
    main()
