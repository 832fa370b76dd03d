"""The task is read from labels, output and loss, in this order."""

from __future__ import annotations

import pytest

from analyzer.kinds import Problem
from analyzer.rules.samples import activation, conv, dense, labels, linear, other, sample
from analyzer.task import infer_problem

KERAS = "model.add(Dense(1))"


def problem(**facts: object) -> Problem:
    program = sample(KERAS, **facts)  # type: ignore[arg-type]
    return infer_problem(program.graph, program.data, program.learner, program.source)


SOFTMAX_2 = (dense(1, 2, "softmax"),)
SOFTMAX_5 = (dense(1, 5, "softmax"),)
SIGMOID_1 = (dense(1, 1, "sigmoid"),)
SIGMOID_5 = (dense(1, 5, "sigmoid"),)
LINEAR_1 = (dense(1, 1),)


@pytest.mark.parametrize(
    ("layers", "loss", "targets", "wanted"),
    [
        (SOFTMAX_5, "categorical_crossentropy", labels("one_hot", 5), "multiclass"),
        (SOFTMAX_2, "categorical_crossentropy", labels("one_hot", 2), "binary"),
        (SOFTMAX_5, "sparse_categorical_crossentropy", labels("integer", 5), "multiclass"),
        (SIGMOID_1, "binary_crossentropy", labels("binary", 2), "binary"),
        (SIGMOID_1, "binary_crossentropy", labels("plus_minus_one", 2), "binary"),
        (SIGMOID_5, "binary_crossentropy", labels("multi_hot", 5), "multilabel"),
        (SOFTMAX_5, "mean_squared_error", labels("multi_hot", 5), "multilabel"),
        (LINEAR_1, "mean_squared_error", labels("continuous"), "regression"),
        (LINEAR_1, "mean_squared_error", labels("integer", 30), "regression"),
        (SIGMOID_1, "binary_crossentropy", labels("continuous"), "binary"),
        (SIGMOID_5, "mean_squared_error", labels("inputs"), "autoencoder"),
        (SOFTMAX_5, "cross_entropy", labels("tokens"), "sequence"),
        (SIGMOID_5, "binary_crossentropy", labels("one_hot", 5), "multiclass"),
    ],
)
def test_labels_that_were_seen_decide(layers, loss, targets, wanted) -> None:  # type: ignore[no-untyped-def]
    assert problem(layers=layers, loss=loss, targets=targets) == wanted


@pytest.mark.parametrize(
    ("layers", "loss", "wanted"),
    [
        (SOFTMAX_5, "categorical_crossentropy", "multiclass"),
        (SOFTMAX_2, "categorical_crossentropy", "binary"),
        (SIGMOID_1, "binary_crossentropy", "binary"),
        (SIGMOID_5, "binary_crossentropy", "multilabel"),
        (SOFTMAX_5, "binary_crossentropy", "multiclass"),
        (LINEAR_1, "mean_squared_error", "regression"),
        (SOFTMAX_5, "mean_squared_error", "multiclass"),
        ((linear(1, 10),), "cross_entropy", "multiclass"),
        ((linear(1, 1),), "bce_with_logits", "binary"),
        ((linear(1, 1),), "mse", "regression"),
        (SIGMOID_5, "somebodys_own", "unknown"),
        (SIGMOID_5, None, "unknown"),
    ],
)
def test_without_labels_output_and_loss_decide(layers, loss, wanted) -> None:  # type: ignore[no-untyped-def]
    assert problem(layers=layers, loss=loss) == wanted


def test_labels_that_only_the_code_shows_count_before_the_loss() -> None:
    text = "train = gen.flow_from_directory('birds')\nmodel.add(Dense(3))"
    program = sample(text, layers=(dense(2, 3, "sigmoid"),), loss="binary_crossentropy")
    assert infer_problem(program.graph, None, program.learner, program.source) == "multiclass"
    assert infer_problem(program.graph, None, program.learner) == "multilabel"


def test_the_output_is_found_behind_separate_layers() -> None:
    layers = (
        conv(1, 10),
        other(1, "global_pool", "GlobalAveragePooling2D"),
        activation(1, "softmax"),
    )
    assert problem(layers=layers, loss="mean_squared_error") == "multiclass"


def test_nothing_known_is_unknown() -> None:
    assert infer_problem(None, None, None) == "unknown"
