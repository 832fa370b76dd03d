"""Next-token prediction with causal attention: the labels are the inputs, one place later."""

import keras
import numpy as np
from keras import layers, ops

VOCABULARY, CONTEXT, WIDTH = 24, 16, 32


class Block(layers.Layer):
    def __init__(self, heads):
        super().__init__()
        self.attention = layers.MultiHeadAttention(heads, WIDTH // heads)
        self.first_norm = layers.LayerNormalization()
        self.second_norm = layers.LayerNormalization()
        self.feed_forward = keras.Sequential(
            [layers.Dense(64, activation="gelu"), layers.Dense(WIDTH)]
        )

    def call(self, x):
        y = self.first_norm(x)
        x = x + self.attention(y, y, use_causal_mask=True)
        return x + self.feed_forward(self.second_norm(x))


rng = np.random.default_rng(9)
start = rng.integers(0, VOCABULARY, (600, 1))
step = rng.integers(1, 4, (600, 1))
text = (start + step * np.arange(CONTEXT + 1)) % VOCABULARY
x, y = text[:, :-1], text[:, 1:]

tokens = keras.Input((CONTEXT,), dtype="int32")
places = layers.Embedding(CONTEXT, WIDTH)(ops.arange(CONTEXT))
hidden = layers.Embedding(VOCABULARY, WIDTH)(tokens) + places
hidden = Block(4)(hidden)
hidden = Block(4)(hidden)
logits = layers.Dense(VOCABULARY)(layers.LayerNormalization()(hidden))
model = keras.Model(tokens, logits)
model.compile(
    keras.optimizers.AdamW(1e-3, weight_decay=0.01),
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["sparse_categorical_accuracy"],
)
model.fit(x, y, batch_size=32, epochs=6, validation_split=0.1, verbose=0)
