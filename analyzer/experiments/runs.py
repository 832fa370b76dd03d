"""The rim: runs of the program under test, each one short training that is measured.

The first run sets the measure of all others: what it reached within its seconds (steps, rows drawn,
rows trained on) bounds every later run, so that a pair trains equally long however loaded the
machine is. When so long a training leaves no time for a comparison, all train shorter. Every run of
a variant serves all experiments.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from analyzer.observation import BREAKS
from analyzer.observed import Measured, Observation
from analyzer.sandbox.protocol import ExperimentRequest, Request

Run = Callable[[Request], Observation]
Texts = Mapping[str, str]

STEPS, SECONDS, SAMPLES = 300, 12.0, 2000
SLACK = 4
"""Later runs may take so many times the first one's seconds and steps: other batch sizes, load."""
FIRST_SEED = 1
FEWEST_STEPS = 20
"""A program that the clock has stopped before has not begun to show what it can learn."""
COMPARISON = 8
"""Runs for which there must be time: three pairs with room to spare."""


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """A run that gave no score, and why.

    Attributes:
        broke: whether the program ended by its own fault before its first training step.
        late: whether it only took too long.
    """

    reason: str
    broke: bool = False
    late: bool = False


Result = Measured | NotMeasured
Key = tuple[tuple[tuple[str, str], ...], int, int]


@dataclass(slots=True)
class Trainings:
    """Runs the program in its variants and remembers what was measured.

    Attributes:
        base: the request of the review; its texts, seed and experiment are replaced.
        run: runs one request.
        problem: the task, which is measured alike in all variants.
        deadline: of `time.monotonic`; no run begins that would end after it.
        other: runs a request beside `run`, so that the sides of a pair need not wait.
        first_seed: of the first pair.
        longest: wall seconds of the longest run so far; spent: of all runs together.
    """

    base: Request
    run: Run
    experiment: ExperimentRequest
    deadline: float
    other: Run | None = None
    first_seed: int = FIRST_SEED
    longest: float = 0.0
    spent: float = 0.0
    _bounds: ExperimentRequest | None = None
    _known: dict[Key, Result] = field(default_factory=dict)

    @property
    def time_left(self) -> float:
        """Seconds until the deadline."""
        return self.deadline - time.monotonic()

    def allows(self, runs: int = 1) -> bool:
        """Whether so many more runs end in time, as far as the earlier ones tell."""
        return self.time_left > runs * self.longest * 1.2

    def allows_pairs(self, before: Texts, after: Texts, seeds: Iterable[int]) -> bool:
        """Whether what is missing of these pairs can be run in time, side by side if possible."""
        keys = [_key(texts, seed, 1) for texts in (before, after) for seed in seeds]
        missing = sum(key not in self._known for key in keys)
        return missing == 0 or self.allows(math.ceil(missing / self.lanes))

    @property
    def lanes(self) -> int:
        """Runs at a time."""
        return 1 if self.other is None else 2

    def pair(self, before: Texts, after: Texts, seed: int) -> tuple[Result, Result]:
        """The measures of two variants under one seed, side by side when there is room."""
        keys = [_key(texts, seed, 1) for texts in (before, after)]
        if self.other is None or self._bounds is None or any(key in self._known for key in keys):
            return self.measure(before, seed), self.measure(after, seed)
        with ThreadPoolExecutor(max_workers=1) as beside:
            waiting = beside.submit(self._timed, after, seed, 1, self.other)
            self._known[keys[0]] = self._timed(before, seed, 1, self.run)
            self._known[keys[1]] = waiting.result()
        return self._known[keys[0]], self._known[keys[1]]

    def measure(self, texts: Texts, seed: int, times: int = 1) -> Result:
        """The measure of one variant under one seed; each is run once.

        Args:
            texts: texts that replace files of the program.
            times: how many times as long as the others it trains.
        """
        key = _key(texts, seed, times)
        if key not in self._known:
            self._known[key] = self._timed(texts, seed, times, self.run)
        return self._known[key]

    def _timed(self, texts: Texts, seed: int, times: int, run: Run) -> Result:
        started = time.monotonic()
        result = self._measured(texts, seed, times, run)
        seconds = time.monotonic() - started
        self.spent += seconds
        if self._bounds is None and isinstance(result, Measured):
            self._bounds, shortened = self._calibrated(result, seconds)
            if shortened:
                return self._timed(texts, seed, times, run)
        self.longest = max(self.longest, seconds / times)
        return result

    def _calibrated(self, first: Measured, seconds: float) -> tuple[ExperimentRequest, bool]:
        """(the bounds of all later runs, whether they are shorter than the first was)."""
        bounds = _bounds(self.experiment, first)
        shorter = _shortened(first, seconds - self.time_left * self.lanes / COMPARISON)
        if shorter is None:
            return bounds, False
        return bounds.model_copy(update={"epochs": 0, "rows": shorter}), True

    def _measured(self, texts: Texts, seed: int, times: int, run: Run) -> Result:
        asked = self.base.model_copy(
            update={
                "texts": {**self.base.texts, **texts},
                "seed": self.first_seed + seed,
                "experiment": self._bounded(times),
            }
        )
        seen = run(asked)
        found = seen.measured
        if found is None or not found.scores:
            trouble = seen.trouble.message if seen.trouble else None
            reason = trouble or (found.reason if found else None) or "nothing was measured"
            steps = seen.trace.steps if seen.trace else 0
            own = seen.trouble is not None and seen.trouble.cause in BREAKS
            return NotMeasured(reason, broke=own and not steps)
        if found.ended == "time" and found.steps < FEWEST_STEPS:
            fit = f"only {found.steps} training steps fit into the time"
            return NotMeasured(fit, late=True)
        if self._bounds is not None and found.ended == "time":
            slow = "it takes too long to train as far as the unedited program"
            return NotMeasured(slow, late=True)
        return found

    def _bounded(self, times: int) -> ExperimentRequest:
        bounds = self._bounds or self.experiment
        longer = {"steps": bounds.steps * times, "seconds": bounds.seconds * times}
        if bounds.rows is not None:
            longer["rows"] = bounds.rows * times
        return bounds.model_copy(update=longer)


def _key(texts: Texts, seed: int, times: int) -> Key:
    return tuple(sorted(texts.items())), seed, times


def _shortened(first: Measured, excess: float) -> int | None:
    """The rows to train on so that a run takes `excess` seconds less; None: as many as it did."""
    if excess <= 0 or first.seconds <= 0 or first.steps <= 2 * FEWEST_STEPS:
        return None
    share = max(1 - excess / first.seconds, 2 * FEWEST_STEPS / first.steps)
    return max(1, round(first.trained * share))


def _bounds(asked: ExperimentRequest, first: Measured) -> ExperimentRequest:
    """The bounds that make every later run as long as the first one was."""
    longer = {"seconds": max(asked.seconds, first.seconds) * SLACK, "samples": first.samples}
    longer["samples"] = max(8, min(asked.samples, first.samples))
    if first.ended == "program_end":
        return asked.model_copy(update=longer)
    rows = {"steps": first.steps * SLACK, "epochs": 0, "rows": max(1, first.trained)}
    return asked.model_copy(update={**longer, **rows})
