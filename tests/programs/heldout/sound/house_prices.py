"""House prices from a table with raw columns; the model carries its own scaling."""
import keras
import numpy as np
import pandas as pd
from keras import layers

CONFIG = dict(
    csv="data/houses.csv",
    target="price",
    features=["area", "rooms", "bathrooms", "age", "distance"],
    hidden=(64, 64),
    batch_size=32,
    epochs=60,
    learning_rate=1e-3,
    seed=12,
)


def read(config):
    frame = pd.read_csv(config["csv"]).sample(frac=1.0, random_state=config["seed"])
    cut = int(len(frame) * 0.8)
    x = frame[config["features"]].to_numpy("float32")
    y = np.log(frame[config["target"]].to_numpy("float32"))
    return x[:cut], y[:cut], x[cut:], y[cut:]


def build(config, x_train):
    scaling = layers.Normalization()
    scaling.adapt(x_train)
    inputs = keras.Input(shape=(len(config["features"]),))
    x = scaling(inputs)
    for units in config["hidden"]:
        x = layers.Dense(units, activation="relu")(x)
    outputs = layers.Dense(1)(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(config["learning_rate"]),
        loss="mse",
        metrics=[keras.metrics.RootMeanSquaredError()],
    )
    return model


def main(config=CONFIG):
    keras.utils.set_random_seed(config["seed"])
    x_train, y_train, x_test, y_test = read(config)
    center, spread = y_train.mean(), y_train.std()
    model = build(config, x_train)
    model.fit(x_train, (y_train - center) / spread, batch_size=config["batch_size"],
              epochs=config["epochs"], verbose=0)
    mse, rmse = model.evaluate(x_test, (y_test - center) / spread, verbose=0)
    print(f"share of variance explained: {1 - mse / ((y_test - center) / spread).var():.3f}")


if __name__ == "__main__":
    main()
