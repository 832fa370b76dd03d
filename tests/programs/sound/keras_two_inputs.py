"""Two inputs and two outputs: numbers and a category; a class and an amount."""

import keras
import numpy as np
from keras import layers

rng = np.random.default_rng(8)
numbers = rng.normal(size=(1500, 6)).astype("float32")
category = rng.integers(0, 12, 1500)
amount = (numbers @ rng.normal(size=6) + 0.3 * (category % 3)).astype("float32")
group = np.digitize(amount, [-1.0, 1.0])

numbers_in = keras.Input((6,), name="numbers")
category_in = keras.Input((), dtype="int32", name="category")
joined = layers.Concatenate()([numbers_in, layers.Embedding(12, 4)(category_in)])
hidden = layers.Dense(48, activation="swish")(joined)
hidden = layers.Dense(24, activation="swish")(hidden)
outputs = {
    "group": layers.Dense(3, activation="softmax", name="group")(hidden),
    "amount": layers.Dense(1, name="amount")(hidden),
}
model = keras.Model([numbers_in, category_in], outputs)
model.compile(
    keras.optimizers.Adam(2e-3),
    loss={"group": "sparse_categorical_crossentropy", "amount": "mse"},
    loss_weights={"group": 1.0, "amount": 0.5},
)
model.fit(
    {"numbers": numbers, "category": category},
    {"group": group, "amount": amount},
    batch_size=32,
    epochs=8,
    validation_split=0.2,
    verbose=0,
)
