"""Features: always the same names, no scale of the loss, nothing of length and depth by itself."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, log, nan

import numpy as np
import pytest

from analyzer.diagnosis.features import features_of
from analyzer.diagnosis.layerwise import layer_features
from analyzer.diagnosis.reading import baseline_loss
from analyzer.diagnosis.series import STATISTICS
from analyzer.observed import LayerPoint, LayerTrace, Trace
from analyzer.rules.base import Program
from analyzer.rules.samples import dense, labels, other, sample, table

TEXT = """
model = Sequential([Dense(16, activation="relu"), Dense(1)])
model.compile(optimizer=Adam(1e-3), loss="mse")
model.fit(x, y)
"""
NORMS = (1.0, 0.1, 0.01, 0.001)


def regression(scale: float = 1.0, layers: int = 2, steps: int = 40) -> Program:
    """A regression whose targets have this standard deviation."""
    loss = tuple(scale**2 * (0.2 + 0.8 * 0.9**step) for step in range(steps))
    stack = [dense(2, 16, "relu", input_channels=8) for _ in range(layers - 1)]
    traces = tuple(
        LayerTrace(
            layer=at,
            points=tuple(
                LayerPoint(
                    step=step,
                    output_std=1.0,
                    output_dead=0.25,
                    weight_norm=2.0,
                    weight_std=0.1,
                    gradient_norm=2.0 * NORMS[at * (len(NORMS) - 1) // max(1, layers - 1)],
                    update_ratio=1e-3,
                )
                for step in range(0, steps, 4)
            ),
        )
        for at in range(layers)
    )
    return sample(
        TEXT,
        layers=[*stack, dense(2, 1, input_channels=16)],
        loss="mean_squared_error",
        optimizer="adam",
        optimizer_facts={"learning_rate": 1e-3},
        inputs=table(),
        targets=labels("continuous", std=scale, mean=0.0),
        trace=Trace(steps=steps, loss=loss, layers=traces),
        problem="regression",
    )


def test_every_program_has_the_same_features() -> None:
    bare = replace(regression(), graph=None, data=None, learner=None, trace=None, observation=None)
    full, empty = features_of(regression()), features_of(bare)
    assert list(full) == list(empty)
    assert sum(map(isnan, empty.values())) > sum(map(isnan, full.values()))


def test_series_have_eight_statistics() -> None:
    names = [name for name in features_of(regression()) if name.startswith("series.loss.")]
    assert names == [f"series.loss.{word}" for word in STATISTICS]


def test_the_scale_of_targets_and_loss_changes_nothing_but_the_target_itself() -> None:
    one, other = features_of(regression(1.0)), features_of(regression(300.0))
    differing = {
        name for name in one if not np.isclose(one[name], other[name], rtol=1e-6, equal_nan=True)
    }
    assert differing == {"relative.label_std"}


def test_the_length_of_the_stack_changes_no_statistic_of_its_ends() -> None:
    shallow, deep = features_of(regression(layers=2)), features_of(regression(layers=4))
    for name in ("gradient.early.first", "gradient.early.last", "gradient.late.slope"):
        assert shallow[f"layers.{name}"] == pytest.approx(deep[f"layers.{name}"]), name
    assert shallow["layers.gradient.early.first"] == pytest.approx(0.0)
    assert shallow["layers.gradient.early.last"] == pytest.approx(-3.0)
    assert shallow["layers.gradient.late.slope"] == pytest.approx(-3.0)


def test_what_was_not_measured_is_nan() -> None:
    found = features_of(regression())
    assert isnan(found["layers.saturated.late.most"])
    assert isnan(found["relative.probe_trained"])
    assert found["layers.dead.late.most"] == 0.25


@pytest.mark.filterwarnings("error")
def test_a_diverging_loss_has_bounded_features() -> None:
    program = regression()
    assert program.trace is not None
    wild = program.trace.model_copy(
        update={"loss": (1.0, 2.0, 1e30, float("inf"), float("inf"), nan)}
    )
    found = features_of(replace(program, trace=wild))
    assert all(isnan(value) or abs(value) <= 1e6 for value in found.values())
    assert found["series.loss_nan.mean"] == 0.5
    assert found["series.loss.max"] == 1e6


def test_statistics_are_those_of_numpy() -> None:
    losses = np.asarray([0.2 + 0.8 * 0.9**step for step in range(40)])
    found = features_of(regression())
    assert found["series.loss.mean"] == pytest.approx(losses.mean())
    assert found["series.loss.sem"] == pytest.approx(losses.std() / np.sqrt(40))
    centred = losses - losses.mean()
    assert found["series.loss.skew"] == pytest.approx((centred**3).mean() / losses.std() ** 3)


@pytest.mark.parametrize(
    ("loss", "targets", "expected"),
    [
        ("categorical_crossentropy", labels("one_hot", 4, balance=(0.25,) * 4), log(4)),
        ("cross_entropy", labels("integer", 8), log(8)),
        ("binary_crossentropy", labels("binary", 2, mean=0.5, balance=(0.5, 0.5)), log(2)),
        ("mse", labels("continuous", std=3.0), 9.0),
        ("l1", labels("continuous", std=3.0), 3.0),
    ],
)
def test_a_constant_answer_costs_what_theory_says(loss, targets, expected) -> None:
    program = sample("model.fit(x, y)", loss=loss, targets=targets)
    assert baseline_loss(program) == pytest.approx(expected)


def test_a_layer_without_points_gives_nan_throughout() -> None:
    program = sample("model.fit(x, y)", trace=Trace(steps=1, loss=(1.0,)))
    assert all(isnan(value) for value in layer_features(program).values())


def test_scaling_inside_the_model_counts_as_scaling() -> None:
    program = regression()
    assert program.data is not None
    assert program.trace is not None
    raw = program.data.inputs[0].model_copy(update={"min": 0.0, "max": 255.0, "std": 70.0})
    data = program.data.model_copy(update={"inputs": (raw,)})
    points = (LayerPoint(step=0, output_std=0.3, output_min=0.0, output_max=1.0),)
    scaling = other(2, "rescale", "Rescaling")
    inside = sample(
        TEXT,
        layers=[scaling, dense(2, 1)],
        trace=Trace(steps=1, loss=(1.0,), layers=(LayerTrace(layer=0, points=points),)),
    )
    plain = features_of(replace(program, data=data))
    scaled = features_of(replace(program, data=data, graph=inside.graph, trace=inside.trace))
    assert plain["relative.input_bound"] == pytest.approx(np.log10(255.0))
    assert scaled["relative.input_bound"] == pytest.approx(0.0, abs=1e-9)
    assert scaled["relative.input_std"] == pytest.approx(np.log10(0.3))
