"""Model with its own train_step: a classifier with an auxiliary reconstruction term."""
import argparse

import tensorflow as tf
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras import layers


class JointModel(keras.Model):
    def __init__(self, hidden=64, code=24, weight=0.5):
        super().__init__()
        self.weight = weight
        self.encoder = keras.Sequential([
            layers.Dense(hidden, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(code, activation="relu"),
        ])
        self.decoder = keras.Sequential([layers.Dense(hidden, activation="relu"), layers.Dense(64)])
        self.classifier = layers.Dense(10)
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")

    @property
    def metrics(self):
        return [self.loss_tracker, self.accuracy]

    def call(self, x, training=False):
        return self.classifier(self.encoder(x, training=training))

    def joint_loss(self, x, y, training):
        code = self.encoder(x, training=training)
        logits = self.classifier(code)
        ce = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.cast(y, tf.int32), logits=logits)
        rec = tf.reduce_mean(tf.square(self.decoder(code) - x), axis=1)
        return tf.reduce_mean(ce + self.weight * rec), logits

    def train_step(self, data):
        x, y = data
        with tf.GradientTape() as tape:
            loss, logits = self.joint_loss(x, y, training=True)
        variables = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables))
        self.loss_tracker.update_state(loss)
        self.accuracy.update_state(y, logits)
        return {m.name: m.result() for m in self.metrics}

    def test_step(self, data):
        x, y = data
        loss, logits = self.joint_loss(x, y, training=False)
        self.loss_tracker.update_state(loss)
        self.accuracy.update_state(y, logits)
        return {m.name: m.result() for m in self.metrics}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(21)

    x, y = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(
        (x / 16.0).astype("float32"), y, test_size=0.25, stratify=y, random_state=21
    )
    model = JointModel()
    model.compile(optimizer=keras.optimizers.Adam(args.lr))
    model.fit(
        x_train, y_train,
        validation_data=(x_test, y_test),
        epochs=args.epochs,
        batch_size=args.batch_size,
        verbose=2,
    )
    results = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
    print({k: round(float(v), 3) for k, v in results.items()})


if __name__ == "__main__":
    main()
