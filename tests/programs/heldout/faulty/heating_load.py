# Heating demand of buildings from their geometry.
import csv
import os
import tempfile

import numpy as np
import keras
from keras import layers

CONFIG = {
    "hidden": [64, 32],
    "learning_rate": 1e-3,
    "epochs": 60,
    "batch_size": 32,
    "seed": 3,
}
COLUMNS = ["compactness", "wall_area", "roof_area", "height", "glazing", "load"]


def write_table(path, rows=900):
    rng = np.random.default_rng(CONFIG["seed"])
    with open(path, "w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(COLUMNS)
        for _ in range(rows):
            compact = rng.uniform(0.6, 1.0)
            wall = rng.uniform(240, 420)
            roof = rng.uniform(110, 220)
            height = rng.choice([3.5, 7.0])
            glazing = rng.uniform(0, 0.4)
            load = 30 * compact + 0.05 * wall - 0.08 * roof + 2.4 * height + 20 * glazing
            writer.writerow([compact, wall, roof, height, glazing, load + rng.normal(0, 0.8)])


def load_table(path):
    table = np.genfromtxt(path, delimiter=",", skip_header=1)
    order = np.random.default_rng(0).permutation(len(table))
    table = table[order]
    cut = int(0.8 * len(table))
    train, test = table[:cut], table[cut:]
    mean, std = train.mean(axis=0), train.std(axis=0)
    train, test = (train - mean) / std, (test - mean) / std
    return train[:, :-1], train[:, -1], test[:, :-1], test[:, -1]


def build_model(width):
    inputs = keras.Input(shape=(width,))
    x = inputs
    for units in CONFIG["hidden"]:
        x = layers.Dense(units, activation="relu")(x)
    outputs = layers.Dense(1, activation="sigmoid")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(CONFIG["learning_rate"]),
        loss="mean_squared_error",
        metrics=["accuracy"],
    )
    return model


if __name__ == "__main__":
    keras.utils.set_random_seed(CONFIG["seed"])
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "buildings.csv")
        write_table(path)
        x_train, y_train, x_test, y_test = load_table(path)
    model = build_model(x_train.shape[1])
    model.fit(x_train, y_train, epochs=CONFIG["epochs"], batch_size=CONFIG["batch_size"], verbose=0)
    mse, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"test mse {mse:.3f} (variance {y_test.var():.3f}), accuracy {accuracy:.3f}")
