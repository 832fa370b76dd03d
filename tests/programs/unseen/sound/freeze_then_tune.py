"""Reuse a digit encoder for a new task: frozen first, then tuned with a small rate."""
import argparse

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras import layers


def build_encoder():
    return keras.Sequential([
        keras.Input((8, 8, 1)),
        layers.Conv2D(24, 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.MaxPooling2D(),
        layers.Conv2D(48, 3, padding="same", use_bias=False),
        layers.BatchNormalization(),
        layers.ReLU(),
        layers.Flatten(),
    ], name="encoder")


def attach_head(encoder, n_out, frozen):
    inputs = keras.Input((8, 8, 1))
    features = encoder(inputs, training=False) if frozen else encoder(inputs)
    outputs = layers.Dense(n_out, activation="softmax")(features)
    return keras.Model(inputs, outputs)


def compile_model(model, lr):
    model.compile(
        optimizer=keras.optimizers.Adam(lr),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )


def split_tasks(seed):
    digits = load_digits()
    x = (digits.images[..., None] / 16.0).astype("float32")
    y = digits.target
    old, new = y < 5, y >= 5
    source = (x[old], y[old])
    target = train_test_split(x[new], y[new] - 5, train_size=0.4, stratify=y[new], random_state=seed)
    return source, target


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--source-epochs", type=int, default=6)
    parser.add_argument("--head-epochs", type=int, default=12)
    parser.add_argument("--tune-epochs", type=int, default=4)
    parser.add_argument("--tune-lr", type=float, default=1e-5)
    args = parser.parse_args()
    keras.utils.set_random_seed(15)

    (x_source, y_source), (x_train, x_test, y_train, y_test) = split_tasks(seed=15)
    encoder = build_encoder()
    source_model = attach_head(encoder, 5, frozen=False)
    compile_model(source_model, 1e-3)
    source_model.fit(x_source, y_source, epochs=args.source_epochs, batch_size=32, verbose=2)

    encoder.trainable = False
    model = attach_head(encoder, 5, frozen=True)
    compile_model(model, 1e-3)
    model.fit(
        x_train, y_train,
        validation_data=(x_test, y_test),
        epochs=args.head_epochs,
        batch_size=32,
        verbose=2,
    )

    encoder.trainable = True
    compile_model(model, args.tune_lr)
    model.fit(
        x_train, y_train,
        validation_data=(x_test, y_test),
        epochs=args.tune_epochs,
        batch_size=32,
        verbose=2,
    )
    loss, acc = model.evaluate(x_test, y_test, verbose=0)
    print(f"new digits: loss {loss:.3f} accuracy {acc:.3f}")


if __name__ == "__main__":
    main()
