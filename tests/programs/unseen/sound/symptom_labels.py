"""Several independent findings from one panel of measurements."""
import argparse

import keras
import numpy as np
from keras import layers
from sklearn.datasets import make_multilabel_classification
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import train_test_split


def load(n, n_labels, seed):
    x, y = make_multilabel_classification(
        n_samples=n, n_features=40, n_classes=n_labels, n_labels=2, length=60, random_state=seed
    )
    return train_test_split(x.astype("float32"), y.astype("float32"), test_size=0.25, random_state=seed)


def prior_logits(y):
    rate = np.clip(y.mean(axis=0), 1e-3, 1 - 1e-3)
    return np.log(rate / (1 - rate))


class PriorBias(keras.initializers.Initializer):
    def __init__(self, values):
        self.values = values

    def __call__(self, shape, dtype=None):
        return keras.ops.reshape(keras.ops.convert_to_tensor(self.values, dtype=dtype), shape)


def build_model(n_features, y_train, lr):
    return_units = y_train.shape[1]
    inputs = keras.Input((n_features,))
    x = layers.BatchNormalization()(inputs)
    x = layers.Dense(64, use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = layers.Activation("relu")(x)
    x = layers.Dropout(0.3)(x)
    outputs = layers.Dense(
        return_units, activation="sigmoid", bias_initializer=PriorBias(prior_logits(y_train))
    )(x)
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.AdamW(lr, weight_decay=1e-3),
        loss="binary_crossentropy",
        metrics=[keras.metrics.BinaryAccuracy(), keras.metrics.AUC(multi_label=True, name="auc")],
    )
    return model


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=3000)
    parser.add_argument("--findings", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--lr", type=float, default=2e-3)
    args = parser.parse_args()
    keras.utils.set_random_seed(27)

    x_train, x_test, y_train, y_test = load(args.samples, args.findings, seed=27)
    model = build_model(x_train.shape[1], y_train, args.lr)
    model.fit(
        x_train, y_train,
        validation_split=0.1,
        epochs=args.epochs,
        batch_size=args.batch_size,
        verbose=2,
    )
    probability = model.predict(x_test, verbose=0)
    print(f"macro AUC {roc_auc_score(y_test, probability, average='macro'):.3f}")
    print(f"micro F1 {f1_score(y_test, probability > 0.5, average='micro'):.3f}")


if __name__ == "__main__":
    main()
