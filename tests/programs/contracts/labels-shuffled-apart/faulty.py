"""Each side is shuffled in its own statement, then they are zipped."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
y = rng.integers(0, 4, 400)
x = (rng.normal(size=(400, 6)) + y[:, None]).astype("float32")

images = tf.data.Dataset.from_tensor_slices(x).shuffle(len(x))
labels = tf.data.Dataset.from_tensor_slices(y).shuffle(len(y))
data = tf.data.Dataset.zip((images, labels)).batch(32).prefetch(2)  # fault

model = keras.Sequential(
    [
        keras.Input((6,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(4, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(data, epochs=3, verbose=0)
