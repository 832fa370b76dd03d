"""The threshold of scores."""

import keras
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = 3 * rng.normal(size=(500, 6)).astype("float32")
y = (x.sum(axis=1) > 0).astype("float32")

model = keras.Sequential(
    [keras.Input((6,)), keras.layers.Dense(32, activation="relu"), keras.layers.Dense(1)]
)
loss = keras.losses.BinaryCrossentropy(from_logits=True)
accuracy = keras.metrics.BinaryAccuracy(threshold=0.0)
model.compile("adam", loss, metrics=[accuracy])
model.fit(x, y, epochs=5, verbose=0)
