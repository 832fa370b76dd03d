"""A regression whose targets are flat and whose predictions are a column: Keras aligns the two."""

import keras
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

x, y = load_diabetes(return_X_y=True)
x_train, x_val = x[:350], x[350:]
inputs_scaler = StandardScaler().fit(x_train)
mean, spread = y[:350].mean(), y[:350].std()
y_train, y_val = (y[:350] - mean) / spread, (y[350:] - mean) / spread

model = keras.Sequential(
    [
        keras.Input((10,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(1),
    ]
)
model.compile(optimizer="adam", loss="mean_squared_error", metrics=["mae"])
model.fit(
    inputs_scaler.transform(x_train),
    y_train,
    batch_size=16,
    epochs=40,
    validation_data=(inputs_scaler.transform(x_val), y_val),
    verbose=0,
)
