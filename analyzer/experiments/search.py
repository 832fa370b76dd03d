"""A bounded search over edits that nobody has suspected, for a program that plainly does not learn.

It begins only when nothing else explains: with all that is posted or proven the program still stays
at chance under every one of the paired seeds. First the likeliest edit of every kind is tried, all
at once: where several faults hide each other no single edit helps. What is not missed is taken out
again. Then the edits are tried one by one. What is found passes the same bars as every other
experiment, and speaks in the name of the rule "does-not-learn" with the kind of its likeliest edit.

Where advice that helps is written too, a program that falls short of IMPROVABLE with all that has
helped is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.calibration import calibrated
from analyzer.errors import EditError
from analyzer.experiments.decision import FEWEST_PAIRS
from analyzer.experiments.joint import SLOWING
from analyzer.experiments.outcomes import raised, unproven
from analyzer.experiments.proving import NOT_TRIED, Proving
from analyzer.experiments.runs import NotMeasured
from analyzer.experiments.scores import deciding_score, skill
from analyzer.experiments.screening import promises
from analyzer.experiments.standing import gains
from analyzer.findings import Finding, Unchecked
from analyzer.fixing.apply import plan_edits
from analyzer.fixing.edits import Change, FixPlan
from analyzer.fusion import Judged, fingerprint
from analyzer.kinds import Kind
from analyzer.mending import Mend
from analyzer.repairs.base import Repair
from analyzer.repairs.catalogue import search
from analyzer.rules.base import Program
from analyzer.rules.registry import rule_named
from analyzer.witnesses import witnesses_of

AT_CHANCE = 0.1
"""Part of the way from chance to perfection below which a program has not begun to learn."""
IMPROVABLE = 0.8
"""The same part, below which an edit that helps is looked for where such edits are wanted: a gain
must be of five points, so that little is left to find beyond it."""
MOST_AT_ONCE = 8
"""Edits tried together; each of them costs a comparison when it is taken out again."""
FAMILIES: dict[Kind, str] = {
    "learning_rate": "step",
    "optimizer": "step",
    "loss": "output",
    "output_activation": "output",
}
"""Kinds whose repairs exclude each other: one of a family is enough."""

RULE = "does-not-learn"
CHANCE = (
    "stays at chance",
    "it learns",
    "No rule explains it; of the edits that were tried this one made the same short training"
    " succeed.",
)
"""What is said of a program at chance: what it does, what it does once edited, and why."""
SHORT = (
    "may learn more",
    "it does",
    "Of the edits that were tried this one made the same short training score higher.",
)
"""The same of a program that learns."""


@dataclass(frozen=True, slots=True)
class Explained:
    """How a search ended.

    Attributes:
        mend: a finding with the edit that makes the program learn; None without one.
        untried: how many edits there was no time for; of all.
        chance: whether the program stays at chance without them.
    """

    mend: Mend | None = None
    untried: int = 0
    of: int = 0
    chance: bool = True

    @property
    def unchecked(self) -> tuple[Unchecked, ...]:
        """A search that time has ended is none that found nothing."""
        if not self.untried or self.mend is not None:
            return ()
        does = CHANCE[0] if self.chance else SHORT[0]
        reason = f"the program {does}; {self.untried} of {self.of} edits {NOT_TRIED}"
        return (Unchecked(rule=RULE, reason=reason),)


def explain(proving: Proving, program: Program, mends: Sequence[Mend]) -> Explained:
    """Look for the edits that make an unexplained program learn; they join the ground."""
    if not proving.everything and any(mend.proven or gains(mend) for mend in mends):
        return Explained()
    bound = IMPROVABLE if proving.everything else AT_CHANCE
    reached = _reached(proving, bound)
    if reached is None:
        return Explained()
    tried = {mend.changes for mend in mends if mend.experiment is not None} | proving.waiting
    repairs = [
        repair
        for repair in search(program, witnesses_of(program).priors)
        if repair.plan.changes not in tried
    ]
    chance = reached < AT_CHANCE
    posed = [_planned(proving, program, repair, chance) for repair in repairs]
    left = [mend for mend in posed if mend is not None]
    found = _at_once(proving, program, repairs, chance)
    untried = 0
    if found is None:
        found, untried = _singly(proving, left)
    if found is not None:
        proving.join(found)
    return Explained(found, untried, len(left), chance)


def _singly(proving: Proving, left: Sequence[Mend]) -> tuple[Mend | None, int]:
    """(the first edit that is proven, how many were not tried), those that gain at once first."""
    waiting: list[Mend] = []
    for number, mend in enumerate(left):
        after = [*proving.ground, mend]
        if not proving.affords(proving.ground, after):
            return None, len(left) - number + len(waiting)
        proving.say("trying an edit that no rule suggests")
        if not promises(proving, after):
            waiting.append(mend)
        elif (proven := _single(proving, mend)) is not None:
            return proven, 0
    for number, mend in enumerate(waiting):
        if not proving.affords(proving.ground, [*proving.ground, mend]):
            return None, len(waiting) - number
        if (proven := _single(proving, mend)) is not None:
            return proven, 0
    return None, 0


def _reached(proving: Proving, bound: float) -> float | None:
    """How far the program gets at best; None when it gets beyond the bound, or was not measured."""
    texts, best = proving.texts(proving.ground), -1.0
    for seed in range(FEWEST_PAIRS):
        if texts is None or not proving.trainings.allows():
            return None
        run = proving.trainings.measure(texts, seed)
        name = None if isinstance(run, NotMeasured) else deciding_score(proving.problem, [run])
        if isinstance(run, NotMeasured) or name is None or skill(run, name) >= bound:
            return None
        best = max(best, skill(run, name))
    return best


def _at_once(
    proving: Proving, program: Program, repairs: Sequence[Repair], chance: bool
) -> Mend | None:
    """The likeliest edit of each kind, all of them, without those that are not missed."""
    kept = _compatible(proving, program, repairs, chance)
    mend = _planned(proving, program, _joined(kept), chance) if len(kept) > 1 else None
    if mend is None or not proving.affords(proving.ground, [*proving.ground, mend]):
        return None
    proving.say("trying the usual edits together")
    if not promises(proving, [*proving.ground, mend]):
        return None
    whole = _single(proving, mend)
    if whole is None:
        return None
    for repair in sorted(kept, key=lambda each: each.likelihood):
        rest = [other for other in kept if other is not repair]
        fewer = _planned(proving, program, _joined(rest), chance) if rest else None
        if fewer is None:
            continue
        before, after = [*proving.ground, fewer], [*proving.ground, mend]
        if not proving.affords(before, after):
            break
        if proving.compare(before, after).outcome in ("noise", "worse"):
            kept, mend = rest, fewer
    return _single(proving, mend) or whole


def _single(proving: Proving, mend: Mend) -> Mend | None:
    """The mend, proven, when its edit alone makes the difference; None when it does not.

    Where advice that helps is written too, so is an edit that helps and proves no fault.
    """
    after = [*proving.ground, mend]
    verdict = proving.compare(proving.ground, after)
    against = proving.against(verdict, proving.ground, after)
    if verdict.outcome != "better":
        return None
    if against is None:
        return raised(mend, verdict)
    plan = mend.judged.plan
    if not proving.everything or not isinstance(plan, FixPlan):
        return None
    return unproven(mend, plan, verdict, against)


def _compatible(
    proving: Proving, program: Program, repairs: Sequence[Repair], chance: bool
) -> list[Repair]:
    """The likeliest repair of each family, as far as the edits can be made side by side."""
    kept: dict[str, Repair] = {}
    for repair in sorted(repairs, key=lambda each: -each.likelihood):
        family = FAMILIES.get(repair.kind, repair.kind)
        if family in kept or len(kept) == MOST_AT_ONCE or repair.kind in SLOWING:
            continue
        if _planned(proving, program, _joined([*kept.values(), repair]), chance) is not None:
            kept[family] = repair
    return list(kept.values())


def _joined(repairs: Sequence[Repair]) -> Repair:
    """All these edits as one, with the place and the kind of the likeliest."""
    first = repairs[0]
    if len(repairs) == 1:
        return first
    changes: dict[Change, None] = {}
    for repair in repairs:
        changes |= dict.fromkeys(repair.plan.changes)
    words = "; ".join(repair.plan.description for repair in repairs)
    plan = FixPlan(words, tuple(changes), safe=False)
    return Repair(first.kind, first.site, plan, first.likelihood)


def _planned(proving: Proving, program: Program, repair: Repair, chance: bool) -> Mend | None:
    file = proving.file
    try:
        edits = plan_edits(file.path, file.text, repair.plan.changes)
    except EditError:
        return None
    judged = Judged(_finding(program, repair, chance), repair.plan, "warning")
    return Mend(judged, repair.plan.changes, edits)


def _finding(program: Program, repair: Repair, chance: bool) -> Finding:
    rule, site = rule_named(RULE), repair.site
    what, then, why = CHANCE if chance else SHORT
    return Finding(
        rule=rule.name,
        code=rule.code,
        kind=repair.kind,
        severity="advice",
        proof="rule",
        confidence=calibrated(rule.name, "experiment", repair.likelihood),
        path=site.path,
        line=site.line,
        end_line=max(site.line, site.end_line),
        column=site.column,
        message=f"The program {what}; {then} once you {repair.plan.description}.",
        why=why,
        fingerprint=fingerprint(rule.name, site, program.source),
    )
