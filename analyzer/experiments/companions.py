"""Edits that did not pass their check alone, each together with another one.

What is posted needs no proof; that its edit makes the program better is what is tried here, since
the edit alone made it worse or broke it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.experiments.outcomes import supported
from analyzer.fixing.edits import FixPlan
from analyzer.mending import Mend

if TYPE_CHECKING:
    from analyzer.experiments.proving import Proving


def try_companions(
    proving: Proving, tries: Sequence[tuple[Mend, FixPlan]], done: dict[int, Mend]
) -> None:
    """Note in `done` the first edit for each finding that makes the program better.

    Such an edit belongs to the ground from then on; the check that follows decides on it.
    """
    for mend, plan in tries:
        tried = None if plan is mend.judged.plan else proving.planned(mend, plan)
        if tried is None or id(mend) in done:
            continue
        after = [*proving.ground, tried]
        if not proving.affords(proving.ground, after):
            return
        proving.say(f"trying more than one edit for {mend.judged.finding.rule}")
        verdict = proving.compare(proving.ground, after)
        if verdict.outcome == "better":
            whole = replace(tried, verified=None)
            done[id(mend)] = supported(whole, verdict, None)
            proving.ground = [*proving.ground, whole]
