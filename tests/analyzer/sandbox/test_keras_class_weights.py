"""The class weights of a fit call, read from its arguments alone."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.sandbox.inside.keras_class_weights import class_weights

LABELS = np.array([0, 1, 0, 2, 0])


@pytest.mark.parametrize(
    ("given", "weights"),
    [
        ({0: 0.5, 1: 2}, [0.5, 2.0]),
        ({np.int64(1): np.float32(3), 0: 1}, [1.0, 3.0]),
        ({2: 4.0, 0: 2.0}, [2.0, 1.0, 4.0]),
        ({"first": 1.0}, None),
        ({0: {0: 1.0}}, None),
        ({0.5: 1.0}, None),
        ({-1: 1.0, 1: 2.0}, None),
        ({5000: 1.0}, None),
        ({0: float("nan"), 1: 1.0}, None),
        ({}, None),
        ("balanced", None),
    ],
)
def test_a_dictionary_from_class_to_number(given: object, weights: list[float] | None) -> None:
    found = class_weights({"y": LABELS, "class_weight": given})
    assert found == (None if weights is None else ("class_weight", weights))


def test_sample_weights_that_are_constant_per_class() -> None:
    samples = np.array([0.5, 2.0, 0.5, 4.0, 0.5])
    for labels in (LABELS, LABELS[:, None].astype(float), np.eye(3)[LABELS]):
        found = class_weights({"y": labels, "sample_weight": samples})
        assert found == ("sample_weight", [0.5, 2.0, 4.0])


@pytest.mark.parametrize(
    ("labels", "samples"),
    [
        (LABELS, [1.0, 2.0, 3.0, 4.0, 5.0]),
        (LABELS, [1.0, 2.0]),
        (LABELS + 0.5, [1.0, 2.0, 1.0, 3.0, 1.0]),
        (LABELS - 1, [1.0, 2.0, 1.0, 3.0, 1.0]),
        (np.ones((5, 2)), [1.0, 2.0, 1.0, 3.0, 1.0]),
        (None, [1.0, 2.0]),
    ],
)
def test_other_sample_weights_are_none(labels: object, samples: list[float]) -> None:
    assert class_weights({"y": labels, "sample_weight": np.array(samples)}) is None


def test_both_at_once_are_none() -> None:
    both = {"y": LABELS, "class_weight": {0: 1.0, 1: 2.0}, "sample_weight": np.ones(5)}
    assert class_weights(both) is None
