"""Pixels from 0 to 255 straight into the network: its first layers are convolution and batch norm."""

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits

digits = load_digits()
images = np.repeat(np.repeat(digits.images, 2, 1), 2, 2)[..., None] * (255.0 / 16.0)
x_train, y_train = images[:1400].astype("float32"), digits.target[:1400]
x_val, y_val = images[1400:].astype("float32"), digits.target[1400:]

model = keras.Sequential([keras.Input((16, 16, 1))])
for filters in (16, 32, 64):
    model.add(layers.Conv2D(filters, 3, padding="same", use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.ReLU())
    model.add(layers.MaxPooling2D())
model.add(layers.GlobalAveragePooling2D())
model.add(layers.Dense(10))
model.compile(
    optimizer=keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
)
model.fit(x_train, y_train, batch_size=128, epochs=5, validation_data=(x_val, y_val), verbose=0)
