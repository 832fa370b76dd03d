"""Deep fully connected digit classifier built from a configuration."""
import argparse
from dataclasses import asdict, dataclass

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras import initializers, layers


@dataclass
class NetConfig:
    width: int = 64
    depth: int = 3
    init_mean: float = -0.2
    init_std: float = 0.05
    dropout: float = 0.1
    lr: float = 1e-3


def make_data(seed):
    x, y = load_digits(return_X_y=True)
    x = (x / 16.0).astype("float32")
    return train_test_split(x, y, test_size=0.2, stratify=y, random_state=seed)


def make_model(cfg: NetConfig):
    inputs = keras.Input((64,), name="pixels")
    x = inputs
    for i in range(cfg.depth):
        x = layers.Dense(
            cfg.width,
            activation="relu",
            kernel_initializer=initializers.RandomNormal(mean=cfg.init_mean, stddev=cfg.init_std, seed=i),
            name=f"hidden_{i}",
        )(x)
        x = layers.Dropout(cfg.dropout)(x)
    outputs = layers.Dense(10, activation="softmax", name="digit")(x)
    model = keras.Model(inputs, outputs, name="deep_digits")
    model.compile(
        optimizer=keras.optimizers.Adam(cfg.lr),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def train(model, x, y, epochs, batch_size):
    callbacks = [
        keras.callbacks.EarlyStopping("val_accuracy", patience=8, restore_best_weights=True),
        keras.callbacks.ReduceLROnPlateau("val_loss", factor=0.5, patience=4, min_lr=1e-5),
    ]
    return model.fit(
        x, y,
        validation_split=0.15,
        epochs=epochs,
        batch_size=batch_size,
        callbacks=callbacks,
        verbose=2,
    )


def main():
    parser = argparse.ArgumentParser(description="train a deep digit classifier")
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--depth", type=int, default=3)
    args = parser.parse_args()

    keras.utils.set_random_seed(23)
    cfg = NetConfig(width=args.width, depth=args.depth)
    print("configuration:", asdict(cfg))
    x_train, x_test, y_train, y_test = make_data(seed=23)
    model = make_model(cfg)
    train(model, x_train, y_train, args.epochs, args.batch_size)
    loss, acc = model.evaluate(x_test, y_test, verbose=0)
    print(f"test loss {loss:.4f}, test accuracy {acc:.4f}")


if __name__ == "__main__":
    main()
