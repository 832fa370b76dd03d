"""Rare positives: class weights, an initial bias at the log odds, average precision as the metric."""

import keras
import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

x, y = make_classification(3000, 12, n_informative=8, weights=[0.95], flip_y=0.0, random_state=5)
x_train, x_val, y_train, y_val = train_test_split(x, y, stratify=y, random_state=5)
positive = y_train.mean()

model = keras.Sequential()
model.add(keras.Input((12,)))
model.add(keras.layers.Dense(32, activation="elu", kernel_initializer="he_normal"))
model.add(keras.layers.Dense(16, activation="elu", kernel_initializer="he_normal"))
bias = keras.initializers.Constant(np.log(positive / (1 - positive)))
model.add(keras.layers.Dense(1, activation="sigmoid", bias_initializer=bias))
model.compile("adam", "binary_crossentropy", metrics=[keras.metrics.AUC(curve="PR", name="ap")])
weights = {0: 0.5 / (1 - positive), 1: 0.5 / positive}
model.fit(x_train, y_train, batch_size=64, epochs=10, class_weight=weights, verbose=0)
print(model.evaluate(x_val, y_val, verbose=0))
