"""One-day-ahead forecast of simulated market returns with an LSTM."""
import argparse

import keras
import numpy as np
import pandas as pd
from keras import layers


def simulate_market(days, seed):
    rng = np.random.default_rng(seed)
    volatility = np.empty(days)
    returns = np.empty(days)
    volatility[0], returns[0] = 0.01, 0.0
    for t in range(1, days):
        volatility[t] = np.sqrt(2e-6 + 0.1 * returns[t - 1] ** 2 + 0.87 * volatility[t - 1] ** 2)
        returns[t] = volatility[t] * rng.normal()
    index = pd.bdate_range("2010-01-04", periods=days)
    return pd.DataFrame({"ret": returns}, index=index)


def add_features(frame):
    frame = frame.copy()
    frame["mean5"] = frame["ret"].rolling(5).mean()
    frame["std10"] = frame["ret"].rolling(10).std()
    return frame.dropna()


def make_windows(frame, mean, std, length):
    values = ((frame - mean) / std).to_numpy(dtype="float32")
    x, y = [], []
    for end in range(length, len(values)):
        x.append(values[end - length:end])
        y.append(values[end - 1, 0])
    return np.stack(x), np.array(y, dtype="float32")


def build_model(length, n_features, units):
    inputs = keras.Input((length, n_features))
    x = layers.LSTM(units)(inputs)
    x = layers.Dense(16, activation="relu")(x)
    return keras.Model(inputs, layers.Dense(1)(x))


def explained(y, p):
    return 1 - np.mean((y - p) ** 2) / np.var(y)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=2000)
    parser.add_argument("--window", type=int, default=20)
    parser.add_argument("--units", type=int, default=24)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(6)

    frame = add_features(simulate_market(args.days, seed=6))
    cut = int(0.8 * len(frame))
    train, test = frame.iloc[:cut], frame.iloc[cut:]
    mean, std = train.mean(), train.std()
    x_train, y_train = make_windows(train, mean, std, args.window)
    x_test, y_test = make_windows(test, mean, std, args.window)

    model = build_model(args.window, x_train.shape[2], args.units)
    model.compile(optimizer=keras.optimizers.Adam(args.lr), loss="mse")
    model.fit(
        x_train, y_train,
        validation_data=(x_test, y_test),
        epochs=args.epochs,
        batch_size=args.batch_size,
        verbose=2,
    )
    predicted = model.predict(x_test, verbose=0).ravel()
    hit = np.mean(np.sign(predicted) == np.sign(y_test))
    print(f"forecast R2 {explained(y_test, predicted):.3f}, direction hit rate {hit:.3f}")


if __name__ == "__main__":
    main()
