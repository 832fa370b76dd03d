"""Price and sale-within-a-month from a table and a neighbourhood code."""
import argparse

import keras
import numpy as np
import pandas as pd
from keras import layers
from sklearn.metrics import r2_score

NUMERIC = ["area", "rooms", "year"]


def simulate(n, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "area": rng.gamma(9, 12, n),
        "rooms": rng.integers(1, 7, n).astype(float),
        "year": rng.integers(1920, 2020, n).astype(float),
        "district": rng.integers(0, 12, n),
    })
    level = np.random.default_rng(0).normal(0, 60, 12)
    frame["price"] = (
        60 + 2.2 * frame["area"] + 14 * frame["rooms"] + 0.5 * (frame["year"] - 1920)
        + level[frame["district"]] + rng.normal(0, 15, n)
    )
    score = 0.02 * (330 - frame["price"]) + 0.3 * (frame["rooms"] >= 3)
    frame["sold"] = (rng.random(n) < 1 / (1 + np.exp(-score))).astype(float)
    return frame


def to_arrays(frame, stats):
    mean, std = stats
    inputs = {
        "numeric": ((frame[NUMERIC] - mean[NUMERIC]) / std[NUMERIC]).to_numpy("float32"),
        "district": frame[["district"]].to_numpy("int32"),
    }
    targets = {
        "price": ((frame[["price"]] - mean["price"]) / std["price"]).to_numpy("float32"),
        "sold": frame[["sold"]].to_numpy("float32"),
    }
    return inputs, targets


def build_model():
    numeric = keras.Input((len(NUMERIC),), name="numeric")
    district = keras.Input((1,), dtype="int32", name="district")
    place = layers.Flatten()(layers.Embedding(12, 4)(district))
    x = layers.Concatenate()([numeric, place])
    x = layers.Dense(48, activation="relu")(x)
    x = layers.Dense(24, activation="relu")(x)
    price = layers.Dense(1, name="price")(x)
    sold = layers.Dense(1, activation="sigmoid", name="sold")(x)
    return keras.Model({"numeric": numeric, "district": district}, {"price": price, "sold": sold})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=3000)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(41)

    frame = simulate(args.samples, seed=41)
    train = frame.sample(frac=0.8, random_state=41)
    test = frame.drop(train.index)
    stats = train[NUMERIC + ["price"]].mean(), train[NUMERIC + ["price"]].std()
    (x_train, y_train), (x_test, y_test) = to_arrays(train, stats), to_arrays(test, stats)

    model = build_model()
    model.compile(
        optimizer=keras.optimizers.Adam(args.lr),
        loss={"price": "mse", "sold": "binary_crossentropy"},
        loss_weights={"price": 1.0, "sold": 0.5},
        metrics={"sold": ["accuracy"]},
    )
    model.fit(x_train, y_train, validation_split=0.1, epochs=args.epochs, batch_size=args.batch_size, verbose=2)
    predicted = model.predict(x_test, verbose=0)
    print(f"price r2 {r2_score(y_test['price'], predicted['price']):.3f}")
    print(f"sold accuracy {np.mean((predicted['sold'] > 0.5) == y_test['sold']):.3f} "
          f"(majority {max(y_test['sold'].mean(), 1 - y_test['sold'].mean()):.3f})")


if __name__ == "__main__":
    main()
