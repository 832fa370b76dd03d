"""Two seeds, a map behind the zip, and the batches made on each side."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
y = rng.integers(0, 4, 400)
x = (rng.normal(size=(400, 6)) + y[:, None]).astype("float32")

images = tf.data.Dataset.from_tensor_slices(x).map(lambda row: row / 2.0).shuffle(400, seed=1)
labels = tf.data.Dataset.from_tensor_slices(keras.utils.to_categorical(y)).shuffle(400, seed=2)
data = tf.data.Dataset.zip((images.batch(32), labels.batch(32)))  # fault
data = data.map(lambda rows, ones: (rows + 0.0, ones)).repeat(2)

model = keras.Sequential(
    [
        keras.Input((6,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(4, activation="softmax"),
    ]
)
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
model.fit(data, epochs=3, verbose=0)
