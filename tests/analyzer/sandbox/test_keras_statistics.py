"""The numbers of layers against a second, slow way; which steps are looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.observed import LayerPoint, Observation
from analyzer.sandbox.inside import keras_points as points
from analyzer.sandbox.inside.keras_passed import Sample
from analyzer.sandbox.inside.keras_schedule import (
    BATCH_PART,
    FEWEST_SAMPLES,
    OPERATIONS_PER_SECOND,
    SMALLER_PARTS,
    VALUES_PER_SECOND,
    affordable_samples,
    chosen_steps,
    part_of,
    row_seconds,
)
from tests.support.keras_programs import observed

HERE = Path(__file__).parent
ROWS = 12


@given(steps=st.integers(1, 3000), most=st.integers(1, 20))
def test_first_and_last_step_are_among_the_chosen_ones(steps: int, most: int) -> None:
    found = chosen_steps(steps, most)
    assert len(found) == min(steps, most)
    assert found == sorted(set(found))
    assert found[0] == 0
    assert most == 1 or found[-1] == steps - 1


def test_a_sample_of_a_large_batch_is_cheap_beside_its_step() -> None:
    small = affordable_samples(60, 2e-5, rows=32, layers=3)
    large = affordable_samples(60, 2e-2, rows=512, layers=12)
    assert small == FEWEST_SAMPLES
    assert large > 20


def test_the_larger_a_row_the_fewer_are_run_again() -> None:
    parts = [part_of(seconds) for seconds in (1e-5, 1e-3, 2e-3, 2e-2, 3e-2, 1.0)]
    assert parts == [BATCH_PART, BATCH_PART, 16, 16, 8, 8]
    assert {16, 8} == {rows for rows, _ in SMALLER_PARTS}


def test_a_row_takes_the_positions_that_kernels_serve_and_the_values_of_the_outputs() -> None:
    dense = {"op": "dense", "parameters": 30, "output_shape": [3]}
    conv = {"op": "conv", "parameters": 10, "output_shape": [8, 8, 2]}
    recurrent = {"op": "recurrent", "parameters": 7, "input_shape": [5, 4], "output_shape": [3]}
    embedding = {"op": "embedding", "parameters": 1000, "output_shape": [5, 4]}
    operations, values = 30 + 640 + 35, 3 + 128 + 20 + 20
    expected = 6 * operations / OPERATIONS_PER_SECOND + values / VALUES_PER_SECOND
    assert row_seconds([dense, conv, recurrent, embedding]) == pytest.approx(expected)


def test_output_statistics_by_hand() -> None:
    values = np.array([[0.0, 1.0, 0.995], [0.0, 1.0, 0.5], [0.0, 1.0, np.nan]], np.float32)
    found = points.output_statistics(Sample(values, None, 9), "sigmoid")
    finite = values[np.isfinite(values)]
    assert found["output_nan"] == pytest.approx(1 / 9)
    assert found["output_infinite"] == 0.0
    assert found["output_mean"] == pytest.approx(finite.mean())
    assert found["output_std"] == pytest.approx(finite.std())
    assert (found["output_min"], found["output_max"], found["output_q50"]) == (0.0, 1.0, 0.995) or (
        found["output_q50"] in finite
    )
    assert found["output_zero"] == pytest.approx(3 / 9)
    assert found["output_saturated"] == pytest.approx(7 / 8)
    assert found["output_dead"] == pytest.approx(1 / 3)
    assert found["output_same"] == pytest.approx(2 / 3)
    assert np.isnan(found["output_norm"])


def test_a_nan_that_was_left_out_is_told_by_the_squares() -> None:
    found = points.output_statistics(Sample(np.ones((4, 2), np.float32), float("nan"), 1000), None)
    assert found["output_nan"] == pytest.approx(1 / 1000)


def test_weights_whose_squares_vanish_in_single_precision_have_a_norm() -> None:
    tiny = np.full(100, 1e-25, np.float32)
    found = points.weight_statistics([tiny], [2 * tiny])
    assert found["weight_norm"] == pytest.approx(1e-24)
    assert found["update_ratio"] == pytest.approx(1.0)
    assert found["weight_std"] == 0.0


def test_gradients_that_are_not_numbers() -> None:
    found = points.gradient_statistics([np.array([np.nan, 0.0, -3.0, 1.0], np.float32)])
    assert np.isnan(found["gradient_norm"])
    assert (found["gradient_nan"], found["gradient_zero"]) == (0.25, 0.25)
    assert (found["gradient_max"], found["gradient_mean"]) == (3.0, pytest.approx(4 / 3))


def points_of(seen: Observation) -> dict[str, LayerPoint]:
    """The first point of each layer, by its type."""
    assert seen.graph is not None
    assert seen.trace is not None
    assert seen.trace.notes == ()
    layers = seen.graph.layers
    return {layers[each.layer].type: each.points[0] for each in seen.trace.layers}


KINDS = ("keras", "tf_keras")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_layer(name: str) -> None:
    keras = pytest.importorskip(name)
    layers = keras.layers
    x = np.random.default_rng(0).integers(0, 20, (ROWS, 6))
    y = np.random.default_rng(1).random((ROWS, 1)).astype("float32")

    def program() -> None:
        ids = keras.Input((6,))
        hidden = layers.Embedding(20, 8)(ids)
        hidden = layers.MultiHeadAttention(2, 4)(hidden, hidden)
        hidden = layers.LayerNormalization()(hidden)
        hidden = layers.Conv1D(4, 3, activation="tanh")(hidden)
        hidden = layers.LSTM(5)(hidden)
        hidden = layers.Dense(3, activation="relu", bias_initializer=_minus_ten)(hidden)
        model = keras.Model(ids, layers.Dense(1)(layers.Dropout(0.0)(hidden)))
        model.compile("sgd", "mse")
        model.fit(x, y, batch_size=ROWS, epochs=3, verbose=0)

    seen, _ = observed(keras, program, steps=3, root=HERE)
    found = points_of(seen)
    for kind in ("Embedding", "MultiHeadAttention", "LayerNormalization", "Conv1D", "LSTM"):
        point = found[kind]
        assert point.output_norm is not None, kind
        assert point.weight_norm is not None, kind
        assert point.gradient_norm is not None, kind
        assert point.output_gradient_norm is not None, kind
        assert point.update_ratio is not None, kind
    assert found["Conv1D"].output_saturated is not None
    assert found["LSTM"].output_saturated is not None
    assert seen.graph is not None
    assert seen.trace is not None
    dense = [each for each in seen.trace.layers if seen.graph.layers[each.layer].type == "Dense"]
    dying = dense[0].points[0]
    assert (dying.output_dead, dying.output_same, dying.output_zero) == (1.0, 1.0, 1.0)
    assert dying.gradient_norm == 0.0


def _minus_ten(shape: Any, dtype: Any = None) -> Any:
    del dtype  # single precision in both frameworks
    return np.full([int(size) for size in shape], -10.0, "float32")


@pytest.mark.filterwarnings("ignore")
def test_numbers_are_those_of_the_step() -> None:
    keras = pytest.importorskip("keras")
    rng = np.random.default_rng(0)
    x, y = rng.random((ROWS, 4)).astype("float32"), rng.random((ROWS, 1)).astype("float32")
    kept: list[Any] = []

    def program() -> None:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1), "mse")
        kept.extend(np.array(weight) for weight in model.get_weights())
        model.fit(x, y, batch_size=ROWS, epochs=2, shuffle=False, verbose=0)

    seen, _ = observed(keras, program, steps=2, root=HERE)
    point = points_of(seen)["Dense"]
    kernel, bias = kept
    output = x @ kernel + bias
    after = 2 * (output - y) / ROWS
    gradient = x.T @ after
    assert point.output_mean == pytest.approx(output.mean(), rel=1e-4)
    assert point.output_norm == pytest.approx(np.linalg.norm(output), rel=1e-4)
    assert point.weight_norm == pytest.approx(np.linalg.norm(kernel), rel=1e-4)
    assert point.gradient_norm == pytest.approx(np.linalg.norm(gradient), rel=1e-4)
    assert point.gradient_mean == pytest.approx(np.abs(gradient).mean(), rel=1e-4)
    assert point.output_gradient_norm == pytest.approx(np.linalg.norm(after), rel=1e-4)
    ratio = 0.1 * np.linalg.norm(gradient) / np.linalg.norm(kernel)
    assert point.update_ratio == pytest.approx(ratio, rel=1e-3)
