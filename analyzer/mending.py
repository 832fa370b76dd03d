"""Fixes: plans become line edits; `analyzer.rechecking` checks the edited program again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from analyzer.errors import EditError
from analyzer.findings import Edit, Experiment, Finding, Fix
from analyzer.fixing.apply import plan_edits
from analyzer.fixing.edits import (
    Change,
    FixPlan,
    RemoveArgument,
    ReplaceExpression,
    SetArgument,
    UnwrapCall,
)
from analyzer.fusion import Judged, Verdict
from analyzer.kinds import SEVERITIES
from analyzer.observed import Site
from analyzer.source.files import SourceFile


class Broken(Enum):
    """The edited program does not get as far as the program did before."""

    BROKEN = "broken"


SCORELESS = frozenset({"api", "framework", "performance", "metric"})
"""Kinds whose edits leave the training as it is; the check that follows them is proof enough."""

Recheck = Callable[[Mapping[str, str]], Verdict | Broken | None]
"""Checks the program again with these texts in place of its files; None when there is no time."""


@dataclass(frozen=True, slots=True)
class Mend:
    """One finding and its change; `changes` is empty when there is none.

    Attributes:
        edits: line edits of the script, one per hunk.
        declined: why there is no edit.
        experiment: the paired trainings with and without the edit.
        proven: whether they made a finding of a suspicion.
        trials: what was tried and what was not, one line each.
    """

    judged: Judged
    changes: tuple[Change, ...] = ()
    edits: tuple[Edit, ...] = ()
    declined: str | None = None
    verified: bool | None = None
    experiment: Experiment | None = None
    proven: bool = False
    trials: tuple[str, ...] = ()

    @property
    def posted(self) -> bool:
        """Whether the finding becomes a comment."""
        return self.judged.finding.severity != "advice"

    @property
    def tentative(self) -> bool:
        """Whether only a gain can speak for the edit: a rule's advice about how it trains."""
        finding = self.judged.finding
        return not self.posted and finding.proof == "rule" and finding.kind not in SCORELESS


def plan_mends(judged: Sequence[Judged], file: SourceFile) -> tuple[Mend, ...]:
    """A mend per finding; mends that touch the same lines share one merged edit.

    A tentative edit stays apart: what speaks for its neighbours does not speak for it.
    """
    mends = [_planned(each, file) for each in judged]
    return _merged(mends, [mend for mend in mends if not mend.tentative], file)


def merge_offered(mends: Sequence[Mend], file: SourceFile) -> tuple[Mend, ...]:
    """The mends with those merged that are offered in the end and touch the same lines.

    Verified ones among themselves, so that none of them carries an edit that is not.
    """
    verified = [mend for mend in mends if mend.verified]
    mends = _merged(mends, verified, file)
    return _merged(mends, [m for m in mends if m.posted and m.verified is None], file)


def _merged(mends: Sequence[Mend], some: Sequence[Mend], file: SourceFile) -> tuple[Mend, ...]:
    """The mends, with merged edits for those of `some` that overlap."""
    merged: dict[int, Mend] = {}
    for group in _overlapping(some):
        if len(group) > 1:
            merged |= _merge(group, file)
    return tuple(merged.get(id(mend), mend) for mend in mends)


def _planned(judged: Judged, file: SourceFile) -> Mend:
    plan = judged.plan
    if not isinstance(plan, FixPlan):
        return Mend(judged, declined=plan.reason)
    try:
        edits = plan_edits(file.path, file.text, plan.changes)
    except EditError as error:
        return Mend(judged, declined=str(error))
    return Mend(judged, plan.changes, edits)


def _overlapping(mends: Sequence[Mend]) -> list[list[Mend]]:
    """Mends with edits, grouped so that edits of different groups share no line."""
    groups: list[list[Mend]] = []
    for mend in (m for m in mends if m.edits):
        touching = [g for g in groups if any(_touch(mend, other) for other in g)]
        groups = [g for g in groups if g not in touching]
        groups.append([m for g in touching for m in g] + [mend])
    return groups


def _touch(one: Mend, other: Mend) -> bool:
    return any(
        a.start_line <= b.end_line and b.start_line <= a.end_line
        for a in one.edits
        for b in other.edits
    )


def _merge(group: Sequence[Mend], file: SourceFile) -> dict[int, Mend]:
    """By its id each mend of the group, with the edits that all of them make together.

    Of edits that contradict each other the more severe finding keeps its own.
    """
    kept: list[Mend] = []
    merged: dict[int, Mend] = {}
    edits: tuple[Edit, ...] = ()
    for mend in sorted(group, key=_rank):
        other = next((each for each in kept if _contradict(each, mend)), None)
        if other is None:
            try:
                edits = plan_edits(file.path, file.text, compatible([*kept, mend]))
            except EditError:
                other = next((m for m in kept if _touch(m, mend)), (*kept, mend)[0])
        if other is None:
            kept.append(mend)
        else:
            why = f"conflicts with the edit of line {other.judged.finding.line}"
            merged[id(mend)] = replace(mend, changes=(), edits=(), declined=why)
    changes = compatible(kept)
    for mend in kept:
        own = {(e.start_line, e.end_line) for e in mend.edits}
        near = [e for e in edits if any(a <= e.end_line and e.start_line <= b for a, b in own)]
        merged[id(mend)] = replace(mend, changes=changes, edits=tuple(near))
    return merged


def _contradict(one: Mend, other: Mend) -> bool:
    """Whether one replaces an expression inside which the other changes something."""
    pairs = ((one.changes, other.changes), (other.changes, one.changes))
    return any(
        _lies_inside(inner, outer)
        for outers, inners in pairs
        for outer in outers
        if isinstance(outer, ReplaceExpression)
        for inner in inners
        if inner not in outers
    )


def _lies_inside(inner: Change, outer: ReplaceExpression) -> bool:
    match inner:
        case SetArgument() | RemoveArgument() | UnwrapCall():
            return _within(inner.call, outer.site)
        case ReplaceExpression():
            return inner.site != outer.site and _within(inner.site, outer.site)
        case _:
            return False


def _within(inner: Site, outer: Site) -> bool:
    begins = (outer.line, outer.column) <= (inner.line, inner.column)
    return begins and (inner.end_line, inner.end_column) <= (outer.end_line, outer.end_column)


def compatible(mends: Sequence[Mend]) -> tuple[Change, ...]:
    """All changes, each once; where two set the same thing the more severe finding decides.

    Of equally severe ones another spelling of the same value gives way to another value.
    """
    ordered = sorted(mends, key=_rank)
    chosen: dict[object, Change] = {}
    for mend in ordered:
        for change in mend.changes:
            chosen.setdefault(_target(change), change)
    return tuple(chosen.values())


def _rank(mend: Mend) -> tuple[int, bool]:
    """The most severe first; of equals those that do not change the training last."""
    finding = mend.judged.finding
    return SEVERITIES.index(finding.severity), finding.kind in SCORELESS


def _target(change: Change) -> object:
    """What a change sets; two changes of one target contradict each other."""
    match change:
        case SetArgument():
            return (change.call, change.keyword)
        case ReplaceExpression():
            return change.site
        case _:
            return change


def finding_with_fix(mend: Mend, file: SourceFile) -> Finding:
    """The finding as reported; an edit that failed its check is not offered."""
    finding = _with_trials(mend)
    plan = mend.judged.plan
    if not mend.edits or not isinstance(plan, FixPlan) or mend.verified is False:
        return finding
    try:
        edits = tuple(_on_disk(edit, file) for edit in mend.edits)
    except EditError:  # an edit across cells of a notebook has no suggestion of its own
        return finding
    fix = Fix(
        description=plan.description,
        edits=edits,
        verified=mend.verified,
        experiment=mend.experiment,
    )
    return finding.model_copy(update={"fix": fix})


def _with_trials(mend: Mend) -> Finding:
    """The finding with what was tried among its evidence."""
    finding = mend.judged.finding
    if not mend.trials:
        return finding
    evidence = finding.evidence.model_copy(update={"experiment": list(mend.trials)})
    return finding.model_copy(update={"evidence": evidence})


def _on_disk(edit: Edit, file: SourceFile) -> Edit:
    """The edit of the script as an edit of the file; they differ for a notebook."""
    start, end, text = file.to_file_edit(edit.start_line, edit.end_line, edit.replacement)
    return Edit(path=edit.path, start_line=start, end_line=end, replacement=text)
