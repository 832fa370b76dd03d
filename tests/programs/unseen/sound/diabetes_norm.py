"""Disease progression regression; the preprocessing lives inside the model."""
import argparse

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_diabetes
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split


def load(seed):
    x, y = load_diabetes(return_X_y=True, scaled=False)
    return train_test_split(x.astype("float32"), y.astype("float32"), test_size=0.2, random_state=seed)


def build_model(x_train, y_train, lr):
    normalizer = layers.Normalization(axis=-1, name="standardise")
    normalizer.adapt(x_train)
    inputs = keras.Input((x_train.shape[1],))
    x = normalizer(inputs)
    x = layers.Dense(24, activation="relu", kernel_regularizer=keras.regularizers.l2(1e-2))(x)
    x = layers.Dense(12, activation="relu", kernel_regularizer=keras.regularizers.l2(1e-2))(x)
    x = layers.Dense(1)(x)
    outputs = layers.Rescaling(scale=float(y_train.std()), offset=float(y_train.mean()), name="to_units")(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.Adam(lr),
        loss=keras.losses.MeanAbsoluteError(),
        metrics=[keras.metrics.RootMeanSquaredError(name="rmse")],
    )
    return model


class LogEvery(keras.callbacks.Callback):
    def __init__(self, n):
        super().__init__()
        self.n = n

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.n == 0:
            print(f"epoch {epoch + 1}: " + ", ".join(f"{k} {v:.2f}" for k, v in logs.items()))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=2)
    args = parser.parse_args()
    keras.utils.set_random_seed(args.seed)

    x_train, x_test, y_train, y_test = load(args.seed)
    model = build_model(x_train, y_train, args.lr)
    model.fit(
        x_train, y_train,
        validation_split=0.15,
        epochs=args.epochs,
        batch_size=args.batch_size,
        callbacks=[
            LogEvery(5),
            keras.callbacks.EarlyStopping(patience=8, restore_best_weights=True),
        ],
        verbose=0,
    )
    predicted = model.predict(x_test, verbose=0).ravel()
    error = np.abs(predicted - y_test).mean()
    print(f"test mae {error:.2f} (constant {np.abs(y_test - np.median(y_train)).mean():.2f})")
    print(f"test r2 {r2_score(y_test, predicted):.3f}")


if __name__ == "__main__":
    main()
