"""A step that throws all units of a layer below zero."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = rng.random((640, 10)).astype("float32") + 1.0
y = (100 * x[:, :1]).astype("float32")
model = keras.Sequential(
    [
        keras.Input((10,)),
        layers.Dense(32, activation="relu"),  # symptom: dying-relu
        layers.Dense(1),
    ]
)
model.compile(optimizer=keras.optimizers.SGD(learning_rate=0.5), loss="mae")
model.fit(x, y, batch_size=32, epochs=5, verbose=0)
