"""Two shuffled streams of whole pairs are mixed with each other."""

import keras
import numpy as np
import tensorflow as tf

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
y = rng.integers(0, 4, 400)
x = (rng.normal(size=(400, 6)) + y[:, None]).astype("float32")

ones = keras.utils.to_categorical(y)
streams = [tf.data.Dataset.from_tensor_slices((x, ones)).shuffle(400) for _ in range(2)]


def mixed(first, second):
    """Mixup of a sample with any other one."""
    return 0.7 * first[0] + 0.3 * second[0], 0.7 * first[1] + 0.3 * second[1]


data = tf.data.Dataset.zip(tuple(streams)).map(mixed).batch(32)

model = keras.Sequential(
    [
        keras.Input((6,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(4, activation="softmax"),
    ]
)
model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
model.fit(data, epochs=3, verbose=0)
