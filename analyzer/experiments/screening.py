"""Which comparisons come first: those whose first pair shows a gain.

Most edits that are tried do nothing, and three pairs of each leave no time for the one that helps.
So every edit gets one pair first. Where that shows a material gain the comparison goes on at once;
the others wait, and are compared in full when time is left (sets of edits are not: their members
are tried one by one). Nothing is proven or refuted by one pair, and no comparison is made that
would not have been made without it: false proofs do not become more frequent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from analyzer.experiments.decision import MATERIAL
from analyzer.experiments.runs import NotMeasured, Texts, Trainings
from analyzer.experiments.scores import chance_of, deciding_score
from analyzer.kinds import Problem
from analyzer.mending import Mend

if TYPE_CHECKING:
    from analyzer.experiments.proving import Proving

FIRST = 0
"""The seed that every variant is measured with first."""
WAITS = "the first pair shows no gain; no time was left for more"


def promises(proving: Proving, after: Sequence[Mend]) -> bool:
    """Whether the first pair shows a gain of these edits over the ground."""
    before, texts = proving.texts(proving.ground), proving.texts(after)
    return promising(proving.trainings, proving.problem, before, texts)


def promising(
    trainings: Trainings,
    problem: Problem,
    before: Mapping[str, str] | None,
    after: Mapping[str, str] | None,
) -> bool:
    """Whether the first pair gains, or cannot say; what stays below chance gains nothing."""
    if before is None or after is None or not trainings.allows_pairs(before, after, (FIRST,)):
        return True
    return not _falls_behind(trainings, problem, before, after)


def _falls_behind(trainings: Trainings, problem: Problem, before: Texts, after: Texts) -> bool:
    one, other = trainings.pair(before, after, FIRST)
    if isinstance(one, NotMeasured) or isinstance(other, NotMeasured):
        return False
    name = deciding_score(problem, [one, other])
    if name is None:
        return False
    reached = [max(run.scores[name], chance_of(run, name)) for run in (one, other)]
    return reached[1] - reached[0] < MATERIAL
