"""A bounded search over single edits, for a program that plainly does not learn.

It begins only when nothing else explains: no finding is posted or proven, and under every one of
the paired seeds the program stays at chance. What it finds passes the same bars as every other
experiment, and speaks in the name of the rule "does-not-learn" with the kind of its edit.
"""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.calibration import calibrated
from analyzer.errors import EditError
from analyzer.experiments.decision import FEWEST_PAIRS
from analyzer.experiments.proving import Proving
from analyzer.experiments.runs import NotMeasured
from analyzer.experiments.scores import deciding_score, skill
from analyzer.findings import Finding
from analyzer.fixing.apply import plan_edits
from analyzer.fusion import Judged, fingerprint
from analyzer.mending import Mend
from analyzer.repairs.base import Repair
from analyzer.repairs.catalogue import search
from analyzer.rules.base import Program
from analyzer.rules.registry import rule_named

AT_CHANCE = 0.1
"""Part of the way from chance to perfection below which a program has not begun to learn."""

RULE = "does-not-learn"


def explain(proving: Proving, program: Program, mends: Sequence[Mend]) -> Mend | None:
    """A finding with the first edit that makes an unexplained program learn; None without one."""
    if any(mend.posted for mend in mends) or not _at_chance(proving):
        return None
    tried = {mend.changes for mend in mends if mend.experiment is not None}
    for repair in search(program):
        if repair.plan.changes in tried:
            continue
        mend = _planned(proving, program, repair)
        proven = None if mend is None else proving.single(mend)
        if proven is not None:
            return proven
    return None


def _at_chance(proving: Proving) -> bool:
    """Whether the unedited program stays at chance under every paired seed."""
    for seed in range(FEWEST_PAIRS):
        if not proving.trainings.allows(2):
            return False
        run = proving.trainings.measure({}, seed)
        if isinstance(run, NotMeasured):
            return False
        name = deciding_score(proving.problem, [run])
        if name is None or skill(run, name) >= AT_CHANCE:
            return False
    return True


def _planned(proving: Proving, program: Program, repair: Repair) -> Mend | None:
    file = proving.file
    try:
        edits = plan_edits(file.path, file.text, repair.plan.changes)
    except EditError:
        return None
    judged = Judged(_finding(program, repair), repair.plan, "warning")
    return Mend(judged, repair.plan.changes, edits)


def _finding(program: Program, repair: Repair) -> Finding:
    rule, site = rule_named(RULE), repair.site
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
        message=f"The program stays at chance; it learns once you {repair.plan.description}.",
        why=(
            "No rule explains it; of the edits that were tried this one made the same short"
            " training succeed."
        ),
        fingerprint=fingerprint(rule.name, site, program.source),
    )
