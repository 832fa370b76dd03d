"""Multilayer perceptron on the scikit-learn digits, as a subclassed model."""
import keras
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


class MLP(keras.Model):
    """Two hidden layers of equal width."""

    def __init__(self, units, classes):
        super().__init__()
        self.first = layers.Dense(units, activation="relu", kernel_initializer="zeros")
        self.second = layers.Dense(units, activation="relu", kernel_initializer="zeros")
        self.head = layers.Dense(classes, activation="softmax")

    def call(self, x):
        return self.head(self.second(self.first(x)))


def data():
    digits = load_digits()
    pixels = (digits.data / 16.0).astype("float32")
    return train_test_split(pixels, digits.target, test_size=0.2, random_state=1, stratify=digits.target)


def train(units=64, epochs=15):
    x_train, x_test, y_train, y_test = data()
    model = MLP(units, 10)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    history = model.fit(x_train, y_train, batch_size=32, epochs=epochs, verbose=0)
    return history.history["accuracy"][-1], model.evaluate(x_test, y_test, verbose=0)[1]


if __name__ == "__main__":
    train_accuracy, test_accuracy = train()
    print(f"train {train_accuracy:.3f}  test {test_accuracy:.3f}")
