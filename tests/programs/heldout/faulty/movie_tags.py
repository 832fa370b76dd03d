"""Tag films with several genres at once."""
import argparse

import numpy as np
import tensorflow as tf
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split

GENRES = ["drama", "comedy", "thriller", "action", "romance", "documentary"]


def get_data(seed):
    x, y = make_multilabel_classification(
        n_samples=1500, n_features=40, n_classes=len(GENRES), n_labels=3, random_state=seed
    )
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=seed)
    mean, std = x_train.mean(0), x_train.std(0) + 1e-6
    x_train = ((x_train - mean) / std).astype("float32")
    x_test = ((x_test - mean) / std).astype("float32")
    return x_train, x_test, y_train.astype("float32"), y_test.astype("float32")


class GenreTagger(tf.keras.Model):
    def __init__(self, genres):
        super().__init__()
        self.body = tf.keras.layers.Dense(64, activation="relu")
        self.drop = tf.keras.layers.Dropout(0.2)
        self.tags = tf.keras.layers.Dense(genres, activation="softmax")

    def call(self, inputs, training=False):
        hidden = self.drop(self.body(inputs), training=training)
        return self.tags(hidden)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()

    tf.keras.utils.set_random_seed(args.seed)
    x_train, x_test, y_train, y_test = get_data(args.seed)

    model = GenreTagger(len(GENRES))
    model.compile(
        optimizer="adam",
        loss=tf.keras.losses.CategoricalCrossentropy(),
        metrics=["binary_accuracy"],
    )
    model.fit(x_train, y_train, epochs=args.epochs, batch_size=args.batch_size, verbose=0)

    predicted = (model.predict(x_test, verbose=0) > 0.5).astype(int)
    print("tags per film: true %.2f, predicted %.2f" % (y_test.sum(1).mean(), predicted.sum(1).mean()))
    print("micro F1 %.3f" % f1_score(y_test, predicted, average="micro"))


if __name__ == "__main__":
    main()
