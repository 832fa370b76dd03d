"""The validation pairs come apart, those of training do not."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
y = rng.integers(0, 4, 400)
x = (rng.normal(size=(400, 6)) + y[:, None]).astype("float32")

data = tf.data.Dataset.from_tensor_slices((x[:300], y[:300])).shuffle(300).batch(32)
held = [tf.data.Dataset.from_tensor_slices(part[300:]).shuffle(100) for part in (x, y)]
held = tf.data.Dataset.zip(tuple(held)).batch(50)  # fault

model = keras.Sequential(
    [
        keras.Input((6,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(4, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(data, validation_data=held, epochs=3, verbose=0)
