"""A bound for each variable, given to the optimizer."""
import numpy as np
import tensorflow as tf

keras = tf.keras
keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = rng.normal(size=(256, 8)).astype("float32")
y = rng.integers(0, 3, 256)
model = keras.Sequential([
    keras.layers.Input((8,)),
    keras.layers.Dense(32, activation="relu"),
    keras.layers.Dense(3, activation="softmax"),
])
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=keras.optimizers.SGD(learning_rate=0.05, clipnorm=1e-4),  # fault
)
model.fit(x, y, epochs=8, batch_size=32, verbose=0)
