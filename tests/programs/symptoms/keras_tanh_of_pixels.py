"""Pixels up to 255 in front of tanh."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = rng.integers(0, 256, (640, 64)).astype("float32")
y = (x[:, 0] > 128).astype("int64")
model = keras.Sequential(
    [
        keras.Input((64,)),
        layers.Dense(32, activation="tanh"),  # symptom: saturated-activation
        layers.Dense(2, activation="softmax"),
    ]
)
model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy")
model.fit(x, y, batch_size=32, epochs=5, verbose=0)
