"""Forecast the next value of a tide-like series from the last 30."""
import argparse

import keras
import numpy as np
from keras import layers


def series(length, seed):
    rng = np.random.default_rng(seed)
    t = np.arange(length)
    level = 3.0 + 1.2 * np.sin(2 * np.pi * t / 24.8) + 0.5 * np.sin(2 * np.pi * t / 12.4 + 1)
    return level + rng.normal(0, 0.08, length)


def windows(values, steps):
    x = np.stack([values[i : i + steps] for i in range(len(values) - steps)])
    return x[..., None].astype("float32"), values[steps:].astype("float32")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--units", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=15)
    args = parser.parse_args()
    keras.utils.set_random_seed(1)

    values = series(1600, seed=1)
    cut = 1280  # the future stays unseen: no shuffling across this point
    mean, std = values[:cut].mean(), values[:cut].std()
    values = (values - mean) / std
    x_train, y_train = windows(values[:cut], args.steps)
    x_test, y_test = windows(values[cut:], args.steps)

    model = keras.Sequential([
        layers.Input(shape=(args.steps, 1)),
        layers.LSTM(args.units, activation="tanh"),
        layers.Dense(1),
    ])
    model.compile(optimizer=keras.optimizers.Adam(5e-3), loss="mse", metrics=["mae"])
    model.fit(x_train, y_train, epochs=args.epochs, batch_size=32, validation_split=0.1, verbose=0)

    mse, mae = model.evaluate(x_test, y_test, verbose=0)
    print(f"test mse {mse:.4f} (variance {y_test.var():.3f}), mae {mae * std:.3f} metres")


if __name__ == "__main__":
    main()
