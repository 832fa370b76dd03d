"""A dictionary of class weights, the wrong way round."""

import keras
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
y = (np.arange(600) % 20 == 0).astype("float32")
x = (rng.normal(size=(600, 6)) + 1.5 * y[:, None]).astype("float32")

model = keras.Sequential(
    [
        keras.layers.Input((6,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile("adam", "binary_crossentropy")
model.fit(
    x,
    y,
    epochs=5,
    class_weight={0: 0.95, 1: 0.05},  # fault
    verbose=0,
)
