"""The trace in the report: columns per layer, bounded and rounded; symptoms in words."""

from __future__ import annotations

import json
import math

import pytest

from analyzer.observed import LayerPoint, LayerTrace, Trace
from analyzer.reporting import SHOWN_LAYERS, SHOWN_POINTS, course_of, trace_report
from analyzer.symptoms.samples import warmed
from analyzer.witnesses import Witnesses, witnesses_of


def layer(index: int, points: int = 3) -> LayerTrace:
    return LayerTrace(
        layer=index,
        points=tuple(
            LayerPoint(step=3 * at, output_mean=at / 3, gradient_norm=None if at == 0 else 1e-9)
            for at in range(points)
        ),
    )


def test_a_layer_is_told_in_columns_of_four_digits_and_gaps_are_null() -> None:
    written = course_of(layer(4)).model_dump()
    assert written == {
        "layer": 4,
        "steps": (0, 3, 6),
        "output_mean": (0.0, 0.3333, 0.6667),
        "gradient_norm": (None, 1e-9, 1e-9),
    }


def test_long_courses_keep_their_ends_and_twenty_points() -> None:
    course = course_of(layer(0, points=61))
    assert len(course.steps) == SHOWN_POINTS
    assert (course.steps[0], course.steps[-1]) == (0, 180)
    assert list(course.steps) == sorted(set(course.steps))


def test_numbers_that_are_not_finite_stay_what_they_are() -> None:
    point = LayerPoint(step=0, gradient_norm=math.inf, output_mean=math.nan)
    course = course_of(LayerTrace(layer=0, points=(point,)))
    assert json.loads(course.model_dump_json())["gradient_norm"] == ["Infinity"]


def test_layers_beyond_the_bound_are_counted() -> None:
    trace = Trace(steps=9, layers=tuple(layer(at) for at in range(SHOWN_LAYERS + 5)))
    report = trace_report(trace, Witnesses())
    assert report is not None
    assert len(report.layers) == SHOWN_LAYERS
    assert report.layers_left_out == 5


def test_layers_of_invented_data_are_not_shown() -> None:
    report = trace_report(Trace(steps=9, layers=(layer(0),)), Witnesses(), invented=True)
    assert report is not None
    assert report.layers == ()
    assert report.layers_left_out == 0


def test_symptoms_are_told_and_what_nobody_could_see_is_said() -> None:
    program = warmed([0.7] * 60)
    report = trace_report(program.trace, witnesses_of(program))
    assert report is not None
    assert report.symptoms[0] == "constant-loss: The loss was 0.7 in each of 60 steps (line 4)"
    unseen = {unchecked.rule for unchecked in report.symptoms_unchecked}
    assert "one-batch-not-fitted" in unseen
    assert not unseen & {symptom.split(":")[0] for symptom in report.symptoms}


def test_there_is_no_trace_without_a_run() -> None:
    assert trace_report(None, Witnesses()) is None


@pytest.mark.parametrize("points", [0, 1, 2, SHOWN_POINTS, SHOWN_POINTS + 1])
def test_any_number_of_points_is_told(points: int) -> None:
    assert len(course_of(layer(0, points)).steps) == min(points, SHOWN_POINTS)
