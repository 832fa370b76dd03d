import random

import numpy as np
from tensorflow.keras.layers import LSTM, Dense, Embedding, Input
from tensorflow.keras.models import Sequential
from tensorflow.keras.preprocessing.sequence import pad_sequences
from tensorflow.keras.utils import to_categorical

WORDS = [
    "boring awful dull messy weak stupid tired flat".split(),
    "average okay passable ordinary decent usual plain fair".split(),
    "great lovely superb funny moving brilliant charming fresh".split(),
]
FILLER = "the film was a plot and with cast scenes music ending very it this of".split()
MAXLEN = 20


def make_review(stars):
    words = random.choices(FILLER, k=random.randint(8, 16))
    for _ in range(3):
        words.insert(random.randrange(len(words)), random.choice(WORDS[stars]))
    return words


random.seed(5)
labels = [random.randint(0, 2) for _ in range(1200)]
reviews = [make_review(label) for label in labels]

vocabulary = {word: i + 1 for i, word in enumerate(sorted({w for r in reviews for w in r}))}
sequences = [[vocabulary[w] for w in review] for review in reviews]
X = pad_sequences(sequences, maxlen=MAXLEN)
y = to_categorical(np.array(labels))

X_train, X_test = X[:1000], X[1000:]
y_train, y_test = y[:1000], y[1000:]

model = Sequential()
model.add(Input(shape=(MAXLEN,)))
model.add(Embedding(len(vocabulary) + 1, 16))
model.add(LSTM(16))
model.add(Dense(3))
model.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
model.summary()

model.fit(X_train, y_train, epochs=6, batch_size=32, validation_data=(X_test, y_test), verbose=2)
scores = model.evaluate(X_test, y_test, verbose=0)
print("Loss: %.3f  Accuracy: %.2f%%" % (scores[0], scores[1] * 100))
