"""Route support tickets to a team by their words."""
import random

import numpy as np
import tensorflow as tf
from tensorflow.keras import Model
from tensorflow.keras.layers import Dense, Dropout, Embedding, GlobalAveragePooling1D, Input

TOPICS = {
    "billing": "invoice charge refund payment card receipt price".split(),
    "network": "router wifi offline cable signal dns ping".split(),
    "account": "password login username locked reset email profile".split(),
}
COMMON = "hello please my i have the a problem with since yesterday cannot help thanks it is".split()
LENGTH = 14


class Vocabulary:
    """Numbers words from one upward; zero is padding."""

    def __init__(self):
        self.index = {}

    def encode(self, words):
        ids = [self.index.setdefault(word, len(self.index) + 1) for word in words]
        return (ids + [0] * LENGTH)[:LENGTH]

    def __len__(self):
        return len(self.index) + 1


def tickets(count, vocabulary, seed):
    chooser = random.Random(seed)
    names = sorted(TOPICS)
    rows, teams = [], []
    for _ in range(count):
        team = chooser.randrange(len(names))
        words = chooser.choices(COMMON, k=chooser.randint(5, 9)) + chooser.sample(TOPICS[names[team]], 2)
        words.append(chooser.choice(TOPICS[chooser.choice(names)]))
        chooser.shuffle(words)
        rows.append(vocabulary.encode(words))
        teams.append(team)
    return np.array(rows), np.array(teams)


vocabulary = Vocabulary()
x_train, y_train = tickets(1200, vocabulary, seed=1)
x_test, y_test = tickets(300, vocabulary, seed=2)

tf.keras.utils.set_random_seed(1)
ids = Input(shape=(LENGTH,), dtype="int32")
x = Embedding(len(vocabulary), 16, mask_zero=True)(ids)
x = GlobalAveragePooling1D()(x)
x = Dropout(0.2)(x)
x = Dense(16, activation="relu")(x)
model = Model(ids, Dense(len(TOPICS), activation="softmax")(x))
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, epochs=15, batch_size=32, verbose=0)
print("accuracy on new tickets:", model.evaluate(x_test, y_test, verbose=0)[1])
