"""Custom training loop with tf.GradientTape on concentric rings."""
import tensorflow as tf
from sklearn.datasets import make_circles
from sklearn.model_selection import train_test_split


class RingModel(tf.keras.Model):
    def __init__(self, width=32):
        super().__init__()
        self.hidden1 = tf.keras.layers.Dense(width, activation="relu")
        self.hidden2 = tf.keras.layers.Dense(width, activation="relu")
        self.logit = tf.keras.layers.Dense(1)

    def call(self, inputs):
        return self.logit(self.hidden2(self.hidden1(inputs)))


tf.random.set_seed(0)
points, rings = make_circles(n_samples=1200, noise=0.08, factor=0.5, random_state=0)
x_train, x_test, y_train, y_test = train_test_split(
    points.astype("float32"), rings.astype("float32").reshape(-1, 1), test_size=0.25, random_state=0
)

train_ds = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(1024).batch(32)
test_ds = tf.data.Dataset.from_tensor_slices((x_test, y_test)).batch(100)

model = RingModel()
loss_object = tf.keras.losses.BinaryCrossentropy(from_logits=True)
optimizer = tf.keras.optimizers.Adam()
train_loss = tf.keras.metrics.Mean()
test_accuracy = tf.keras.metrics.BinaryAccuracy(threshold=0.0)


@tf.function
def train_step(x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = loss_object(y, logits)
    grads = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(grads, model.trainable_variables))
    train_loss(loss)


@tf.function
def test_step(x, y):
    test_accuracy(y, model(x, training=False))


for epoch in range(20):
    train_loss.reset_state()
    test_accuracy.reset_state()
    for x, y in train_ds:
        train_step(x, y)
    for x, y in test_ds:
        test_step(x, y)
    print(f"Epoch {epoch + 1}, loss {float(train_loss.result()):.4f}, accuracy {float(test_accuracy.result()):.4f}")
