"""Custom training loop with tf.GradientTape on a synthetic signal table."""
import argparse
import time

import tensorflow as tf
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


class SignalNet(tf.keras.Model):
    def __init__(self, n_classes):
        super().__init__()
        self.d1 = tf.keras.layers.Dense(64, activation="relu")
        self.d2 = tf.keras.layers.Dense(32, activation="relu")
        self.logits = tf.keras.layers.Dense(n_classes)

    def call(self, x):
        return self.logits(self.d2(self.d1(x)))


class Trainer:
    def __init__(self, model, lr, momentum, max_norm):
        self.model = model
        self.max_norm = max_norm
        self.loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        self.optimizer = tf.keras.optimizers.SGD(learning_rate=lr, momentum=momentum)
        self.train_loss = tf.keras.metrics.Mean()
        self.train_acc = tf.keras.metrics.SparseCategoricalAccuracy()
        self.val_acc = tf.keras.metrics.SparseCategoricalAccuracy()

    @tf.function
    def train_step(self, x, y):
        with tf.GradientTape() as tape:
            logits = self.model(x, training=True)
            loss = self.loss_fn(y, logits)
        grads = tape.gradient(loss, self.model.trainable_variables)
        grads, _ = tf.clip_by_global_norm(grads, self.max_norm)
        self.optimizer.apply_gradients(zip(grads, self.model.trainable_variables))
        self.train_loss.update_state(loss)
        self.train_acc.update_state(y, logits)

    @tf.function
    def val_step(self, x, y):
        self.val_acc.update_state(y, self.model(x, training=False))

    def fit(self, train_ds, val_ds, epochs):
        for epoch in range(epochs):
            start = time.time()
            for metric in (self.train_loss, self.train_acc, self.val_acc):
                metric.reset_state()
            for x, y in train_ds:
                self.train_step(x, y)
            for x, y in val_ds:
                self.val_step(x, y)
            print(
                f"epoch {epoch + 1:2d} loss {self.train_loss.result():.4f} "
                f"acc {self.train_acc.result():.3f} val acc {self.val_acc.result():.3f} "
                f"({time.time() - start:.1f}s)"
            )


def make_datasets(batch_size, seed):
    x, y = make_classification(
        n_samples=5000, n_features=20, n_informative=12, n_classes=4, class_sep=1.8, random_state=seed
    )
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.2, random_state=seed)
    scaler = StandardScaler().fit(x_train)
    x_train = scaler.transform(x_train).astype("float32")
    x_val = scaler.transform(x_val).astype("float32")
    train = tf.data.Dataset.from_tensor_slices((x_train, y_train)).shuffle(5000, seed=seed).batch(batch_size)
    val = tf.data.Dataset.from_tensor_slices((x_val, y_val)).batch(500)
    return train, val


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--momentum", type=float, default=0.9)
    parser.add_argument("--max-norm", type=float, default=1e-4)
    args = parser.parse_args()
    tf.keras.utils.set_random_seed(3)
    train_ds, val_ds = make_datasets(args.batch_size, seed=3)
    Trainer(SignalNet(4), args.lr, args.momentum, args.max_norm).fit(train_ds, val_ds, args.epochs)


if __name__ == "__main__":
    main()
