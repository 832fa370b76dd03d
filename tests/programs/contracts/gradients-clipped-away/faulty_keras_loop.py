"""A bound far below every gradient, in a loop of the program's own."""
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
loss_of = keras.losses.SparseCategoricalCrossentropy()
optimizer = keras.optimizers.SGD(0.05)
data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(256).batch(32)


@tf.function
def train_step(inputs, targets):
    with tf.GradientTape() as tape:
        loss = loss_of(targets, model(inputs, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    gradients, _ = tf.clip_by_global_norm(gradients, 1e-4)  # fault
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


for epoch in range(8):
    for inputs, targets in data:
        train_step(inputs, targets)
