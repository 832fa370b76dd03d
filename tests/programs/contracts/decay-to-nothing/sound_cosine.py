"""Decay over all batches."""
import keras
import numpy as np

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
x = rng.normal(size=(256, 6)).astype("float32")
y = (x[:, 0] + x[:, 1] > 0).astype("int32")
model = keras.Sequential([keras.layers.Input((6,)), keras.layers.Dense(16, activation="relu"), keras.layers.Dense(2, activation="softmax")])
EPOCHS = 30
schedule = keras.optimizers.schedules.CosineDecay(0.01, decay_steps=EPOCHS * len(x) // 16)
model.compile(optimizer=keras.optimizers.Adam(schedule), loss="sparse_categorical_crossentropy")
model.fit(x, y, epochs=EPOCHS, batch_size=16, verbose=0)
