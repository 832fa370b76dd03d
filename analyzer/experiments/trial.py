"""One experiment: paired runs of two variants of a program until they tell, or time is over."""

from __future__ import annotations

import time
from dataclasses import dataclass

from analyzer.experiments.decision import FEWEST_PAIRS, MOST_PAIRS, Outcome, decide
from analyzer.experiments.runs import NotMeasured, Texts, Trainings
from analyzer.experiments.scores import deciding_score, skill
from analyzer.findings import Experiment
from analyzer.kinds import Problem
from analyzer.observed import Measured

Pair = tuple[Measured, Measured]

LEARNS = 0.2
"""Part of the way from chance to perfection that a program covers which could not train before."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an experiment ended.

    Attributes:
        outcome: None when it could not be told: no measure, or no time.
        reason: why there is no outcome.
        experiment: the numbers, as the report shows them; None without three pairs.
        skill_before, skill_after: mean scores between chance (0) and perfection (1).
        at_own_end: whether the program, not a bound, ended its training.
    """

    outcome: Outcome | None
    reason: str | None = None
    experiment: Experiment | None = None
    skill_before: float = 0.0
    skill_after: float = 0.0
    at_own_end: bool = False


def compare(trainings: Trainings, problem: Problem, before: Texts, after: Texts) -> Verdict:
    """Run pairs of the two variants until the difference tells, or time is over."""
    started = time.monotonic()
    pairs: list[Pair] = []
    for seed in range(MOST_PAIRS):
        if not trainings.allows_pairs(before, after, (seed,)):
            return _late(pairs, problem, started)
        pair = trainings.pair(before, after, seed)
        if isinstance(pair[0], NotMeasured) and pair[0].broke and not pairs:
            return _starts(trainings, problem, pair[0], after, started)
        missing = [side for side in pair if isinstance(side, NotMeasured)]
        if missing:
            which = "before" if isinstance(pair[0], NotMeasured) else "with"
            return Verdict(None, f"{which} the edit: {missing[0].reason}")
        pairs.append(pair)  # type: ignore[arg-type]
        outcome = _outcome(pairs, problem)
        if outcome is not None:
            return _verdict(outcome, pairs, problem, started)
    return _verdict("noise", pairs, problem, started)


def _starts(
    trainings: Trainings, problem: Problem, broken: NotMeasured, after: Texts, started: float
) -> Verdict:
    """The program breaks before its first step; what counts is whether the edited one learns."""
    runs: list[Measured] = []
    for seed in range(FEWEST_PAIRS):
        run = trainings.measure(after, seed) if trainings.allows() else NotMeasured("no time left")
        if isinstance(run, NotMeasured):
            return Verdict(None, f"before the edit: {broken.reason}; with it: {run.reason}")
        runs.append(run)
    name = deciding_score(problem, runs)
    if name is None:
        return Verdict(None, "the runs have no score in common")
    learned = sum(skill(run, name) for run in runs) / len(runs)
    outcome: Outcome = "better" if learned >= LEARNS else "noise"
    experiment = _experiment(name, outcome, [], runs, started)
    return Verdict(outcome, experiment=experiment, skill_after=learned, at_own_end=True)


def _outcome(pairs: list[Pair], problem: Problem) -> Outcome | None:
    sides = _scores(pairs, problem)
    return None if sides is None else decide(*sides)


def _scores(pairs: list[Pair], problem: Problem) -> tuple[list[float], list[float]] | None:
    name = deciding_score(problem, [run for pair in pairs for run in pair])
    if name is None:
        return None
    return [b.scores[name] for b, _ in pairs], [a.scores[name] for _, a in pairs]


def _late(pairs: list[Pair], problem: Problem, started: float) -> Verdict:
    if len(pairs) < FEWEST_PAIRS:
        return Verdict(None, f"time was over after {len(pairs)} of {FEWEST_PAIRS} pairs")
    return _verdict("noise", pairs, problem, started)


def _verdict(outcome: Outcome, pairs: list[Pair], problem: Problem, started: float) -> Verdict:
    name = deciding_score(problem, [run for pair in pairs for run in pair])
    if name is None:
        return Verdict(None, "the runs have no score in common")
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    experiment = _experiment(name, outcome, before, after, started)
    return Verdict(
        outcome,
        experiment=experiment,
        skill_before=sum(skill(run, name) for run in before) / len(before),
        skill_after=sum(skill(run, name) for run in after) / len(after),
        at_own_end=all(run.ended == "program_end" for run in before),
    )


def _experiment(
    name: str, outcome: Outcome, before: list[Measured], after: list[Measured], started: float
) -> Experiment:
    first = (before or after)[0]
    return Experiment(
        metric=name,
        seeds=len(after),
        before=tuple(round(run.scores[name], 4) for run in before),
        after=tuple(round(run.scores[name], 4) for run in after),
        seconds=round(time.monotonic() - started, 2),
        outcome=outcome,
        held_out=first.held_out,
        samples=first.rows,
        steps=first.steps,
        loss_before=before[0].losses if before else (),
        loss_after=after[0].losses,
    )
