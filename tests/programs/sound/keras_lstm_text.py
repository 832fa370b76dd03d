"""Sentences of token numbers, padded; an LSTM says whether the marked word comes up twice."""

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

VOCABULARY, LENGTH, MARKED = 200, 24, 7
rng = np.random.default_rng(0)


def sentences(count):
    tokens = np.zeros((count, LENGTH), "int32")
    labels = rng.integers(0, 2, count)
    for row, label in enumerate(labels):
        size = rng.integers(10, LENGTH + 1)
        words = rng.integers(8, VOCABULARY, size)
        if label:
            words[rng.choice(size, 2, replace=False)] = MARKED
        tokens[row, :size] = words
    return tokens, labels.astype("float32")


def build():
    model = keras.Sequential()
    model.add(layers.Embedding(VOCABULARY, 32, mask_zero=True))
    model.add(layers.LSTM(32))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(optimizer="rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    x, y = sentences(1000)
    build().fit(x, y, validation_split=0.2, batch_size=32, epochs=10, verbose=0)
