"""Raw table columns; a Normalization layer that has seen the training part standardizes them."""

import keras
from keras import layers
from sklearn.datasets import load_wine
from sklearn.model_selection import train_test_split

x, y = load_wine(return_X_y=True)
x_train, x_test, y_train, y_test = train_test_split(x, y, random_state=0, stratify=y)

normalization = layers.Normalization()
normalization.adapt(x_train)
model = keras.Sequential(
    [normalization, layers.Dense(24, activation="tanh"), layers.Dense(3, activation="softmax")]
)
model.compile(keras.optimizers.Adam(5e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=30, batch_size=16, validation_data=(x_test, y_test), verbose=0)
