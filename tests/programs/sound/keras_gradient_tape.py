"""A loop written by hand with GradientTape over a tf.data pipeline."""

import tensorflow as tf
from sklearn.datasets import load_wine
from sklearn.preprocessing import StandardScaler

features, classes = load_wine(return_X_y=True)
features = StandardScaler().fit_transform(features).astype("float32")
data = tf.data.Dataset.from_tensor_slices((features, classes)).shuffle(178, seed=2).batch(16)

model = tf.keras.Sequential(
    [tf.keras.layers.Dense(32, activation="relu"), tf.keras.layers.Dense(3)]
)
criterion = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
optimizer = tf.keras.optimizers.Adam(1e-2)
accuracy = tf.keras.metrics.SparseCategoricalAccuracy()


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = criterion(y, logits)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    accuracy.update_state(y, logits)
    return loss


for epoch in range(20):
    accuracy.reset_state()
    for x, y in data:
        train_step(x, y)
    print(epoch, float(accuracy.result()))
