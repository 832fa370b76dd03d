"""Denoise digit images with a convolutional autoencoder."""
import argparse

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras import layers


def load(noise, seed):
    clean = (load_digits().images[..., None] / 16.0).astype("float32")
    rng = np.random.default_rng(seed)
    noisy = clean + rng.normal(0, noise, clean.shape).astype("float32")
    return train_test_split(noisy, clean, test_size=0.2, random_state=seed)


def build_model(lr):
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(inputs)
    skip = x
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(48, 3, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(32, 2, strides=2, activation="relu")(x)
    x = layers.Concatenate()([x, skip])
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    outputs = layers.Conv2D(1, 1, activation="sigmoid")(x)
    model = keras.Model(inputs, outputs, name="denoiser")
    model.compile(optimizer=keras.optimizers.Adam(lr), loss="binary_crossentropy", metrics=["mse"])
    return model


class FreshNoise(keras.utils.PyDataset):
    """Adds new noise to the clean images at every epoch."""

    def __init__(self, clean, noise, batch_size, seed, **kwargs):
        super().__init__(**kwargs)
        self.clean, self.noise, self.batch_size = clean, noise, batch_size
        self.rng = np.random.default_rng(seed)
        self.order = self.rng.permutation(len(clean))

    def __len__(self):
        return int(np.ceil(len(self.clean) / self.batch_size))

    def __getitem__(self, i):
        target = self.clean[self.order[i * self.batch_size:(i + 1) * self.batch_size]]
        return target + self.rng.normal(0, self.noise, target.shape).astype("float32"), target

    def on_epoch_end(self):
        self.order = self.rng.permutation(len(self.clean))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--noise", type=float, default=0.3)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(9)

    _, noisy_test, clean_train, clean_test = load(args.noise, seed=9)
    model = build_model(args.lr)
    model.fit(
        FreshNoise(clean_train, args.noise, args.batch_size, seed=9),
        validation_data=(noisy_test, clean_test),
        epochs=args.epochs,
        verbose=2,
    )
    restored = model.predict(noisy_test, verbose=0)
    print(f"mse noisy {np.mean((noisy_test - clean_test) ** 2):.4f}, restored {np.mean((restored - clean_test) ** 2):.4f}")


if __name__ == "__main__":
    main()
