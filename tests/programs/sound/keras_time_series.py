"""One step ahead of a noisy wave: windows in their order, the last part of time for validation."""

import numpy as np
import tensorflow as tf

WINDOW = 30
rng = np.random.default_rng(21)
time = np.arange(2000)
series = np.sin(time / 9.0) + 0.3 * np.sin(time / 31.0) + rng.normal(0.0, 0.05, 2000)
series = series.astype("float32")

windows = np.lib.stride_tricks.sliding_window_view(series, WINDOW + 1)
inputs, targets = windows[:, :-1, None], windows[:, -1]
cut = int(0.8 * len(inputs))

model = tf.keras.Sequential(
    [
        tf.keras.layers.Input((WINDOW, 1)),
        tf.keras.layers.GRU(24),
        tf.keras.layers.Dense(1),
    ]
)
model.compile(optimizer=tf.keras.optimizers.Adam(3e-3), loss=tf.keras.losses.Huber())
model.fit(
    inputs[:cut],
    targets[:cut],
    validation_data=(inputs[cut:], targets[cut:]),
    batch_size=64,
    epochs=5,
    shuffle=False,
    verbose=0,
)
