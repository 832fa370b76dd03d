"""House-like prices: standardized inputs and targets, a linear head, mean squared error."""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

from keras.layers import Dense, Input
from keras.models import Sequential

x, y = load_diabetes(return_X_y=True)
order = np.random.default_rng(0).permutation(len(x))
train, test = order[:340], order[340:]
inputs, targets = StandardScaler(), StandardScaler()
x_train = inputs.fit_transform(x[train])
y_train = targets.fit_transform(y[train][:, None])
x_test = inputs.transform(x[test])
y_test = targets.transform(y[test][:, None])


def build():
    net = Sequential(
        [Input((10,)), Dense(32, activation="relu"), Dense(16, activation="relu"), Dense(1)]
    )
    net.compile(optimizer="rmsprop", loss="mse", metrics=["mae"])
    return net


net = build()
net.fit(x_train, y_train, validation_data=(x_test, y_test), epochs=30, batch_size=32, verbose=0)
