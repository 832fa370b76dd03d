"""Rare-event screening on an imbalanced transaction table."""
import argparse

import numpy as np
from sklearn.datasets import make_classification
from sklearn.metrics import average_precision_score, precision_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import RobustScaler
from tensorflow import keras


def load_transactions(n, fraud_rate, seed):
    x, y = make_classification(
        n_samples=n, n_features=18, n_informative=9, n_redundant=3, weights=[1 - fraud_rate],
        class_sep=1.0, flip_y=0.01, random_state=seed,
    )
    return x.astype("float32"), y.astype("float32")


def compute_class_weights(y):
    negatives = float((y == 0).sum())
    positives = float((y == 1).sum())
    total = negatives + positives
    return {0: total / (2.0 * positives), 1: total / (2.0 * negatives)}


class ScreeningModel(keras.Model):
    def __init__(self, units=(48, 24), rate=0.1, **kwargs):
        super().__init__(**kwargs)
        self.hidden = [keras.layers.Dense(u, activation="relu") for u in units]
        self.dropout = keras.layers.Dropout(rate)
        self.score = keras.layers.Dense(1, activation="sigmoid")

    def call(self, inputs, training=False):
        x = inputs
        for layer in self.hidden:
            x = self.dropout(layer(x), training=training)
        return self.score(x)


class EpochReport(keras.callbacks.Callback):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y

    def on_epoch_end(self, epoch, logs=None):
        if epoch % 5 == 4:
            p = self.model.predict(self.x, batch_size=1024, verbose=0).ravel()
            flagged = p > 0.5
            print(
                f"epoch {epoch + 1}: loss {logs['loss']:.4f} flagged {int(flagged.sum())} "
                f"recall {recall_score(self.y, flagged, zero_division=0):.3f}"
            )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=8000)
    parser.add_argument("--fraud-rate", type=float, default=0.06)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--lr", type=float, default=1e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(31)

    x, y = load_transactions(args.samples, args.fraud_rate, seed=31)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, stratify=y, random_state=31)
    scaler = RobustScaler().fit(x_train)
    x_train, x_test = scaler.transform(x_train), scaler.transform(x_test)

    model = ScreeningModel()
    model.compile(optimizer=keras.optimizers.Adam(args.lr), loss="binary_crossentropy")
    model.fit(
        x_train, y_train,
        epochs=args.epochs,
        batch_size=args.batch_size,
        class_weight=compute_class_weights(y_train),
        callbacks=[EpochReport(x_test, y_test)],
        verbose=0,
    )
    p = model.predict(x_test, verbose=0).ravel()
    flagged = np.asarray(p > 0.5)
    print(f"precision {precision_score(y_test, flagged, zero_division=0):.3f}")
    print(f"recall    {recall_score(y_test, flagged, zero_division=0):.3f}")
    print(f"average precision {average_precision_score(y_test, p):.3f}")


if __name__ == "__main__":
    main()
