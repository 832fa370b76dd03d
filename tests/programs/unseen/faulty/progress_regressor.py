"""Disease progression regression on the diabetes table."""
import argparse
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers, regularizers
from sklearn.datasets import load_diabetes
from sklearn.metrics import mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


@dataclass(frozen=True)
class Settings:
    hidden: tuple = (32, 16)
    l2: float = 1e-3
    learning_rate: float = 3e-3
    epochs: int = 40
    batch_size: int = 32
    seed: int = 17


def prepare(settings):
    data = load_diabetes(scaled=False)
    x_train, x_test, y_train, y_test = train_test_split(
        data.data, data.target, test_size=0.2, random_state=settings.seed
    )
    x_scaler = StandardScaler().fit(x_train)
    y_scaler = StandardScaler().fit(y_train[:, None])
    return (
        x_scaler.transform(x_train).astype("float32"),
        x_scaler.transform(x_test).astype("float32"),
        y_scaler.transform(y_train[:, None]).astype("float32"),
        y_test,
        y_scaler,
    )


def build(n_features, settings):
    model = keras.Sequential(name="progress")
    model.add(keras.Input((n_features,)))
    for width in settings.hidden:
        model.add(layers.Dense(width, activation="relu", kernel_regularizer=regularizers.l2(settings.l2)))
    model.add(layers.Dense(1, activation="relu"))
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=settings.learning_rate),
        loss="mse",
        metrics=["mae"],
    )
    return model


def report(model, x_test, y_test, y_scaler):
    scaled = model.predict(x_test, verbose=0)
    predicted = y_scaler.inverse_transform(scaled).ravel()
    print(f"MAE {mean_absolute_error(y_test, predicted):.2f}")
    print(f"R2  {r2_score(y_test, predicted):.3f}")
    for q in (10, 50, 90):
        print(f"  percentile {q}: true {np.percentile(y_test, q):.0f}, predicted {np.percentile(predicted, q):.0f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=Settings.epochs)
    parser.add_argument("--seed", type=int, default=Settings.seed)
    args = parser.parse_args()
    settings = Settings(epochs=args.epochs, seed=args.seed)
    keras.utils.set_random_seed(settings.seed)

    x_train, x_test, y_train, y_test, y_scaler = prepare(settings)
    model = build(x_train.shape[1], settings)
    history = model.fit(
        x_train,
        y_train,
        validation_split=0.15,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
        callbacks=[keras.callbacks.EarlyStopping(patience=12, restore_best_weights=True)],
        verbose=0,
    )
    print(f"stopped after {len(history.history['loss'])} epochs, val loss {min(history.history['val_loss']):.3f}")
    report(model, x_test, y_test, y_scaler)


if __name__ == "__main__":
    main()
