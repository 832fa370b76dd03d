"""The first pair decides which comparisons come first."""

from __future__ import annotations

import pytest

from analyzer.experiments.runs import Trainings
from analyzer.experiments.screening import promising
from analyzer.observed import Measured, NotObserved, Observation
from analyzer.sandbox.protocol import ExperimentRequest, Request


def trainings(
    score: float | None, deadline: float = float("inf"), before: float = 0.5
) -> Trainings:
    """The program scores `before`; with the edit `score`, or it breaks."""

    def run(request: Request) -> Observation:
        value = score if request.texts else before
        if value is None:
            return Observation(trouble=NotObserved(cause="crash", message="broken"))
        measured = Measured(
            held_out=100,
            rows=100,
            scores={"r2": value},
            chance={"r2": 0.0},
            samples=400,
            steps=300,
            trained=9600,
            losses=(2.0, 1.0),
            ended="program_end",
        )
        return Observation(measured=measured)

    asked = ExperimentRequest(problem="regression")
    return Trainings(Request(script="train.py"), run, asked, deadline)


@pytest.mark.parametrize(
    ("score", "expected"),
    [(0.8, True), (0.56, True), (0.54, False), (0.5, False), (-1.0, False), (None, True)],
)
def test_a_first_pair_without_a_gain_waits(score: float | None, expected: bool) -> None:
    found = promising(trainings(score), "regression", {}, {"train.py": "edited"})
    assert found is expected


@pytest.mark.parametrize(("score", "expected"), [(-0.1, False), (0.1, True)])
def test_below_chance_nothing_is_gained(score: float, expected: bool) -> None:
    poor = trainings(score, before=-0.9)
    assert promising(poor, "regression", {}, {"train.py": "edited"}) is expected


def test_what_has_been_measured_needs_no_time() -> None:
    known = trainings(0.5)
    assert not promising(known, "regression", {}, {"train.py": "edited"})
    known.deadline = 0.0
    assert known.allows_pairs({}, {"train.py": "edited"}, (0,))
    assert not known.allows_pairs({}, {"train.py": "edited"}, (0, 1))


def test_what_cannot_be_measured_is_left_to_the_comparison() -> None:
    late = trainings(0.5, deadline=0.0)
    assert promising(late, "regression", {}, {"train.py": "edited"})
    assert promising(trainings(0.5), "regression", None, {})
