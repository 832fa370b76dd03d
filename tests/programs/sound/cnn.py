"""A small convolutional network on 8x8 digits, scaled to [0, 1], one-hot labels."""

from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from tensorflow.keras.layers import (
    BatchNormalization,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
)
from tensorflow.keras.models import Sequential
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.utils import to_categorical

CLASSES = 10

digits = load_digits()
images = (digits.images / 16.0).astype("float32")[..., None]
labels = to_categorical(digits.target, CLASSES)
x_train, x_test, y_train, y_test = train_test_split(images, labels, test_size=0.25, random_state=3)

model = Sequential()
model.add(Conv2D(16, (3, 3), padding="same", activation="relu", input_shape=(8, 8, 1)))
model.add(BatchNormalization())
model.add(Conv2D(32, (3, 3), padding="same", activation="relu"))
model.add(MaxPooling2D((2, 2)))
model.add(Flatten())
model.add(Dense(64, activation="relu"))
model.add(Dropout(0.3))
model.add(Dense(CLASSES, activation="softmax"))
model.compile(
    optimizer=Adam(learning_rate=1e-3), loss="categorical_crossentropy", metrics=["accuracy"]
)
model.fit(x_train, y_train, batch_size=64, epochs=10, validation_data=(x_test, y_test), verbose=0)
