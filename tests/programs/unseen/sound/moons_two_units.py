"""Two moons, one probability for each moon."""
import argparse
from dataclasses import dataclass

import numpy as np
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras import layers


@dataclass
class Config:
    samples: int = 2000
    noise: float = 0.2
    epochs: int = 25
    batch_size: int = 64
    lr: float = 0.05
    momentum: float = 0.9
    seed: int = 16


def load(cfg):
    x, y = make_moons(cfg.samples, noise=cfg.noise, random_state=cfg.seed)
    x_train, x_test, y_train, y_test = train_test_split(
        x.astype("float32"), y, test_size=0.3, random_state=cfg.seed
    )
    return x_train, keras.utils.to_categorical(y_train, 2), x_test, keras.utils.to_categorical(y_test, 2)


def build(cfg):
    model = keras.Sequential([
        keras.Input((2,)),
        layers.Dense(32, activation="tanh"),
        layers.Dense(32, activation="tanh"),
        layers.Dense(2, activation="softmax"),
    ])
    schedule = keras.optimizers.schedules.CosineDecay(
        cfg.lr, decay_steps=cfg.epochs * (int(cfg.samples * 0.7) // cfg.batch_size + 1)
    )
    model.compile(
        optimizer=keras.optimizers.SGD(schedule, momentum=cfg.momentum),
        loss="binary_crossentropy",
        metrics=["categorical_accuracy"],
    )
    return model


def decision_table(model, steps=5):
    grid_x, grid_y = np.meshgrid(np.linspace(-1.5, 2.5, steps), np.linspace(1.5, -1.0, steps))
    grid = np.column_stack([grid_x.ravel(), grid_y.ravel()]).astype("float32")
    moon = model.predict(grid, verbose=0).argmax(axis=1).reshape(steps, steps)
    return "\n".join(" ".join("AB"[m] for m in row) for row in moon)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=Config.epochs)
    parser.add_argument("--noise", type=float, default=Config.noise)
    args = parser.parse_args()
    cfg = Config(epochs=args.epochs, noise=args.noise)
    keras.utils.set_random_seed(cfg.seed)

    x_train, y_train, x_test, y_test = load(cfg)
    model = build(cfg)
    model.fit(
        x_train, y_train,
        validation_data=(x_test, y_test),
        epochs=cfg.epochs,
        batch_size=cfg.batch_size,
        verbose=2,
    )
    loss, acc = model.evaluate(x_test, y_test, verbose=0)
    print(f"test loss {loss:.3f} accuracy {acc:.3f}")
    print(decision_table(model))


if __name__ == "__main__":
    main()
