"""Pretrain on digits 0-4, move the features to 5-9, then fine-tune everything gently."""
import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

HEAD_LR = 1e-3
FINE_TUNE_LR = 2e-5


def task(low, high):
    digits = load_digits()
    keep = (digits.target >= low) & (digits.target < high)
    images = digits.images[keep].astype("float32")[..., np.newaxis] / 16.0
    return train_test_split(images, digits.target[keep] - low, test_size=0.2, random_state=3)


def make_base():
    return keras.Sequential(
        [
            layers.Input(shape=(8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(64, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
        ],
        name="base",
    )


def with_head(base):
    inputs = keras.Input(shape=(8, 8, 1))
    return keras.Model(inputs, layers.Dense(5, activation="softmax")(base(inputs)))


def compile_and_fit(model, data, rate, epochs):
    x_train, x_test, y_train, y_test = data
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, epochs=epochs, batch_size=16, verbose=0)
    return model.evaluate(x_test, y_test, verbose=0)[1]


def main():
    keras.utils.set_random_seed(3)
    base = make_base()
    print("source task   ", compile_and_fit(with_head(base), task(0, 5), 1e-3, epochs=10))

    target = task(5, 10)
    model = with_head(base)
    base.trainable = False
    print("new head only ", compile_and_fit(model, target, HEAD_LR, epochs=12))
    base.trainable = True
    print("fine-tuned    ", compile_and_fit(model, target, FINE_TUNE_LR, epochs=5))


if __name__ == "__main__":
    main()
