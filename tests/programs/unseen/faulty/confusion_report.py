"""Train a digit CNN and write a per-class report."""
import argparse

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn.datasets import load_digits
from sklearn.metrics import accuracy_score, classification_report, confusion_matrix
from sklearn.model_selection import train_test_split


def to_dataset(images, labels, batch_size):
    ds = tf.data.Dataset.from_tensor_slices((images, labels))
    ds = ds.shuffle(len(images), reshuffle_each_iteration=True)
    return ds.batch(batch_size).prefetch(tf.data.AUTOTUNE)


def load(batch_size, seed):
    digits = load_digits()
    images = (digits.images[..., None] / 16.0).astype("float32")
    x_train, x_rest, y_train, y_rest = train_test_split(
        images, digits.target, test_size=0.4, stratify=digits.target, random_state=seed
    )
    x_val, x_test, y_val, y_test = train_test_split(
        x_rest, y_rest, test_size=0.5, stratify=y_rest, random_state=seed
    )
    return (
        to_dataset(x_train, y_train, batch_size),
        to_dataset(x_val, y_val, batch_size),
        to_dataset(x_test, y_test, batch_size),
    )


class DigitCNN(keras.Model):
    def __init__(self, filters=24, **kwargs):
        super().__init__(**kwargs)
        self.conv1 = layers.Conv2D(filters, 3, padding="same", activation="relu")
        self.conv2 = layers.Conv2D(2 * filters, 3, padding="same", activation="relu")
        self.pool = layers.MaxPooling2D(2)
        self.flat = layers.Flatten()
        self.drop = layers.Dropout(0.3)
        self.out = layers.Dense(10, activation="softmax")

    def call(self, x, training=False):
        x = self.pool(self.conv1(x))
        x = self.pool(self.conv2(x))
        return self.out(self.drop(self.flat(x), training=training))


def write_report(model, test_ds):
    probability = model.predict(test_ds, verbose=0)
    predicted = np.argmax(probability, axis=1)
    actual = np.concatenate([labels.numpy() for _, labels in test_ds])
    print(f"overall accuracy {accuracy_score(actual, predicted):.3f}")
    print(classification_report(actual, predicted, digits=3, zero_division=0))
    print(confusion_matrix(actual, predicted))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=4)
    args = parser.parse_args()

    keras.utils.set_random_seed(args.seed)
    train_ds, val_ds, test_ds = load(args.batch_size, args.seed)
    model = DigitCNN()
    model.compile(
        optimizer=keras.optimizers.Adam(args.lr),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(train_ds, validation_data=val_ds, epochs=args.epochs, verbose=2)
    write_report(model, test_ds)


if __name__ == "__main__":
    main()
