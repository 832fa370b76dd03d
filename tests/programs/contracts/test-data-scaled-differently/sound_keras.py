"""Both parts are divided."""

import keras
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = rng.integers(0, 256, size=(600, 16)).astype("float32")
y = x.argmax(axis=1) % 3
x_train, y_train = x[:500] / 255, y[:500]
x_test, y_test = x[500:] / 255, y[500:]

model = keras.Sequential(
    [
        keras.Input((16,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, validation_data=(x_test, y_test), epochs=4, verbose=0)
