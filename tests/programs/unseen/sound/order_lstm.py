"""Which of two marker words comes first in a padded sentence?"""
import argparse
import random

import numpy as np
from tensorflow import keras
from tensorflow.keras import layers

VOCAB = 80
MARKERS = (1, 2)


def make_sentences(n, maxlen, seed):
    rng = random.Random(seed)
    rows, labels = [], []
    for _ in range(n):
        words = [rng.randint(3, VOCAB - 1) for _ in range(rng.randint(6, maxlen))]
        first, second = sorted(rng.sample(range(len(words)), 2))
        label = rng.randint(0, 1)
        words[first], words[second] = MARKERS if label == 0 else MARKERS[::-1]
        rows.append(words)
        labels.append(label)
    padded = keras.utils.pad_sequences(rows, maxlen=maxlen, padding="post")
    return padded, np.array(labels, dtype="int64")


def build_model(dim, units):
    tokens = keras.Input((None,), dtype="int32")
    x = layers.Embedding(VOCAB, dim, mask_zero=True)(tokens)
    x = layers.LSTM(units)(x)
    x = layers.Dense(16, activation="relu")(x)
    scores = layers.Dense(2)(x)
    return keras.Model(tokens, scores)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--train", type=int, default=3000)
    parser.add_argument("--test", type=int, default=500)
    parser.add_argument("--maxlen", type=int, default=20)
    parser.add_argument("--dim", type=int, default=16)
    parser.add_argument("--units", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=5e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(18)

    x_train, y_train = make_sentences(args.train, args.maxlen, seed=1)
    x_test, y_test = make_sentences(args.test, args.maxlen, seed=2)
    model = build_model(args.dim, args.units)
    model.compile(
        optimizer=keras.optimizers.Adam(args.lr, clipnorm=1.0),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(
        x_train, y_train,
        validation_split=0.1,
        epochs=args.epochs,
        batch_size=args.batch_size,
        callbacks=[keras.callbacks.ReduceLROnPlateau("val_loss", patience=2, factor=0.3)],
        verbose=2,
    )
    scores = model.predict(x_test, verbose=0)
    print(f"test accuracy {np.mean(scores.argmax(axis=-1) == y_test):.3f}")
    short = (x_test != 0).sum(axis=1) < 12
    print(f"short sentences {np.mean(scores.argmax(axis=-1)[short] == y_test[short]):.3f}")


if __name__ == "__main__":
    main()
