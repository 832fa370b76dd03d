"""Keras programs trained and measured for real."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from analyzer.experiments.trial import compare
from tests.support.trainings import Workbench

HEAD = """
    import numpy as np
    import keras
    from keras import layers
    rng = np.random.RandomState(3)
    X = rng.randn(600, 10).astype("float32")
"""

CLASSES = (
    HEAD
    + """
    y = keras.utils.to_categorical((X @ rng.randn(10, 3)).argmax(1), 3)
    model = keras.Sequential(
        [layers.Dense(32, activation="relu"), layers.Dense(3, activation="softmax")]
    )
    model.compile(optimizer=keras.optimizers.SGD(0.3), loss="categorical_crossentropy")
    model.fit(X, y, epochs=30, batch_size=32, validation_split=0.2)
"""
)

BINARY = (
    HEAD
    + """
    y = (X[:, 0] + X[:, 1] > 0.5).astype("float32")
    model = keras.Sequential(
        [layers.Dense(16, activation="relu"), layers.Dense(1, activation="sigmoid")]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="binary_crossentropy")
"""
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    made = Workbench(tmp_path_factory.mktemp("keras"), "numpy", "keras")
    with made.session:
        yield made


def test_a_learning_rate_far_too_high_is_repaired(bench):
    good = bench.write(CLASSES)
    bench.write(CLASSES.replace("SGD(0.3)", "SGD(3e4)"))
    verdict = compare(bench.trainings("multiclass", 100), "multiclass", {}, {"train.py": good})
    assert verdict.outcome == "better", verdict
    assert verdict.experiment is not None
    assert verdict.experiment.held_out == 150
    assert len(verdict.experiment.loss_after) == 60
    assert verdict.experiment.loss_after[-1] < verdict.experiment.loss_after[0]


def test_an_edit_that_changes_nothing_scores_exactly_alike(bench):
    text = bench.write(CLASSES)
    edited = {"train.py": text + "\nprint('trained')\n"}
    verdict = compare(bench.trainings("multiclass", 60), "multiclass", {}, edited)
    assert verdict.outcome == "noise"
    assert verdict.experiment is not None
    assert verdict.experiment.before == verdict.experiment.after
    assert len(set(verdict.experiment.before)) > 1


@pytest.mark.parametrize(
    "training",
    [
        "model.fit(X, y, epochs=30, batch_size=32)",
        """
    import tensorflow as tf
    data = tf.data.Dataset.from_tensor_slices((X, y)).shuffle(600, seed=1).batch(32)
    model.fit(data, epochs=30)""",
        """
    for epoch in range(30):
        order = rng.permutation(600)
        for start in range(0, 600, 50):
            rows = order[start : start + 50]
            model.train_on_batch(X[rows], y[rows])""",
        """
    import tensorflow as tf
    data = tf.data.Dataset.from_tensor_slices((X, y[:, None])).shuffle(600, seed=1).batch(32)
    loss_fn, optimizer = keras.losses.BinaryCrossentropy(), keras.optimizers.Adam(0.02)
    @tf.function
    def step(x, t):
        with tf.GradientTape() as tape:
            loss = loss_fn(t, model(x, training=True))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables))
    for epoch in range(30):
        for x, t in data:
            step(x, t)""",
    ],
    ids=["fit", "stream", "train_on_batch", "tape"],
)
def test_two_classes_whatever_the_loop(bench, training):
    found = bench.measure(BINARY + "    " + training.lstrip("\n ") + "\n", "binary", steps=150)
    assert found.scores["balanced_accuracy"] > 0.85, found
    assert found.scores["roc_auc"] > 0.9
    assert 100 <= found.held_out == found.rows <= 200
    assert found.steps == 150


def test_the_programs_own_end_ends_the_training(bench):
    found = bench.measure(BINARY + "    model.fit(X, y, epochs=2, batch_size=90)\n", "binary")
    assert found.ended == "program_end"
    assert found.steps == 10  # two epochs over the 450 rows that are left


def test_an_autoencoder_is_measured_by_what_it_gives_back(bench):
    text = (
        HEAD
        + """
    X = 1 / (1 + np.exp(-X[:, :3] @ rng.randn(3, 10)))
    model = keras.Sequential(
        [layers.Dense(8, activation="relu"), layers.Dense(10, activation="sigmoid")]
    )
    model.compile(optimizer=keras.optimizers.Adam(0.02), loss="mse")
    model.fit(X, X, epochs=40, batch_size=32)
"""
    )
    assert bench.measure(text, "autoencoder", steps=200).scores["r2"] > 0.4


def test_a_regression_in_units_of_its_own(bench):
    text = (
        HEAD
        + """
    y = 300 + 50 * X[:, 0]
    model = keras.Sequential([layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(0.05), loss="mse")
    model.fit(X, y, epochs=30, batch_size=32)
"""
    )
    assert bench.measure(text, "regression", steps=200).scores["r2"] > 0.95


def test_data_that_cannot_be_cut_is_no_zero(bench):
    text = (
        HEAD
        + """
    import tensorflow as tf
    model = keras.Sequential([layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    model.fit(tf.data.Dataset.from_tensor_slices((X, X[:, :1])).batch(600), epochs=3)
"""
    )
    found = bench.measure(text, "regression")
    assert found.scores == {}
    assert "fewer than two batches" in str(found.reason)
