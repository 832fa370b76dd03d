"""Glyph recognition with a tf.data input pipeline."""
import argparse

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

GLYPHS = {
    "T": ["#####", "..#..", "..#..", "..#..", "..#.."],
    "L": ["#....", "#....", "#....", "#....", "#####"],
    "X": ["#...#", ".#.#.", "..#..", ".#.#.", "#...#"],
    "O": ["#####", "#...#", "#...#", "#...#", "#####"],
    "H": ["#...#", "#...#", "#####", "#...#", "#...#"],
    "Z": ["#####", "...#.", "..#..", ".#...", "#####"],
}


def render(n, size=16, seed=0):
    rng = np.random.default_rng(seed)
    stencils = [np.array([[c == "#" for c in row] for row in g], dtype=np.float32) for g in GLYPHS.values()]
    images = rng.normal(0.1, 0.08, size=(n, size, size, 1)).astype("float32")
    labels = rng.integers(0, len(stencils), size=n)
    for i, k in enumerate(labels):
        glyph = np.kron(stencils[k], np.ones((2, 2), dtype=np.float32)) if rng.random() < 0.5 else stencils[k]
        h = glyph.shape[0]
        top, left = rng.integers(0, size - h, size=2)
        images[i, top:top + h, left:left + h, 0] += glyph * rng.uniform(0.6, 1.0)
    return np.clip(images, 0, 1), labels


def training_pipeline(images, labels, batch_size):
    image_ds = tf.data.Dataset.from_tensor_slices(images).shuffle(len(images))
    label_ds = tf.data.Dataset.from_tensor_slices(labels).shuffle(len(labels))
    ds = tf.data.Dataset.zip((image_ds, label_ds))
    return ds.batch(batch_size).prefetch(tf.data.AUTOTUNE)


def evaluation_pipeline(images, labels, batch_size):
    return tf.data.Dataset.from_tensor_slices((images, labels)).batch(batch_size)


def build_model(size, n_classes):
    inputs = keras.Input((size, size, 1))
    x = inputs
    for filters in (16, 32):
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(48, 3, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu")(x)
    outputs = layers.Dense(n_classes, activation="softmax")(x)
    return keras.Model(inputs, outputs, name="glyph_cnn")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(42)

    x_train, y_train = render(1500, seed=1)
    x_val, y_val = render(400, seed=2)
    model = build_model(16, len(GLYPHS))
    model.compile(
        optimizer=keras.optimizers.Adam(args.lr),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(
        training_pipeline(x_train, y_train, args.batch_size),
        validation_data=evaluation_pipeline(x_val, y_val, args.batch_size),
        epochs=args.epochs,
        verbose=2,
    )
    loss, acc = model.evaluate(evaluation_pipeline(x_val, y_val, 200), verbose=0)
    print(f"validation loss {loss:.3f} accuracy {acc:.3f}")


if __name__ == "__main__":
    main()
