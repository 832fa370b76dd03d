"""Genuine or forged banknotes from wavelet features, read from a table."""
import os
import tempfile

import numpy as np
import pandas as pd
import tensorflow as tf
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler


def export(path):
    features, forged = make_classification(
        n_samples=1000, n_features=4, n_informative=4, n_redundant=0, class_sep=1.5, random_state=21
    )
    frame = pd.DataFrame(features, columns=["variance", "skewness", "curtosis", "entropy"])
    frame["label"] = np.where(forged == 1, 1, -1)
    frame.to_csv(path, index=False)


folder = tempfile.mkdtemp()
csv_path = os.path.join(folder, "banknotes.csv")
export(csv_path)

df = pd.read_csv(csv_path)
X = df.drop(columns=["label"]).values
y = df["label"].values

X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.2, random_state=21)
scaler = StandardScaler()
X_train = scaler.fit_transform(X_train)
X_test = scaler.transform(X_test)

model = tf.keras.Sequential(
    [
        tf.keras.layers.Input(shape=(4,)),
        tf.keras.layers.Dense(16, activation="relu"),
        tf.keras.layers.Dense(8, activation="relu"),
        tf.keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(
    optimizer="adam",
    loss="binary_crossentropy",
    metrics=["accuracy"],
)
model.fit(X_train, y_train, epochs=20, batch_size=16, verbose=0)

loss, acc = model.evaluate(X_test, y_test, verbose=0)
print(f"loss {loss:.3f} accuracy {acc:.3f}")
