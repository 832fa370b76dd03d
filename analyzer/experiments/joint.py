"""Several suspected edits at once, and the smallest part of them that is enough.

A program with two faults may not learn any better when one of them is mended. So the suspicions'
edits are first tried together; when that helps, each is taken out in turn, the least likely first,
and only what is missed stays in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.experiments.outcomes import JUDGEMENT, raised, told, unproven
from analyzer.experiments.screening import promises
from analyzer.experiments.standing import is_advice
from analyzer.experiments.trial import Verdict
from analyzer.fixing.edits import FixPlan
from analyzer.kinds import Kind
from analyzer.mending import Mend

if TYPE_CHECKING:
    from analyzer.experiments.proving import Proving

SLOWING: frozenset[Kind] = frozenset({"dropout", "batch_norm"})
"""Kinds whose edits may score worse at first, as long as averages gather or units are missing: they
would hide what the others achieve, and are tried alone."""
UNPRUNED = "no time was left to tell which of the edits does it"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One edit for one finding: its own, or another one of the catalogue.

    Attributes:
        mend: as the review has it; tried: with the edit that is tried.
    """

    mend: Mend
    tried: Mend


@dataclass(frozen=True, slots=True)
class Unit:
    """One edit, with the findings that share it."""

    attempts: tuple[Attempt, ...]
    likelihood: float


def try_together(proving: Proving, attempts: Sequence[Attempt], done: dict[int, Mend]) -> bool:
    """Try these edits at once, prune them, and note in `done` what came of each finding.

    Returns:
        Whether they help.
    """
    units = units_of(attempts)
    ground = list(proving.ground)
    if len(units) < 2 or not proving.affords(ground, [*ground, *edits_of(units)]):
        return False
    proving.say("trying the suspected edits together")
    if not promises(proving, [*ground, *edits_of(units)]):
        return False
    whole = proving.compare(ground, [*ground, *edits_of(units)])
    if whole.outcome != "better":
        return False
    kept, missed, complete = _pruned(proving, ground, units)
    if len(kept) < len(units):
        whole = proving.compare(ground, [*ground, *edits_of(kept)])
        if whole.outcome != "better":
            return False
    against = proving.against(whole, ground, [*ground, *edits_of(kept)])
    if against is None and not complete:
        against = UNPRUNED
    for unit in units:
        if unit in kept:
            _keep(proving, unit, missed.get(id(unit), whole), against, done)
        else:
            for attempt in unit.attempts:
                done[id(attempt.mend)] = told(attempt.mend, "not needed beside the other edits")
    return True


def firsts_of(proving: Proving, ordered: Sequence[tuple[Mend, FixPlan]]) -> list[Attempt]:
    """For each finding its own edit, else the likeliest of the catalogue."""
    chosen: dict[int, Attempt] = {}
    for mend, plan in ordered:
        tried = proving.planned(mend, plan)
        own = plan is mend.judged.plan
        if mend.judged.finding.kind in SLOWING:
            continue
        if tried is not None and (own or (not mend.edits and id(mend) not in chosen)):
            chosen[id(mend)] = Attempt(mend, tried)
    return list(chosen.values())


def units_of(attempts: Sequence[Attempt]) -> list[Unit]:
    """The different edits, the least likely first."""
    by_changes: dict[object, list[Attempt]] = {}
    for attempt in attempts:
        if attempt.tried.edits:
            by_changes.setdefault(attempt.tried.changes, []).append(attempt)
    units = [
        Unit(tuple(group), max(a.mend.judged.finding.confidence for a in group))
        for group in by_changes.values()
    ]
    return sorted(units, key=lambda unit: unit.likelihood)


def edits_of(units: Sequence[Unit]) -> list[Mend]:
    """One mend for each edit."""
    return [unit.attempts[0].tried for unit in units]


def _pruned(
    proving: Proving, ground: list[Mend], units: list[Unit]
) -> tuple[list[Unit], dict[int, Verdict], bool]:
    """(what is needed, how much each is missed when it is taken out, whether all were tried)."""
    kept, missed = list(units), dict[int, Verdict]()
    for unit in units:
        if len(kept) == 1:
            break
        rest = [other for other in kept if other is not unit]
        if not proving.affords([*ground, *edits_of(rest)], [*ground, *edits_of(kept)]):
            return kept, missed, False
        verdict = proving.compare([*ground, *edits_of(rest)], [*ground, *edits_of(kept)])
        if verdict.outcome == "better":
            missed[id(unit)] = verdict
        elif verdict.outcome is None and not proving.trainings.allows(2):
            return kept, missed, False
        else:
            kept = rest
    return kept, missed, True


def _keep(
    proving: Proving, unit: Unit, verdict: Verdict, against: str | None, done: dict[int, Mend]
) -> None:
    for attempt in unit.attempts:
        plan = attempt.tried.judged.plan
        assert isinstance(plan, FixPlan)
        why = JUDGEMENT if is_advice(attempt.mend) else against
        if why is None:
            result = raised(attempt.tried, verdict)
        else:
            result = unproven(attempt.tried, plan, verdict, why)
        done[id(attempt.mend)] = result
    proving.join(done[id(unit.attempts[0].mend)])
