"""A dense autoencoder on digits in [0, 1]: the inputs are the targets."""

import keras
from keras import layers
from sklearn.datasets import load_digits

images = (load_digits().data / 16.0).astype("float32")
train, held_out = images[:1400], images[1400:]

code = 16
inputs = keras.Input(shape=(64,))
hidden = layers.Dense(48, activation="relu")(inputs)
hidden = layers.Dense(code, activation="relu")(hidden)
hidden = layers.Dense(48, activation="relu")(hidden)
outputs = layers.Dense(64, activation="sigmoid")(hidden)
autoencoder = keras.Model(inputs, outputs)
autoencoder.compile(optimizer=keras.optimizers.Adam(2e-3), loss="mse")
autoencoder.fit(
    train, train, epochs=20, batch_size=64, validation_data=(held_out, held_out), verbose=0
)
