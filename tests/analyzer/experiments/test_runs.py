"""Bounds of the short trainings: the first run sets them, and all shrink where time is short."""

from __future__ import annotations

import time

from analyzer.experiments.runs import FEWEST_STEPS, Trainings
from analyzer.observed import Measured, Observation
from analyzer.sandbox.protocol import ExperimentRequest, Request

PACE = 0.0005
"""Seconds that a step of these programs takes."""


class Machine:
    """Runs that take as long as their steps, and score nothing of interest."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.asked: list[ExperimentRequest] = []

    def __call__(self, request: Request) -> Observation:
        assert request.experiment is not None
        self.asked.append(request.experiment)
        rows = request.experiment.rows
        steps = self.steps if rows is None else min(self.steps, -(-rows // 10))
        time.sleep(PACE * steps)
        measured = Measured(
            held_out=10,
            rows=10,
            scores={"accuracy": 0.5},
            chance={"accuracy": 0.5},
            samples=100,
            steps=steps,
            trained=10 * steps,
            seconds=PACE * steps,
            losses=(1.0,),
            ended="program_end" if rows is None else "steps",
        )
        return Observation(measured=measured)


def trainings(machine: Machine, seconds: float) -> Trainings:
    deadline = time.monotonic() + seconds
    return Trainings(Request(script="t.py"), machine, ExperimentRequest(), deadline)


def test_with_time_the_first_run_counts():
    machine = Machine(steps=200)
    runs = trainings(machine, 60.0)
    runs.measure({}, 0)
    runs.measure({"t.py": "x"}, 0)
    assert [asked.rows for asked in machine.asked] == [None, None]


def test_without_time_for_a_comparison_all_train_shorter():
    machine = Machine(steps=2000)
    runs = trainings(machine, 4.0)
    found = runs.measure({}, 0)
    assert isinstance(found, Measured)
    assert 2 * FEWEST_STEPS <= found.steps < 2000
    assert len(machine.asked) == 2
    for seed in range(3):
        assert runs.allows_pairs({}, {"t.py": "x"}, (seed,))
        one, other = runs.pair({}, {"t.py": "x"}, seed)
        assert isinstance(one, Measured)
        assert isinstance(other, Measured)
        assert one.trained == other.trained
    assert len({asked.rows for asked in machine.asked[1:]}) == 1


def test_known_runs_need_no_time():
    machine = Machine(steps=200)
    runs = trainings(machine, 60.0)
    for seed in range(3):
        runs.pair({}, {"t.py": "x"}, seed)
    runs.deadline = time.monotonic() + 2.5 * runs.longest
    assert runs.allows_pairs({}, {"t.py": "x"}, range(3))
    assert not runs.allows_pairs({}, {"t.py": "y"}, range(3))
