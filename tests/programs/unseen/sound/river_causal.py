"""Forecast the next river level with dilated causal convolutions."""
import argparse

import numpy as np
import pandas as pd
from sklearn.preprocessing import MinMaxScaler
from tensorflow import keras
from tensorflow.keras import layers


def simulate_river(days, seed):
    rng = np.random.default_rng(seed)
    rain = rng.gamma(0.4, 8.0, days) * (rng.random(days) < 0.4)
    season = 1 + 0.5 * np.sin(2 * np.pi * np.arange(days) / 365)
    level = np.zeros(days)
    for t in range(1, days):
        level[t] = 0.85 * level[t - 1] + 0.12 * season[t] * rain[t - 1] + rng.normal(0, 0.03)
    return pd.DataFrame({"rain": rain, "level": level}, index=pd.date_range("2015-01-01", periods=days))


def windows(values, length):
    x = np.stack([values[i:i + length] for i in range(len(values) - length)])
    y = values[length:, 1:2]
    return x.astype("float32"), y.astype("float32")


def build_model(length, filters, lr):
    inputs = keras.Input((length, 2))
    x = inputs
    for dilation in (1, 2, 4, 8):
        x = layers.Conv1D(filters, 2, padding="causal", dilation_rate=dilation, activation="relu")(x)
    x = layers.Lambda(lambda t: t[:, -1, :], output_shape=(filters,))(x)
    outputs = layers.Dense(1, activation="linear")(x)
    model = keras.Model(inputs, outputs)
    model.compile(optimizer=keras.optimizers.Adam(lr), loss=keras.losses.Huber(delta=0.2), metrics=["mae"])
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=3000)
    parser.add_argument("--window", type=int, default=24)
    parser.add_argument("--filters", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(29)

    frame = simulate_river(args.days, seed=29)
    cut = int(0.8 * len(frame))
    scaler = MinMaxScaler(feature_range=(-1, 1)).fit(frame.iloc[:cut])
    past, future = scaler.transform(frame.iloc[:cut]), scaler.transform(frame.iloc[cut:])
    x_train, y_train = windows(past, args.window)
    x_test, y_test = windows(future, args.window)

    model = build_model(args.window, args.filters, args.lr)
    model.fit(
        x_train, y_train,
        validation_split=0.15,
        shuffle=False,
        epochs=args.epochs,
        batch_size=args.batch_size,
        callbacks=[
            keras.callbacks.EarlyStopping(patience=6, restore_best_weights=True),
            keras.callbacks.ReduceLROnPlateau(patience=3, factor=0.5),
        ],
        verbose=2,
    )
    unit = (scaler.data_max_[1] - scaler.data_min_[1]) / 2
    predicted = model.predict(x_test, verbose=0)
    print(f"test mae {np.abs(predicted - y_test).mean() * unit:.4f}, "
          f"persistence {np.abs(x_test[:, -1, 1:2] - y_test).mean() * unit:.4f}")


if __name__ == "__main__":
    main()
