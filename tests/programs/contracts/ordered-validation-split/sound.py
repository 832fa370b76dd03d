"""Two classes in random order; the validation part is the tail of shuffled rows."""

import keras
import numpy as np

rng = np.random.default_rng(0)
inputs = rng.normal(size=(600, 6)).astype("float32")
labels = (inputs[:, 0] + inputs[:, 1] > 0).astype("int64")
model = keras.Sequential(
    [
        keras.Input((6,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(inputs, labels, epochs=8, batch_size=32, validation_split=0.2, verbose=2)
