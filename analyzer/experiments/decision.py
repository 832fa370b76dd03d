"""Is the difference of paired runs more than another seed would give?

Runs come in pairs, the program with and without the edit under one seed: the same rows, the same
batches. From three pairs on the differences are tested after each pair, up to six. An edit is
better when all of this holds:

* a one-sided paired t test rejects "no gain" at LEVEL, which is 5 % shared out over the four looks
  at the growing data (Bonferroni), so that looking again and again does not add up;
* the mean gain is larger than the spread of the program's own runs, twice their standard deviation:
  more than doing nothing for another seed gives. (The distance of the largest from the smallest run
  is as large for three seeds, but grows with every further one.);
* the mean gain is at least MATERIAL.

"Worse" is the same for a loss of score. `tests/analyzer/experiments/test_decision.py` simulates the
rate of false "better" verdicts for edits that do nothing: below 5 % for normal, heavy-tailed and
two-humped scores, with and without correlation within the pairs.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Literal

Outcome = Literal["better", "worse", "noise"]

FEWEST_PAIRS, MOST_PAIRS = 3, 6
LEVEL = 0.05 / (MOST_PAIRS - FEWEST_PAIRS + 1)
CRITICAL = {2: 6.205347, 3: 4.176535, 4: 3.495406, 5: 3.163381}
"""Student's t with so many degrees of freedom exceeded with probability LEVEL = 0.0125."""
MATERIAL = 0.05
"""Smallest gain called one, in units of the score: five points of accuracy, 0.05 of R2."""
DEVIATIONS = 2.0
"""Standard deviations of the program's own runs that a gain must exceed."""
SMALLEST_DEVIATION = 0.01
"""Three equal differences do not mean that a fourth could not differ: floor of their deviation."""


def decide(before: Sequence[float], after: Sequence[float]) -> Outcome | None:
    """The verdict on these pairs; None when another pair may still tell.

    Args:
        before, after: scores per pair, larger is better, of equal length.
    """
    gaps = [b - a for a, b in zip(before, after, strict=True)]
    if len(gaps) < FEWEST_PAIRS:
        return None
    if exceeds(gaps, _spread(before)):
        return "better"
    if exceeds([-gap for gap in gaps], _spread(before)):
        return "worse"
    if len(gaps) >= MOST_PAIRS or hopeless(gaps):
        return "noise"
    return None


def exceeds(gaps: Sequence[float], spread: float) -> bool:
    """Whether the mean gap is significant, material, and larger than the spread."""
    mean = statistics.fmean(gaps)
    return mean >= MATERIAL and mean > spread and t_value(gaps) > CRITICAL[len(gaps) - 1]


def t_value(gaps: Sequence[float]) -> float:
    """Student's t of the paired differences."""
    deviation = max(statistics.stdev(gaps), SMALLEST_DEVIATION)
    return statistics.fmean(gaps) / (deviation / math.sqrt(len(gaps)))


def hopeless(gaps: Sequence[float]) -> bool:
    """Whether more pairs are unlikely to show anything: the mean is small beside what is material.

    The mean of three differences, plus one deviation of it, stays below the material gain on both
    sides.
    """
    error = statistics.stdev(gaps) / math.sqrt(len(gaps))
    return abs(statistics.fmean(gaps)) + error < MATERIAL


def _spread(scores: Sequence[float]) -> float:
    return DEVIATIONS * statistics.stdev(scores)
