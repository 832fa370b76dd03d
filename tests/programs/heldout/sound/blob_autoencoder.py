"""Convolutional autoencoder on pictures of one or two soft blobs."""
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

SIZE = 16


def blobs(count, seed):
    """Grey pictures in [0, 1], shape (count, 16, 16, 1)."""
    rng = np.random.default_rng(seed)
    yy, xx = np.mgrid[:SIZE, :SIZE]
    pictures = np.zeros((count, SIZE, SIZE, 1), dtype="float32")
    for picture in pictures:
        for _ in range(rng.integers(1, 3)):
            cy, cx = rng.uniform(3, SIZE - 3, 2)
            radius = rng.uniform(1.5, 3.5)
            blob = np.exp(-((yy - cy) ** 2 + (xx - cx) ** 2) / (2 * radius**2))
            picture[..., 0] = np.maximum(picture[..., 0], blob)
    return pictures


class Autoencoder(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.encoder = tf.keras.Sequential([
            layers.Conv2D(32, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(4, 3, padding="same", activation="relu"),
        ])
        self.decoder = tf.keras.Sequential([
            layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu"),
            layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
        ])

    def call(self, x):
        return self.decoder(self.encoder(x))


def main():
    tf.keras.utils.set_random_seed(5)
    x_train, x_test = blobs(1000, 1), blobs(200, 2)
    model = Autoencoder()
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["mse"])
    model.fit(x_train, x_train, epochs=12, batch_size=32, validation_data=(x_test, x_test), verbose=0)
    error = model.evaluate(x_test, x_test, verbose=0)[1]
    print("mse %.5f against variance %.5f" % (error, x_test.var()))


if __name__ == "__main__":
    main()
