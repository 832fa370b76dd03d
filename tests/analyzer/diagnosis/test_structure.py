"""Contracts between labels, output and loss; what is left of a program that did not train."""

from __future__ import annotations

from dataclasses import replace
from math import isnan

import pytest

from analyzer.diagnosis.contracts import contract_features, task_of
from analyzer.diagnosis.places import lines_of
from analyzer.diagnosis.structure import (
    has_structure,
    partial_views,
    structure_features,
)
from analyzer.observed import DataProfile, LabelStats, Trace
from analyzer.rules.base import Program
from analyzer.rules.samples import dense, labels, sample, table


def classifier(units: int, activation: str | None, loss: str, encoding: str, **facts: int):
    """A Keras program with this output, loss and labels."""
    return sample(
        "model.fit(x, y)",
        layers=[dense(1, 8, "relu"), dense(2, units, activation)],
        loss=loss,
        optimizer="adam",
        inputs=table(),
        targets=labels(encoding, **facts),
        trace=Trace(steps=60, loss=(1.0,) * 60),
    )


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        (classifier(1, "sigmoid", "binary_crossentropy", "binary"), (1.0, 1.0, 1.0)),
        (classifier(1, "softmax", "binary_crossentropy", "binary"), (0.0, 0.0, 1.0)),
        (classifier(1, None, "mean_squared_error", "continuous"), (1.0, 1.0, 1.0)),
        (classifier(1, None, "binary_crossentropy", "binary"), (0.0, 0.0, 1.0)),
        (
            classifier(3, "softmax", "sparse_categorical_crossentropy", "integer", classes=3),
            (1.0, 1.0, 1.0),
        ),
        (
            classifier(3, "sigmoid", "sparse_categorical_crossentropy", "integer", classes=3),
            (0.0, 0.0, 1.0),
        ),
        (classifier(3, "softmax", "mean_squared_error", "integer", classes=3), (0.5, 1.0, 0.0)),
        (classifier(3, "sigmoid", "binary_crossentropy", "multi_hot"), (1.0, 1.0, 1.0)),
    ],
)
def test_output_loss_and_labels_are_compared_pair_by_pair(
    program: Program, expected: tuple[float, float, float]
) -> None:
    found = contract_features(program)
    names = ("output_for_loss", "output_for_task", "loss_for_task")
    assert tuple(found[name] for name in names) == expected


def test_bare_scores_and_single_units_are_told() -> None:
    bare = contract_features(classifier(1, None, "binary_crossentropy", "binary"))
    assert bare["scores_as_probabilities"] == 1.0
    one = contract_features(classifier(1, "softmax", "categorical_crossentropy", "binary"))
    assert one["one_unit_for_classes"] == 1.0


def test_what_is_not_known_has_no_contract() -> None:
    found = contract_features(replace(classifier(1, None, "mse", "continuous"), learner=None))
    assert isnan(found["output_for_loss"])
    assert task_of(None) is None
    assert task_of(LabelStats(encoding="text")) is None


def test_no_feature_of_structure_depends_on_the_run() -> None:
    trained = classifier(1, "sigmoid", "binary_crossentropy", "binary")
    other = replace(trained, trace=Trace(steps=3, loss=(9.0, 8.0, 7.0)))
    assert str(structure_features(trained)) == str(structure_features(other))
    assert not any(name.startswith(("series.", "layers.")) for name in structure_features(trained))


def test_partial_views_hide_training_then_data_then_the_run() -> None:
    program = classifier(1, "sigmoid", "binary_crossentropy", "binary")
    untrained, without_data, source_only = partial_views(program)
    assert untrained.trace is not None
    assert untrained.trace.loss == ()
    assert untrained.data == program.data
    assert without_data.data is not None
    assert without_data.data.inputs[0].std is None
    assert source_only.observation is None
    assert source_only.data is None
    assert has_structure(untrained)
    assert not has_structure(replace(program, learner=None))


def test_a_kind_points_to_the_lines_of_what_it_is_about() -> None:
    program = classifier(1, "sigmoid", "binary_crossentropy", "binary")
    assert lines_of(program, "output_activation") == {2}
    assert lines_of(program, "hidden_activation") == {1}
    assert lines_of(program, "dropout") == frozenset()
    assert lines_of(replace(program, graph=None), "output_activation") == frozenset()


def test_invented_values_leave_their_encoding() -> None:
    program = classifier(1, "sigmoid", "binary_crossentropy", "binary")
    assert program.data is not None
    data = DataProfile(inputs=program.data.inputs, labels=program.data.labels, source="stand_in")
    _, hidden, _ = partial_views(replace(program, data=data))
    assert structure_features(hidden)["relative.labels_are_binary"] == 1.0
    assert isnan(structure_features(hidden)["relative.input_std"])
