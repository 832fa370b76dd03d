"""A normal distribution of deviation one before 784 inputs."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = rng.random((640, 784)).astype("float32")
y = (x[:, 0] > 0.5).astype("int64")
model = keras.Sequential(
    [
        keras.Input((784,)),
        layers.Dense(  # symptom: large-weights
            32, activation="relu", kernel_initializer=keras.initializers.RandomNormal(stddev=1.0)
        ),
        layers.Dense(2, activation="softmax"),
    ]
)
model.compile(
    optimizer="adam",
    loss="sparse_categorical_crossentropy",  # symptom: unexpected-initial-loss
)
model.fit(x, y, batch_size=32, epochs=5, verbose=0)
