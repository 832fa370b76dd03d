"""Class weights inverse to the counts."""

import keras
import numpy as np
from sklearn.utils.class_weight import compute_class_weight

keras.utils.set_random_seed(0)
rng = np.random.default_rng(0)
y = rng.choice(3, 600, p=[0.6, 0.3, 0.1])
x = (rng.normal(size=(600, 6)) + y[:, None]).astype("float32")

model = keras.Sequential(
    [
        keras.layers.Input((6,)),
        keras.layers.Dense(16, activation="relu"),
        keras.layers.Dense(3, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy")
weights = compute_class_weight("balanced", classes=np.unique(y), y=y)
model.fit(x, y, epochs=4, class_weight=dict(enumerate(weights)), verbose=0)
