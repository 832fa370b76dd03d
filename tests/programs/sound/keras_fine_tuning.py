"""Fine-tuning in two stages: a frozen body with a new head, then everything at a small rate."""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

digits = load_digits()
images = (digits.images / 16.0).astype("float32")[..., None]
even = (digits.target % 2 == 0).astype("float32")


def body():
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(16, 3, activation="relu", padding="same")(inputs)
    x = layers.Conv2D(32, 3, activation="relu", padding="same")(x)
    return keras.Model(inputs, layers.GlobalMaxPooling2D()(x), name="body")


backbone = body()
pretraining = keras.Sequential([backbone, layers.Dense(10, activation="softmax")])
pretraining.compile("adam", "sparse_categorical_crossentropy")
pretraining.fit(images[:900], digits.target[:900], batch_size=32, epochs=5, verbose=0)

backbone.trainable = False
model = keras.Sequential([backbone, layers.Dropout(0.2), layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.Adam(1e-3), "binary_crossentropy", metrics=["accuracy"])
model.fit(images[900:1500], even[900:1500], batch_size=16, epochs=3, verbose=0)

backbone.trainable = True
model.compile(keras.optimizers.Adam(2e-5), "binary_crossentropy", metrics=["accuracy"])
model.fit(images[900:1500], even[900:1500], batch_size=16, epochs=2, verbose=0)
print(np.round(model.evaluate(images[1500:], even[1500:], verbose=0), 3))
