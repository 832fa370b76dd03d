"""Handwritten digits with a small convolutional net that shrinks by strides."""
import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

EPOCHS = 25
BATCH_SIZE = 32


def load():
    digits = load_digits()
    images = np.expand_dims(digits.images.astype("float32") / 16.0, -1)
    return train_test_split(images, digits.target, test_size=0.2, random_state=13, stratify=digits.target)


def build():
    inputs = keras.Input(shape=(8, 8, 1))
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(inputs)
    x = layers.Conv2D(32, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(64, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.3)(x)
    logits = layers.Dense(10)(x)
    return keras.Model(inputs, logits)


if __name__ == "__main__":
    keras.utils.set_random_seed(13)
    x_train, x_test, y_train, y_test = load()
    model = build()
    model.compile(
        optimizer=keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(x_train, y_train, batch_size=BATCH_SIZE, epochs=EPOCHS, validation_data=(x_test, y_test), verbose=0)
    print("test accuracy", model.evaluate(x_test, y_test, verbose=0)[1])
