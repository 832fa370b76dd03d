"""An encoder-decoder that marks the bright square of a picture: filters shrink towards the mask."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(4)


def pictures(count):
    x = rng.normal(0.0, 0.2, (count, 32, 32, 1)).astype("float32")
    y = np.zeros((count, 32, 32, 1), "float32")
    for i, (row, column) in enumerate(rng.integers(4, 20, (count, 2))):
        x[i, row : row + 8, column : column + 8] += 1.0
        y[i, row : row + 8, column : column + 8] = 1.0
    return x, y


x_train, y_train = pictures(400)
x_val, y_val = pictures(80)

inputs = keras.Input((32, 32, 1))
down = layers.Conv2D(16, 3, strides=2, padding="same", activation="relu")(inputs)
down = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(down)
up = layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(down)
up = layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu")(up)
mask = layers.Conv2D(1, 1, activation="sigmoid")(up)
model = keras.Model(inputs, mask)
model.compile(
    "adam", "binary_crossentropy", metrics=[keras.metrics.BinaryIoU(target_class_ids=[1])]
)
model.fit(x_train, y_train, batch_size=16, epochs=8, validation_data=(x_val, y_val), verbose=0)
