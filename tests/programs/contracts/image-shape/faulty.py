"""Sorts pictures of bars, upright and lying, that are kept in one folder each."""

import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from tensorflow.keras import Sequential, layers
from tensorflow.keras.preprocessing.image import ImageDataGenerator

SIDE = 16


def draw(folder, count=48):
    rng = np.random.default_rng(3)
    for label in ("lying", "upright"):
        (folder / label).mkdir()
        for number in range(count):
            picture = rng.integers(0, 60, (SIDE, SIDE), dtype=np.uint8)
            place = rng.integers(2, SIDE - 4)
            bar = picture if label == "lying" else picture.T
            bar[place : place + 3] = 220
            Image.fromarray(picture).save(folder / label / f"{number}.png")


photos = Path(tempfile.mkdtemp())
draw(photos)
generator = ImageDataGenerator(rescale=1 / 255)
train = generator.flow_from_directory(
    photos,
    target_size=(24, 24),  # fault
    color_mode="grayscale",
    class_mode="binary",
    batch_size=16,
    seed=3,
)

model = Sequential(
    [
        layers.Conv2D(8, 3, activation="relu", input_shape=(SIDE, SIDE, 1)),
        layers.MaxPooling2D(),
        layers.Conv2D(16, 3, activation="relu"),
        layers.Flatten(),
        layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
model.fit(train, epochs=10, verbose=0)
