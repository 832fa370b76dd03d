"""Two classes with early stopping; it watches a figure that no validation gives."""

import keras
import numpy as np

keras.utils.set_random_seed(5)
rng = np.random.default_rng(5)
inputs = rng.normal(size=(400, 6)).astype("float32")
labels = (inputs[:, 0] + inputs[:, 1] > 0).astype("int32")
model = keras.Sequential(
    [
        keras.Input((6,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
stopping = keras.callbacks.EarlyStopping(monitor="val_loss", patience=2)  # fault
model.fit(inputs, labels, epochs=4, verbose=2, callbacks=[stopping])
