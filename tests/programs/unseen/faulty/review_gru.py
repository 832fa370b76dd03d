"""Sentiment of short generated reviews with an embedding and a GRU."""
import argparse
import random

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

POSITIVE = "great lovely crisp charming superb warm clever bright sweet rich".split()
NEGATIVE = "dull bland clumsy noisy boring cold weak sour bitter flat".split()
NEUTRAL = "the a film scene plot actor music camera story with and of in that was is it very quite".split()
NEGATION = ["not", "never", "hardly"]


def write_review(rng):
    balance, words = 0, []
    for _ in range(rng.randint(2, 5)):
        words += rng.choices(NEUTRAL, k=rng.randint(1, 3))
        sign = rng.choice([-1, 1])
        if rng.random() < 0.3:
            words.append(rng.choice(NEGATION))
            balance -= sign
        else:
            balance += sign
        words.append(rng.choice(POSITIVE if sign > 0 else NEGATIVE))
    return words, balance


def build_corpus(n, seed):
    rng = random.Random(seed)
    texts, labels = [], []
    while len(texts) < n:
        words, balance = write_review(rng)
        if balance != 0:
            texts.append(words)
            labels.append(int(balance > 0))
    return texts, np.array(labels, dtype="float32")


class Tokenizer:
    def __init__(self, words):
        self.index = {w: i + 1 for i, w in enumerate(words)}

    def __call__(self, texts, maxlen):
        ids = [[self.index[w] for w in text] for text in texts]
        return keras.utils.pad_sequences(ids, maxlen=maxlen, padding="post", truncating="post")


def build_model(vocab, dim, units, keep):
    return keras.Sequential([
        layers.Embedding(vocab, dim, mask_zero=True),
        layers.Dropout(keep),
        layers.GRU(units),
        layers.Dropout(keep),
        layers.Dense(16, activation="relu"),
        layers.Dropout(keep),
        layers.Dense(1, activation="sigmoid"),
    ])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--dim", type=int, default=16)
    parser.add_argument("--units", type=int, default=24)
    parser.add_argument("--keep", type=float, default=0.9)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(77)

    tokenizer = Tokenizer(POSITIVE + NEGATIVE + NEUTRAL + NEGATION)
    train_texts, y_train = build_corpus(2500, seed=1)
    test_texts, y_test = build_corpus(600, seed=2)
    x_train, x_test = tokenizer(train_texts, 26), tokenizer(test_texts, 26)

    model = build_model(len(tokenizer.index) + 1, args.dim, args.units, args.keep)
    model.compile(keras.optimizers.Adam(args.lr), loss="binary_crossentropy", metrics=["accuracy"])
    model.fit(
        x_train, y_train,
        validation_split=0.1,
        epochs=args.epochs,
        batch_size=args.batch_size,
        verbose=2,
    )
    loss, acc = model.evaluate(x_test, y_test, verbose=0)
    print(f"test loss {loss:.3f} accuracy {acc:.3f}")


if __name__ == "__main__":
    main()
