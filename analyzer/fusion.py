"""From suspicions to findings: one root cause gives one finding, with all its witnesses.

A finding that rests on a rule alone is advice, whatever the rule would say with a proof; the
severity that a proof would give stays beside it, so that an experiment can raise it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from analyzer.calibration import calibrated
from analyzer.findings import Evidence, Finding, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.kinds import SEVERITIES, Kind, Proof, Severity
from analyzer.observed import Site
from analyzer.rules.base import Program, Rule, Suspicion
from analyzer.source.calls import SourceIndex

FINGERPRINT_LENGTH = 16  # hexadecimal digits; 64 bits, ample for the findings of one repository
STRENGTH: tuple[Proof, ...] = ("contract", "experiment", "rule")
EVERY_RULE = "*"


@dataclass(frozen=True, slots=True)
class Charge:
    """A suspicion together with the rule that raised it."""

    rule: Rule
    suspicion: Suspicion

    @property
    def kind(self) -> Kind:
        return self.suspicion.kind or self.rule.kind

    @property
    def confidence(self) -> float:
        own = self.suspicion.confidence
        stated = self.rule.confidence if own is None else own
        return calibrated(self.rule.name, self.suspicion.proof, stated)

    @property
    def proven_severity(self) -> Severity:
        """How severe the fault is once it is proven."""
        return self.suspicion.severity or self.rule.severity

    @property
    def severity(self) -> Severity:
        """How severe it may be called now."""
        return "advice" if self.suspicion.proof == "rule" else self.proven_severity

    @property
    def root(self) -> str:
        return self.suspicion.root or f"{self.kind}:{self.suspicion.site.line}"


@dataclass(frozen=True, slots=True)
class Judged:
    """One finding with what is needed to mend and to prove it.

    Attributes:
        finding: without its fix, which `analyzer.fixing` makes from `plan`.
        plan: the change, or why there is none.
        proven_severity: the severity that an experiment's proof would give.
    """

    finding: Finding
    plan: FixPlan | Declined
    proven_severity: Severity


@dataclass(frozen=True, slots=True)
class Verdict:
    """What all rules said about one program.

    Attributes:
        checked: names of the rules that looked; unchecked: those that could not, and why.
        silenced: findings that a comment in the source silences.
    """

    judged: tuple[Judged, ...]
    checked: tuple[str, ...]
    unchecked: tuple[Unchecked, ...]
    silenced: int = 0


def judge(program: Program, rules: Sequence[Rule]) -> Verdict:
    """Let every rule look at the program and fuse what they say."""
    charges: list[Charge] = []
    unchecked: list[Unchecked] = []
    checked: list[str] = []
    for rule in rules:
        if program.framework not in rule.frameworks:
            continue
        answers = list(rule.review(program))
        missing = [answer for answer in answers if isinstance(answer, Unchecked)]
        charges += [Charge(rule, answer) for answer in answers if isinstance(answer, Suspicion)]
        unchecked += missing
        if not missing or len(missing) < len(answers):
            checked.append(rule.name)
    heard = [charge for charge in charges if not silenced(charge, program.source)]
    judged = fuse(heard, program.source)
    return Verdict(judged, tuple(checked), tuple(unchecked), len(charges) - len(heard))


def silenced(charge: Charge, source: SourceIndex) -> bool:
    """Whether an ignore comment on the finding's lines, or above its statement, names the rule."""
    site = charge.suspicion.site
    if site.path != source.path:
        return False
    call = source.at(site)
    first = min(site.line, call.statement.line) if call else site.line
    above = range(first - 1, first) if _is_comment(first - 1, source) else range(0)
    for line in (*above, *range(first, site.end_line + 1)):
        names = source.ignored.get(line, frozenset())
        if names & {EVERY_RULE, charge.rule.name, charge.rule.code}:
            return True
    return False


def _is_comment(line: int, source: SourceIndex) -> bool:
    """Whether the line holds a comment alone; a trailing comment speaks for its own line."""
    return 0 < line <= len(source.lines) and source.lines[line - 1].lstrip().startswith("#")


def fuse(charges: Iterable[Charge], source: SourceIndex) -> tuple[Judged, ...]:
    """One finding per root cause, in the order of the file.

    The strongest charge of a root speaks (proof, then severity, then confidence); the others are
    listed as its witnesses, and the first edit that any of them offers is kept.
    """
    heard = list(charges)
    spoken = {charge.rule.name: charge.root for charge in reversed(heard)}
    roots: dict[str, list[Charge]] = {}
    for charge in sorted(heard, key=lambda charge: charge.suspicion.last_resort):
        exact = [name for name in charge.suspicion.yields_to if name in spoken]
        if exact:
            root = spoken[exact[0]]
        elif charge.suspicion.last_resort:
            root = _explained(charge, roots) or charge.root
        else:
            root = charge.root
        roots.setdefault(root, []).append(charge)
    judged = [_one(sorted(group, key=_rank), source) for group in roots.values()]
    judged.sort(key=lambda each: (each.finding.path, each.finding.line, each.finding.code))
    return tuple(_numbered(judged))


def _explained(charge: Charge, roots: Mapping[str, Sequence[Charge]]) -> str | None:
    """The root that a suspicion of last resort is a witness of: of its kind, or proven."""
    fitting = [
        (group[0].kind != charge.kind, root)
        for root, group in roots.items()
        if any(other.severity != "advice" or other.kind == charge.kind for other in group)
    ]
    return min(fitting)[1] if fitting else None


def _numbered(judged: list[Judged]) -> Iterator[Judged]:
    """Tell apart findings on identical code: the second one's fingerprint ends in "-2"."""
    seen: Counter[str] = Counter()
    for each in judged:
        mark = each.finding.fingerprint
        seen[mark] += 1
        if seen[mark] == 1:
            yield each
        else:
            changed = each.finding.model_copy(update={"fingerprint": f"{mark}-{seen[mark]}"})
            yield replace(each, finding=changed)


def _rank(charge: Charge) -> tuple[int, bool, int, float, str]:
    return (
        STRENGTH.index(charge.suspicion.proof),
        bool(charge.suspicion.yields_to or charge.suspicion.last_resort),
        SEVERITIES.index(charge.severity),
        -charge.confidence,
        charge.rule.code,
    )


def _one(group: list[Charge], source: SourceIndex) -> Judged:
    speaker, *others = group
    rule, suspicion = speaker.rule, speaker.suspicion
    finding = Finding(
        rule=rule.name,
        code=rule.code,
        paper=rule.paper,
        kind=speaker.kind,
        severity=speaker.severity,
        proof=suspicion.proof,
        confidence=speaker.confidence,
        path=suspicion.site.path,
        line=suspicion.site.line,
        end_line=max(suspicion.site.line, suspicion.site.end_line),
        column=suspicion.site.column,
        message=suspicion.message,
        why=suspicion.why or rule.why,
        evidence=_with_witnesses(suspicion.evidence, others),
        fingerprint=fingerprint(rule.name, suspicion.site, source),
    )
    return Judged(finding, _plan(group), speaker.proven_severity)


def _plan(group: list[Charge]) -> FixPlan | Declined:
    for charge in group:
        if isinstance(charge.suspicion.fix, FixPlan):
            return charge.suspicion.fix
    return group[0].suspicion.fix


def _with_witnesses(evidence: Evidence, others: list[Charge]) -> Evidence:
    if not others:
        return evidence
    witnesses = [f"{other.rule.name}: {other.suspicion.message}" for other in others]
    static: dict[str, Any] = (
        dict(evidence.static)
        if isinstance(evidence.static, dict)
        else ({} if evidence.static is None else {"fact": evidence.static})
    )
    return evidence.model_copy(update={"static": {**static, "witnesses": witnesses}})


def fingerprint(rule: str, site: Site, source: SourceIndex) -> str:
    """A mark that stays the same across pushes which do not touch the finding.

    Made of the rule, the enclosing function or class and the code of the place without spaces and
    quotes' style; of no line number and no path, so that lines added above and a renamed file
    change nothing. Where the code cannot be seen, the path stands in for it.
    """
    call = source.at(site)
    symbol = call.function if call else ""
    parts = (rule, symbol, _code(site, source) or site.path)
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:FINGERPRINT_LENGTH]


def _code(site: Site, source: SourceIndex) -> str:
    if site.path != source.path or site.line > len(source.lines):
        return ""
    lines = source.lines[site.line - 1 : max(site.line, site.end_line)]
    bare = (re.sub(r"(^|\s)#.*$", "", line) for line in lines)
    return re.sub(r"\s+", "", " ".join(bare)).replace("'", '"')
