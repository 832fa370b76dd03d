"""Benign or malignant, with a hand-written training step."""
import numpy as np
import tensorflow as tf
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

LEARNING_RATE = 0.005
EPOCHS = 80
BATCH = 32


def prepare():
    x, y = load_breast_cancer(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=4, stratify=y)
    scaler = StandardScaler().fit(x_train)
    as_column = lambda labels: labels.reshape(-1, 1).astype("float32")
    return (
        scaler.transform(x_train).astype("float32"),
        as_column(y_train),
        scaler.transform(x_test).astype("float32"),
        as_column(y_test),
    )


def cross_entropy(y_true, p):
    return -tf.reduce_mean(y_true * tf.math.log(p) + (1.0 - y_true) * tf.math.log(1.0 - p))


x_train, y_train, x_test, y_test = prepare()
tf.random.set_seed(4)

model = tf.keras.Sequential([
    tf.keras.layers.Input(shape=(x_train.shape[1],)),
    tf.keras.layers.Dense(64, activation="relu"),
    tf.keras.layers.Dense(32, activation="relu"),
    tf.keras.layers.Dense(1, activation="sigmoid"),
])
optimizer = tf.keras.optimizers.Adam(learning_rate=LEARNING_RATE)
batches = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(500, seed=4).batch(BATCH)


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        loss = cross_entropy(y, model(x, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


for epoch in range(EPOCHS):
    losses = [float(train_step(x, y)) for x, y in batches]
    if epoch % 10 == 0 or epoch == EPOCHS - 1:
        print(f"epoch {epoch:3d} loss {np.mean(losses):.4f}")

predicted = model(x_test).numpy() > 0.5
print("test accuracy", np.mean(predicted == (y_test > 0.5)))
