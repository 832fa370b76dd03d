"""Two classes sorted by class; the validation part is the tail."""

import keras
import numpy as np

rng = np.random.default_rng(0)
inputs = rng.normal(size=(600, 6)).astype("float32")
labels = (inputs[:, 0] + inputs[:, 1] > 0).astype("int64")
order = np.argsort(labels)
inputs, labels = inputs[order], labels[order]
model = keras.Sequential(
    [
        keras.Input((6,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(inputs, labels, epochs=8, batch_size=32, validation_split=0.2, verbose=2)  # fault
