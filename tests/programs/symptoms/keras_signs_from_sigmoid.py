"""Labels of -1 and 1 for an output between 0 and 1."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = rng.normal(size=(640, 10)).astype("float32")
y = np.where(x[:, :1] > 0, 1.0, -1.0).astype("float32")
model = keras.Sequential(
    [
        keras.Input((10,)),
        layers.Dense(16, activation="relu"),
        layers.Dense(1, activation="sigmoid"),  # symptom: out-of-range-output
    ]
)
model.compile(optimizer="adam", loss="mse")
model.fit(x, y, batch_size=32, epochs=5, verbose=0)
