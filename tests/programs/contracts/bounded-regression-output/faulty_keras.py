"""relu at the end, and negative targets."""

import keras
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = rng.normal(size=(500, 8)).astype("float32")
y = x @ rng.normal(size=(8, 1))

model = keras.Sequential(
    [
        keras.Input((8,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(1, activation="relu"),  # fault
    ]
)
model.compile("adam", "mse")
model.fit(x, y, epochs=4, verbose=0)
