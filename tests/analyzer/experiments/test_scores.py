"""The scores computed in the sandbox against scikit-learn's, and what they must not depend on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from analyzer.sandbox.inside.measure_scores import (
    Task,
    Unmeasurable,
    average_precision,
    roc_auc,
    scores_of,
)

seeds = st.integers(0, 2**31)


@given(seeds, st.integers(1, 6))
def test_rankings_are_those_of_scikit_learn_with_ties_too(seed, digits):
    random = np.random.default_rng(seed)
    ranked = np.round(random.normal(size=40), digits - 1)
    truth = random.random(40) < 0.4
    truth[0], truth[1] = True, False
    assert roc_auc(ranked, truth) == pytest.approx(metrics.roc_auc_score(truth, ranked))
    expected = metrics.average_precision_score(truth, ranked)
    assert average_precision(ranked, truth) == pytest.approx(expected)


@given(seeds, st.integers(2, 6))
def test_class_scores_are_those_of_scikit_learn(seed, count):
    random = np.random.default_rng(seed)
    truth = random.integers(0, count, 60)
    truth[:count] = np.arange(count)
    rows = random.normal(size=(60, count))
    found = scores_of(rows, truth, Task("multiclass")).values
    chosen = rows.argmax(axis=1)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(truth, chosen))
    expected = metrics.balanced_accuracy_score(truth, chosen)
    assert found["balanced_accuracy"] == pytest.approx(expected)


@given(seeds)
def test_r2_is_that_of_scikit_learn_and_knows_no_scale(seed):
    random = np.random.default_rng(seed)
    wanted = random.normal(size=(50, 3))
    predicted = wanted + random.normal(size=(50, 3)) * 0.5
    found = scores_of(predicted, wanted, Task("regression")).values["r2"]
    assert found == pytest.approx(metrics.r2_score(wanted, predicted))
    scaled = scores_of(predicted * 40 + 7, wanted * 40 + 7, Task("regression")).values["r2"]
    assert scaled == pytest.approx(found)


@given(seeds)
def test_label_scores_are_those_of_scikit_learn(seed):
    random = np.random.default_rng(seed)
    wanted = (random.random((40, 4)) < 0.3).astype(int)
    wanted[0], wanted[1] = 1, 0
    predicted = random.random((40, 4))
    found = scores_of(predicted, wanted, Task("multilabel")).values
    expected = metrics.average_precision_score(wanted, predicted, average="macro")
    assert found["average_precision"] == pytest.approx(expected)
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(wanted, predicted))


@settings(max_examples=30)
@given(seeds, st.integers(3, 6))
def test_the_encoding_of_labels_and_outputs_changes_nothing(seed, count):
    random = np.random.default_rng(seed)
    truth = random.integers(0, count, 60)
    truth[:count] = np.arange(count)
    logits = random.normal(size=(60, count))
    exponents = np.exp(logits)
    ways = [
        (logits, truth),
        (logits, truth[:, None]),
        (logits, np.eye(count)[truth]),
        (exponents / exponents.sum(axis=1, keepdims=True), truth),
    ]
    found = [scores_of(p, t, Task("multiclass")).values["balanced_accuracy"] for p, t in ways]
    assert found == pytest.approx([found[0]] * len(ways))


@given(seeds)
def test_a_single_score_of_two_classes_may_be_logit_probability_sign_or_two_units(seed):
    random = np.random.default_rng(seed)
    truth = (random.random(50) < 0.4).astype(int)
    truth[:2] = 0, 1
    logits = random.normal(size=50)
    sigmoid = 1 / (1 + np.exp(-logits))
    ways = [
        scores_of(logits, truth, Task("binary", threshold=0.0)),
        scores_of(sigmoid[:, None], truth, Task("binary")),
        scores_of(np.tanh(logits), truth * 2 - 1, Task("binary")),
        scores_of(np.stack([1 - sigmoid, sigmoid], axis=1), truth, Task("binary")),
        scores_of(np.stack([-logits, logits], axis=1), np.eye(2)[truth], Task("binary")),
    ]
    for name in ("balanced_accuracy", "roc_auc"):
        assert [way.values[name] for way in ways] == pytest.approx([ways[0].values[name]] * 5)


@pytest.mark.parametrize(
    ("predicted", "wanted", "task"),
    [
        (np.ones((90, 3)), np.repeat([0, 1, 2], 30), Task("multiclass")),
        (np.full((90, 3), np.nan), np.repeat([0, 1, 2], 30), Task("multiclass")),
        (np.ones((90, 1)), np.repeat([0, 0, 1], 30), Task("binary")),
        (np.full(90, 3.5), np.linspace(2, 5, 90), Task("regression")),
        (np.ones((90, 2)), np.tile([[0, 1], [1, 0], [1, 1]], (30, 1)), Task("multilabel")),
        (np.zeros((9, 4, 4)), np.arange(144.0).reshape(9, 4, 4) % 7 - 3, Task("autoencoder")),
    ],
)
def test_a_constant_scores_at_most_at_chance(predicted, wanted, task):
    found = scores_of(predicted, wanted, task)
    assert found.values
    for name, value in found.values.items():
        assert value <= found.chance[name] + 1e-9, name


@given(seeds, st.sampled_from(["binary", "multiclass", "multilabel", "regression", "unknown"]))
def test_whatever_comes_in_the_scores_stay_in_their_range(seed, problem):
    random = np.random.default_rng(seed)
    shapes = [(12,), (12, 1), (12, 3), (12, 4, 3)]
    predicted = random.normal(size=shapes[random.integers(4)])
    predicted[random.random(predicted.shape) < 0.1] = np.nan
    predicted[random.random(predicted.shape) < 0.1] = np.inf
    wanted = random.integers(-1, 3, size=shapes[random.integers(4)])
    try:
        found = scores_of(predicted, wanted, Task(problem))
    except Unmeasurable:
        return
    assert found.values
    assert set(found.values) == set(found.chance)
    assert all(-1.0 <= value <= 1.0 for value in found.values.values())


def test_tokens_are_decided_one_by_one_and_padding_is_left_out():
    logits = np.zeros((2, 5, 3))  # [samples, classes, positions], as PyTorch has them
    truth = np.array([[1, 4, -100], [2, 0, -100]])
    for sample, row in enumerate(truth):
        for position, token in enumerate(row):
            logits[sample, max(token, 0), position] = 1.0
    task = Task("sequence", class_axis=1, ignored=-100)
    assert scores_of(logits, truth, task).values["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("predicted", "wanted", "why"),
    [
        (np.ones((5, 1)), np.eye(3)[[0, 1, 2, 0, 1]], "shape"),
        (np.ones((5, 3)), np.zeros(5), "one class"),
        (np.ones(0), np.ones(0), "no predictions"),
        (np.array(["a"]), np.ones(1), "predictions are"),
    ],
)
def test_what_cannot_be_compared_is_no_zero(predicted, wanted, why):
    with pytest.raises(Unmeasurable, match=why):
        scores_of(predicted, wanted, Task("multiclass"))


def test_fractions_under_a_loss_for_classes_are_measured_as_numbers():
    wanted = np.linspace(-3, 3, 40) + 0.1
    assert scores_of(wanted, wanted, Task("binary")).values == {"r2": 1.0}
    tenths = np.arange(100) % 10 / 10
    assert scores_of(tenths, tenths, Task("multiclass")).values["accuracy"] == 1.0
