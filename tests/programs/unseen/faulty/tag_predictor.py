"""Predict the set of tags of a post from its bag of words."""
import argparse

import numpy as np
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score
from sklearn.model_selection import train_test_split
from tensorflow import keras
from tensorflow.keras import layers

TAGS = ["python", "linux", "network", "database", "graphics", "security", "hardware", "web"]


def load_posts(n, seed):
    counts, tags = make_multilabel_classification(
        n_samples=n, n_features=60, n_classes=len(TAGS), n_labels=3, length=80, random_state=seed
    )
    return np.log1p(counts).astype("float32"), tags.astype("float32")


def build_model(n_words, n_tags, lr):
    words = keras.Input((n_words,), name="words")
    x = layers.LayerNormalization()(words)
    x = layers.Dense(96, activation="relu")(x)
    x = layers.Dropout(0.2)(x)
    x = layers.Dense(48, activation="relu")(x)
    tags = layers.Dense(n_tags, activation="softmax", name="tags")(x)
    model = keras.Model(words, tags)
    model.compile(
        optimizer=keras.optimizers.Adam(lr),
        loss="categorical_crossentropy",
        metrics=[keras.metrics.Recall(name="recall")],
    )
    return model


def describe(tags, probability, threshold, n=3):
    for row_true, row_p in list(zip(tags, probability))[:n]:
        expected = [t for t, flag in zip(TAGS, row_true) if flag]
        found = [t for t, p in zip(TAGS, row_p) if p > threshold]
        print(f"  expected {expected}  found {found}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=3000)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--threshold", type=float, default=0.5)
    parser.add_argument("--lr", type=float, default=1e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(12)

    x, y = load_posts(args.posts, seed=12)
    x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=12)
    model = build_model(x.shape[1], y.shape[1], args.lr)
    model.fit(
        x_train, y_train,
        validation_split=0.1,
        epochs=args.epochs,
        batch_size=args.batch_size,
        verbose=2,
    )
    probability = model.predict(x_test, verbose=0)
    predicted = probability > args.threshold
    print(f"micro F1 {f1_score(y_test, predicted, average='micro', zero_division=0):.3f}")
    print(f"macro F1 {f1_score(y_test, predicted, average='macro', zero_division=0):.3f}")
    print(f"tags per post: true {y_test.sum(1).mean():.2f}, predicted {predicted.sum(1).mean():.2f}")
    describe(y_test, probability, args.threshold)


if __name__ == "__main__":
    main()
