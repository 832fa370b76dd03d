"""GradientTape loop that sums gradients of several micro-batches before each update."""
import argparse

import numpy as np
import tensorflow as tf
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


def make_data(seed):
    x, y = make_classification(
        n_samples=4000, n_features=20, n_informative=12, n_classes=5, class_sep=2.0, random_state=seed
    )
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=seed)
    scaler = StandardScaler().fit(x_train)
    return (
        scaler.transform(x_train).astype("float32"), scaler.transform(x_test).astype("float32"),
        y_train.astype("int32"), y_test.astype("int32"),
    )


def build_model(n_features, n_classes):
    return tf.keras.Sequential([
        tf.keras.Input((n_features,)),
        tf.keras.layers.Dense(64, activation="relu"),
        tf.keras.layers.Dense(64, activation="relu"),
        tf.keras.layers.Dense(n_classes),
    ])


class Accumulator:
    def __init__(self, model, optimizer, every):
        self.model, self.optimizer, self.every = model, optimizer, every
        self.sums = [tf.Variable(tf.zeros_like(v), trainable=False) for v in model.trainable_variables]
        self.loss_fn = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    @tf.function
    def add(self, x, y):
        with tf.GradientTape() as tape:
            loss = self.loss_fn(y, self.model(x, training=True)) / self.every
        for total, grad in zip(self.sums, tape.gradient(loss, self.model.trainable_variables)):
            total.assign_add(grad)
        return loss * self.every

    @tf.function
    def apply(self):
        self.optimizer.apply_gradients(zip(self.sums, self.model.trainable_variables))
        for total in self.sums:
            total.assign(tf.zeros_like(total))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--micro-batch", type=int, default=16)
    parser.add_argument("--every", type=int, default=4)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    tf.keras.utils.set_random_seed(33)

    x_train, x_test, y_train, y_test = make_data(seed=33)
    dataset = (
        tf.data.Dataset.from_tensor_slices((x_train, y_train))
        .shuffle(len(x_train))
        .batch(args.micro_batch, drop_remainder=True)
    )
    model = build_model(20, 5)
    accumulator = Accumulator(model, tf.keras.optimizers.Adam(args.lr), args.every)
    mean_loss = tf.keras.metrics.Mean()
    for epoch in range(args.epochs):
        mean_loss.reset_state()
        for i, (x, y) in enumerate(dataset, start=1):
            mean_loss.update_state(accumulator.add(x, y))
            if i % args.every == 0:
                accumulator.apply()
        predicted = np.argmax(model(x_test, training=False).numpy(), axis=-1)
        print(f"epoch {epoch + 1:2d} loss {mean_loss.result():.4f} accuracy {np.mean(predicted == y_test):.3f}")


if __name__ == "__main__":
    main()
