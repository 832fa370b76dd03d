"""Kernels drawn around a negative mean: every ReLU answers zero to inputs that are positive."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
x = rng.uniform(0.2, 1.0, (400, 12)).astype("float32")
y = (x[:, 0] > x[:, 1]).astype("int32")
start = keras.initializers.RandomNormal(mean=-0.6, stddev=0.05)
model = keras.Sequential(
    [
        keras.Input((12,)),
        layers.Dense(24, activation="relu", kernel_initializer=start),  # fault kind=initializer
        layers.Dense(24, activation="relu"),
        layers.Dense(2),
    ]
)
model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
model.fit(x, y, batch_size=20, epochs=4, verbose=0)
