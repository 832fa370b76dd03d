"""Learn from a sensor stream, one reading at a time."""
import argparse

import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from tensorflow import keras
from tensorflow.keras import layers


def dense_block(x, units):
    x = layers.Dense(units, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    return layers.Activation("relu")(x)


def build_model(n_features, lr):
    inputs = keras.Input((n_features,))
    x = dense_block(inputs, 32)
    x = dense_block(x, 16)
    outputs = layers.Dense(1, activation="sigmoid")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(lr),
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
    return model


def prepare(seed):
    x, y = load_breast_cancer(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.25, stratify=y, random_state=seed)
    scaler = StandardScaler().fit(x_train)
    return (
        scaler.transform(x_train).astype("float32"),
        scaler.transform(x_test).astype("float32"),
        y_train.astype("float32"),
        y_test.astype("float32"),
    )


class BestEpoch(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.best = (0, 0.0)

    def on_epoch_end(self, epoch, logs=None):
        if logs["val_accuracy"] > self.best[1]:
            self.best = (epoch + 1, logs["val_accuracy"])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--readings-per-update", type=int, default=1)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=14)
    args = parser.parse_args()

    keras.utils.set_random_seed(args.seed)
    x_train, x_test, y_train, y_test = prepare(args.seed)
    model = build_model(x_train.shape[1], args.lr)
    tracker = BestEpoch()
    model.fit(
        x_train, y_train,
        validation_data=(x_test, y_test),
        epochs=args.epochs,
        batch_size=args.readings_per_update,
        callbacks=[tracker],
        verbose=2,
    )
    probability = model.predict(x_test, verbose=0).ravel()
    predicted = (probability > 0.5).astype("float32")
    print(f"test accuracy {np.mean(predicted == y_test):.3f}, positives {predicted.mean():.3f} of {y_test.mean():.3f}")
    print(f"best epoch {tracker.best[0]} with {tracker.best[1]:.3f}")


if __name__ == "__main__":
    main()
