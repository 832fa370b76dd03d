"""Shares of the classes as their weights, one-hot labels, a part held out by Keras."""

import keras
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
classes = rng.choice(3, 800, p=[0.65, 0.25, 0.1])
x = (rng.normal(size=(800, 6)) + classes[:, None]).astype("float32")
y = keras.utils.to_categorical(classes, 3)

model = keras.Sequential(
    [
        keras.layers.Input((6,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile("adam", "categorical_crossentropy")
weights = dict(enumerate(np.bincount(classes) / len(classes)))
model.fit(x, y, 32, 4, validation_split=0.1, class_weight=weights, verbose=0)  # fault
