"""Several labels per sample: one sigmoid per label, binary cross-entropy."""

import numpy as np
from sklearn.datasets import make_multilabel_classification

import keras

features, targets = make_multilabel_classification(
    n_samples=1200, n_features=20, n_classes=5, n_labels=2, random_state=7
)
features = (features - features.mean(axis=0)) / features.std(axis=0)
split = 1000
inputs = keras.Input((20,))
hidden = keras.layers.Dense(48, activation="relu")(inputs)
hidden = keras.layers.Dense(24, activation="relu")(hidden)
outputs = keras.layers.Dense(5, activation="sigmoid")(hidden)
model = keras.Model(inputs, outputs)
model.compile(
    optimizer=keras.optimizers.Adam(2e-3),
    loss=keras.losses.BinaryCrossentropy(),
    metrics=["binary_accuracy"],
)
model.fit(
    features[:split],
    targets[:split].astype(np.float32),
    epochs=15,
    batch_size=50,
    validation_data=(features[split:], targets[split:].astype(np.float32)),
    verbose=0,
)
