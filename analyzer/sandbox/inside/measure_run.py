"""One run of an experiment: its bounds, its loss curve, and what was measured at its end."""

from __future__ import annotations

import itertools
import math
import random
import sys
import time
from collections.abc import Callable
from typing import Any

from .measure_scores import Task, Unmeasurable, scores_of
from .plain import plain_float
from .recorder import Recorder

CURVE = 60
"""Points of the loss curve that leave the sandbox."""
FEWEST_ROWS = 20
"""With fewer samples (XOR has four) none can be spared: the measure is of the training rows."""
FEWEST_STEPS = 20
"""A training that the clock would stop earlier goes on: so few steps show nothing ..."""
PATIENCE = 3
"""... up to so many times its seconds."""


class MeasureRun:
    """Counts steps against their bounds and writes facts["measured"].

    Attributes:
        request: `analyzer.sandbox.protocol.ExperimentRequest` as JSON.
        steps, trained: steps and rows so far.
        own_steps: after which the program ends by itself; None when unknown.
        before_writing: called at the end, to measure what the program left unmeasured.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.request: dict[str, Any] = recorder.request["experiment"]
        self.steps = self.trained = self.samples = 0
        self.own_steps: int | None = None
        self._losses: list[float] = []
        self._started: float | None = None
        self._clock: float | None = None
        self._spent = 0.0
        self.before_writing: list[Callable[[], None]] = []
        self._result: dict[str, Any] = {}
        recorder.at_finish(self.write)

    @property
    def seed(self) -> int:
        """The seed of this run."""
        return int(self.recorder.request["seed"])

    # Training

    def begin(self) -> None:
        """Training begins: from here on chance is the same whatever was built before."""
        if self._started is None:
            self.recorder.training_started()
            self._started = time.monotonic()
            reseed(self.seed)

    def step(self, rows: int, loss: float | None) -> None:
        """One training step is complete; the first, which compiles, is not on the clock."""
        self.steps += 1
        self._clock = self._clock or time.monotonic()
        self.trained += rows
        trace = self.recorder.trace()
        trace["steps"] = self.steps
        if loss is not None:
            self._losses.append(float(loss))
        if self._started is not None:
            self._spent = trace["seconds"] = time.monotonic() - self._started

    @property
    def ended(self) -> str | None:
        """Which bound is reached, None while training may go on."""
        rows = self.request.get("rows")
        if self.own_steps is not None and self.steps >= self.own_steps:
            return "program_end"
        if self.steps >= self.request["steps"] or (rows and self.trained >= rows):
            return "steps"
        return "time" if self._late() else None

    def _late(self) -> bool:
        """Whether the seconds are over, with patience for the fewest steps."""
        if self._clock is None:
            return False
        patience = PATIENCE if self.steps < FEWEST_STEPS else 1
        return bool(time.monotonic() - self._clock >= patience * self.request["seconds"])

    # Measuring

    def measure(self, predictions: Any, targets: Any, task: Task, *, held_out: bool) -> None:
        """Score these predictions; the last measure of a run counts."""
        try:
            scores = scores_of(predictions, targets, task)
        except Unmeasurable as reason:
            self.fail(str(reason))
            return
        rows = len(targets)
        self._result |= {"scores": scores.values, "chance": scores.chance}
        self._result |= {"rows": rows, "held_out": rows if held_out else 0}
        self._result["reason"] = None

    def fail(self, reason: str) -> None:
        """Nothing can be measured, and why; an earlier measure of this run is no longer true."""
        self._result = {"reason": reason}

    def explain(self, reason: str) -> None:
        """Why the measure is not on held-out rows."""
        self._result["reason"] = reason

    @property
    def measured(self) -> bool:
        """Whether there are scores."""
        return bool(self._result.get("scores"))

    def write(self) -> None:
        """Put the result among the facts, right before they are written."""
        for measure in self.before_writing:
            self.recorder.guarded(measure)
        if self._started is None:
            self._result.setdefault("reason", "no training that can be measured was seen")
        elif not self.measured and not self._result.get("reason"):
            self._result["reason"] = "the program ended before its predictions were measured"
        self.recorder.facts["measured"] = {
            **self._result,
            "samples": self.samples,
            "steps": self.steps,
            "trained": self.trained,
            "seconds": self._spent,
            "losses": curve(self._losses),
            "ended": self.ended or "program_end",
        }


_runs: dict[int, MeasureRun] = {}


def run_of(recorder: Recorder) -> MeasureRun:
    """The run that all parts of the measuring of one program share."""
    if id(recorder) not in _runs:
        _runs[id(recorder)] = MeasureRun(recorder)
    return _runs[id(recorder)]


def curve(losses: list[float], points: int = CURVE) -> list[float | str]:
    """The losses averaged over at most `points` equal parts."""
    total, count = len(losses), min(points, len(losses))
    cuts = [i * total // count for i in range(count + 1)] if count else []
    return [_mean(losses[a:b]) for a, b in itertools.pairwise(cuts)]


def _mean(part: list[float]) -> float | str:
    finite = all(map(math.isfinite, part))
    return plain_float(math.fsum(part) / len(part) if finite else part[-1])


def held_out_rows(samples: int, request: dict[str, Any], seed: int) -> tuple[Any, Any]:
    """(training rows, held-out rows) of so many samples, both sorted; the same for a seed.

    At most request["samples"] rows are taken. With too few rows both are all of them.
    """
    import numpy as np

    if samples < FEWEST_ROWS:
        every = np.arange(samples)
        return every, every
    chosen = np.random.RandomState(seed + 1).permutation(samples)[: int(request["samples"])]
    held = max(1, round(len(chosen) * float(request["held_out"])))
    return np.sort(chosen[held:]), np.sort(chosen[:held])


def reseed(seed: int) -> None:
    """Chance from here on depends on the seed alone, not on how the model was built."""
    random.seed(seed)
    for name in ("numpy", "torch", "tensorflow"):
        module: Any = sys.modules.get(name)
        if module is None:
            continue
        if name == "numpy":
            module.random.seed(seed)
        elif name == "torch":
            module.manual_seed(seed)
        else:
            module.random.set_seed(seed)
