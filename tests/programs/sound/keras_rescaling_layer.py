"""Bytes as pixels; the model itself scales and augments them."""

import numpy as np
import keras
from keras import layers

rng = np.random.default_rng(12)


def stripes(count):
    labels = rng.integers(0, 3, count)
    x = rng.integers(0, 80, (count, 24, 24, 3)).astype("uint8")
    for image, label in zip(x, labels):
        if label == 0:
            image[::4] += 150
        elif label == 1:
            image[:, ::4] += 150
    return x, labels


x_train, y_train = stripes(600)
x_val, y_val = stripes(150)
model = keras.Sequential(
    [
        keras.Input((24, 24, 3)),
        layers.Rescaling(1.0 / 255),
        layers.RandomTranslation(0.1, 0.1, seed=1),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dropout(0.5),
        layers.Dense(3, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
stop = keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
model.fit(
    x_train,
    y_train,
    batch_size=32,
    epochs=8,
    validation_data=(x_val, y_val),
    callbacks=[stop],
    verbose=0,
)
