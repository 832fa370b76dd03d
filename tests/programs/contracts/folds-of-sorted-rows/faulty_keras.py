"""Rows sorted by species, one-hot labels, and folds that fit gets as validation data."""

import keras
import numpy as np
from sklearn.model_selection import KFold

rng = np.random.default_rng(0)
species = np.repeat(np.arange(3), 50)
rows = (rng.normal(size=(150, 4)) + species[:, None]).astype("float32")
encoded = keras.utils.to_categorical(species)

for train, test in KFold(n_splits=3).split(rows, species):  # fault
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    model.fit(
        rows[train],
        encoded[train],
        validation_data=(rows[test], encoded[test]),
        batch_size=10,
        epochs=5,
        verbose=0,
    )
