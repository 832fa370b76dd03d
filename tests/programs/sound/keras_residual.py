"""A small residual network, functional style, with weight decay and a decaying rate."""

import keras
import numpy as np
from keras import layers, regularizers
from sklearn.datasets import load_digits

decay = regularizers.l2(1e-4)


def unit(x, filters, stride):
    shortcut = x
    y = layers.Conv2D(filters, 3, stride, "same", use_bias=False, kernel_regularizer=decay)(x)
    y = layers.BatchNormalization()(y)
    y = layers.Activation("relu")(y)
    y = layers.Conv2D(filters, 3, 1, "same", use_bias=False, kernel_regularizer=decay)(y)
    y = layers.BatchNormalization()(y)
    if stride != 1 or x.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, stride, kernel_regularizer=decay)(x)
    return layers.Activation("relu")(layers.Add()([y, shortcut]))


digits = load_digits()
order = np.random.default_rng(0).permutation(len(digits.target))
images = digits.images[order][..., None].astype("float32") / 16.0
labels = digits.target[order]

inputs = keras.Input((8, 8, 1))
features = unit(unit(inputs, 16, 1), 32, 2)
outputs = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(features))
model = keras.Model(inputs, outputs)
rate = keras.optimizers.schedules.CosineDecay(0.05, decay_steps=45 * 6)
model.compile(
    keras.optimizers.SGD(rate, momentum=0.9),
    "sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
model.fit(images[:1440], labels[:1440], batch_size=32, epochs=6, verbose=0)
print(model.evaluate(images[1440:], labels[1440:], verbose=0))
