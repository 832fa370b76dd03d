"""A label that is one of the values of its own sample."""

from __future__ import annotations

import numpy as np
import pytest

from analyzer.sandbox.inside.label_columns import FEWEST_ROWS, column_of
from analyzer.sandbox.inside.statistics import describe_labels

RNG = np.random.default_rng(0)


def rows(count: int = 500, width: int = 6) -> np.ndarray:
    return RNG.normal(size=(count, width)).astype("float32")


@pytest.mark.parametrize("scale", [1.0, -1.0, 0.001, 250.0])
@pytest.mark.parametrize("offset", [0.0, -3.0])
def test_a_class_is_found_but_for_scale_and_offset(scale: float, offset: float) -> None:
    x = rows()
    y = RNG.integers(0, 5, 500)
    x[:, 4] = y * scale + offset
    assert column_of(x, y) == 4
    assert column_of(x.reshape(500, 3, 2), y.reshape(500, 1)) == 4


def test_numbers_must_be_equal() -> None:
    x, y = rows(), RNG.normal(size=500)
    x[:, 1] = y
    assert column_of(x, y) == 1
    x[:, 1] = 2 * y + 1
    assert column_of(x, y) is None


def test_a_ramp_and_a_line_are_no_leak() -> None:
    ramp = np.arange(200.0)
    windows = np.stack([ramp[i : i + 3] for i in range(197)])
    assert column_of(windows, ramp[3:]) is None
    assert column_of(np.c_[ramp, np.ones(200)], 2 * ramp + 1) is None


def test_an_exercise_whose_inputs_are_the_label_throughout_is_no_leak() -> None:
    y = RNG.integers(0, 2, 500)
    assert column_of(np.repeat(y[:, None], 8, axis=1).astype("float32"), y) is None


def test_classes_and_their_indicator_are_found() -> None:
    x, y = rows(), RNG.integers(0, 2, 500)
    x[:, 2] = (y == 0) * 1.7
    assert column_of(x, y) == 2
    assert describe_labels(y, samples=500, inputs=x)["input_position"] == 2


def test_one_row_that_differs_is_enough() -> None:
    x, y = rows(), RNG.integers(0, 2, 500)
    x[:, 2] = y
    x[337, 2] = 1 - y[337]
    assert column_of(x, y) is None
    assert describe_labels(y, samples=500, inputs=x)["input_position"] is None


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (rows(), rows()[:, 0]),
        (rows(FEWEST_ROWS - 1), np.arange(FEWEST_ROWS - 1.0)),
        (rows(500, 1), np.arange(500.0)),
        (rows(), np.ones(500)),
        (np.ones((500, 6)), np.arange(500.0)),
        (rows(), rows(500, 2)),
        (rows(400), np.arange(500.0)),
        (np.array([["a", "b"]] * 500), np.arange(500.0)),
        (np.full((500, 6), np.nan), np.arange(500.0)),
    ],
)
def test_everything_else_is_none(x: np.ndarray, y: np.ndarray) -> None:
    assert column_of(x, y) is None


def test_few_rows_single_columns_and_autoencoders_do_not_count() -> None:
    x = rows(30)
    assert column_of(x, x[:, 0]) is None
    single = rows(500, 1)
    assert column_of(single, single[:, 0]) is None
    whole = rows()
    assert describe_labels(whole, samples=500, inputs=whole).get("input_position") is None
