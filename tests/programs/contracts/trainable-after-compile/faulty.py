"""Two stages: first the new head, then the whole network; not compiled again."""

import keras
import numpy as np

keras.utils.set_random_seed(4)
rng = np.random.default_rng(4)
inputs = rng.normal(size=(320, 8)).astype("float32")
labels = (inputs[:, 0] * inputs[:, 1] > 0).astype("int32")
base = keras.Sequential(
    [
        keras.Input((8,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(16, activation="relu"),
    ]
)
base.trainable = False
model = keras.Sequential([keras.Input((8,)), base, keras.layers.Dense(1, activation="sigmoid")])
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(inputs, labels, epochs=2, verbose=2)
base.trainable = True  # fault
model.fit(inputs, labels, epochs=3, verbose=2)
