"""Customer churn model with a pandas preprocessing pipeline."""
import argparse

import keras
import numpy as np
import pandas as pd
from keras import layers
from sklearn.metrics import classification_report
from sklearn.model_selection import train_test_split

NUMERIC = ["tenure", "charges", "calls", "age"]


def simulate_customers(n, seed):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({
        "tenure": rng.gamma(2.0, 12.0, n),
        "charges": rng.normal(60, 20, n),
        "calls": rng.poisson(2, n).astype(float),
        "age": rng.integers(18, 80, n).astype(float),
        "plan": rng.choice(["basic", "plus", "family"], n),
        "region": rng.choice(["north", "south", "west"], n),
    })
    score = -0.04 * frame["tenure"] + 0.02 * frame["charges"] + 0.35 * frame["calls"] - 1.2
    score += (frame["plan"] == "basic") * 0.6
    churn = rng.random(n) < 1 / (1 + np.exp(-score))
    frame["churn"] = np.where(churn, "yes", "no")
    frame.loc[rng.random(n) < 0.05, "age"] = np.nan
    return frame


def encode(frame):
    frame = frame.copy()
    frame["age"] = frame["age"].fillna(frame["age"].median())
    target = (frame["churn"] == "yes").astype("float32")
    features = pd.get_dummies(frame, columns=["plan", "region", "churn"], dtype="float32")
    return features, target


def scale_numeric(train, test):
    train, test = train.copy(), test.copy()
    mean, std = train[NUMERIC].mean(), train[NUMERIC].std()
    train[NUMERIC] = (train[NUMERIC] - mean) / std
    test[NUMERIC] = (test[NUMERIC] - mean) / std
    return train.astype("float32"), test.astype("float32")


def build_model(n_features, lr):
    model = keras.Sequential([
        keras.Input((n_features,)),
        layers.Dense(32, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(16, activation="relu"),
        layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(
        optimizer=keras.optimizers.Adam(lr),
        loss="binary_crossentropy",
        metrics=["accuracy", keras.metrics.AUC(name="auc")],
    )
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--customers", type=int, default=3000)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=1e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(8)

    features, target = encode(simulate_customers(args.customers, seed=8))
    x_train, x_test, y_train, y_test = train_test_split(
        features, target, test_size=0.2, stratify=target, random_state=8
    )
    x_train, x_test = scale_numeric(x_train, x_test)
    model = build_model(x_train.shape[1], args.lr)
    model.fit(
        x_train.to_numpy(), y_train.to_numpy(),
        validation_split=0.1,
        epochs=args.epochs,
        batch_size=args.batch_size,
        verbose=2,
    )
    predicted = (model.predict(x_test.to_numpy(), verbose=0).ravel() > 0.5).astype(int)
    print(classification_report(y_test.astype(int), predicted, digits=3))


if __name__ == "__main__":
    main()
