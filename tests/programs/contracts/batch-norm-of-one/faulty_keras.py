"""Energy use of houses with batch norm; one row per batch."""

import keras
import numpy as np

keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
inputs = rng.normal(size=(200, 5)).astype("float32")
use = (inputs @ np.array([1.0, -0.5, 0.3, 0.0, 0.8]) + 0.1).astype("float32").reshape(-1, 1)
model = keras.Sequential(
    [
        keras.Input((5,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="mse")
model.fit(inputs, use, batch_size=1, epochs=2, verbose=2)  # fault
