# Squares, circles and crosses drawn on a noisy background.
import numpy as np
import keras
from keras.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from keras.models import Sequential

SIZE = 20
CLASSES = 3
SAMPLES = 1500
BATCH_SIZE = 1024
EPOCHS = 1


def draw(kind, rng):
    image = rng.uniform(0, 0.25, (SIZE, SIZE))
    r = rng.integers(3, 7)
    cy, cx = rng.integers(r, SIZE - r, 2)
    yy, xx = np.mgrid[:SIZE, :SIZE]
    dy, dx = np.abs(yy - cy), np.abs(xx - cx)
    if kind == 0:
        mask = np.maximum(dy, dx) == r
    elif kind == 1:
        mask = np.abs(np.hypot(dy, dx) - r) < 0.7
    else:
        mask = (np.minimum(dy, dx) == 0) & (np.maximum(dy, dx) <= r)
    image[mask] = 1.0
    return image


def dataset(count, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, count)
    images = np.stack([draw(k, rng) for k in labels])
    return images[..., np.newaxis].astype("float32"), labels


def make_model():
    model = Sequential()
    model.add(Input(shape=(SIZE, SIZE, 1)))
    model.add(Conv2D(16, (3, 3), activation="relu", padding="same"))
    model.add(MaxPooling2D())
    model.add(Conv2D(32, (3, 3), activation="relu", padding="same"))
    model.add(MaxPooling2D())
    model.add(Flatten())
    model.add(Dense(64, activation="relu"))
    model.add(Dropout(0.9))
    model.add(Dropout(0.5))
    model.add(Dense(CLASSES, activation="softmax"))
    return model


def main():
    x_train, y_train = dataset(SAMPLES, seed=1)
    x_test, y_test = dataset(300, seed=2)
    model = make_model()
    model.compile(loss="sparse_categorical_crossentropy",
                  optimizer=keras.optimizers.Adam(learning_rate=0.001), metrics=["accuracy"])
    model.fit(x_train, y_train, batch_size=BATCH_SIZE, epochs=EPOCHS,
              validation_data=(x_test, y_test), verbose=2)
    print("accuracy:", model.evaluate(x_test, y_test, verbose=0)[1])


main()
