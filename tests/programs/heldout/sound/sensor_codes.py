# Nonlinear PCA of correlated sensors: a bottleneck of three tanh units.
import keras
import numpy as np
from sklearn.preprocessing import StandardScaler

rng = np.random.default_rng(17)
keras.utils.set_random_seed(17)

# twelve sensors driven by three hidden causes
causes = rng.normal(size=(1600, 3))
mixing = rng.normal(size=(3, 12))
sensors = causes @ mixing + 0.3 * np.sin(causes @ rng.normal(size=(3, 12)))
sensors = 40 + 8 * sensors + rng.normal(0, 0.5, sensors.shape)

train, test = sensors[:1280], sensors[1280:]
scaler = StandardScaler().fit(train)
train, test = scaler.transform(train), scaler.transform(test)

encoder = keras.Sequential(
    [
        keras.layers.Input(shape=(12,)),
        keras.layers.Dense(24, activation="tanh"),
        keras.layers.Dense(3, activation="tanh", name="bottleneck"),
    ]
)
decoder = keras.Sequential(
    [
        keras.layers.Input(shape=(3,)),
        keras.layers.Dense(24, activation="tanh"),
        keras.layers.Dense(12),
    ]
)
autoencoder = keras.Sequential([encoder, decoder])
autoencoder.compile(optimizer=keras.optimizers.Adam(learning_rate=0.003), loss="mean_squared_error")
autoencoder.fit(train, train, epochs=60, batch_size=32, verbose=0)

mse = autoencoder.evaluate(test, test, verbose=0)
print("explained variance: %.3f" % (1 - mse / test.var()))
