"""From a report and a diff to what is posted: one review, its comments, and the check run. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from analyzer import Finding, Report
from worker import summary, wording
from worker.comments import Change, Comment, Draft, distinct, draft, identity, render
from worker.summary import CheckOutput, Conclusion, Sorted

SEVERITIES = ("error", "warning", "advice")
FailOn = Literal["error", "warning", "advice", "never"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a repository wants to be reviewed.

    Attributes:
        scope: "diff": findings outside the diff never fail the check; "all": they do.
        max_comments: findings with a comment of their own; the rest are folded into the review.
    """

    fail_on: FailOn = "error"
    max_comments: int = 5
    scope: Literal["diff", "all"] = "diff"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A finding of the review before, and whether it was posted."""

    fingerprint: str
    rule: str
    path: str
    line: int
    message: str
    severity: str = "error"
    posted: bool = True


@dataclass(frozen=True, slots=True)
class Review:
    """What is posted.

    Attributes:
        body: None when there is nothing new to say: no review is posted.
        remembered: what the next review must know: all findings, and which of them are posted.
    """

    head_sha: str
    body: str | None
    comments: tuple[Comment, ...]
    check: CheckOutput
    remembered: tuple[Earlier, ...] = ()

    def without_comments(self) -> Review:
        """The same with every comment in the body: GitHub did not take the lines."""
        told = "\n\n---\n\n".join(
            f"{wording.code(f'{comment.path}:{comment.line}')}\n\n"
            + re.sub(r"(?m)^(`{3,})suggestion$", r"\1python", comment.body)
            for comment in self.comments
        )
        body = wording.shorten(f"{self.body}\n\n{told}\n")
        return replace(self, body=body, comments=())


def compose(
    report: Report,
    change: Change,
    policy: Policy,
    head_sha: str,
    earlier: Sequence[Earlier] = (),
) -> Review:
    """Everything that this head commit gets."""
    findings = _in_order(report)
    loud = [finding for finding in findings if finding.severity != "advice"]
    known = {before.fingerprint for before in earlier if before.posted}
    drafts, elsewhere = draft(loud, change)
    fresh = [made for made in drafts if any(identity(f) not in known for f in made.findings)]
    shown, folded = _cap(fresh, policy.max_comments)
    standing = [f for f in loud if identity(f) in known]
    fixed, lost = _gone(report, [before for before in earlier if before.path in change.files])
    sorted_ = Sorted(
        inline=_findings(shown),
        folded=folded,
        standing=standing,
        elsewhere=[f for f in elsewhere if identity(f) not in known],
        advice=[finding for finding in findings if finding.severity == "advice"],
        fixed=[_told(before) for before in fixed],
        lost=[_told(before) for before in lost],
    )
    conclusion = conclude(report, sorted_, policy)
    check = summary.check_output(report, sorted_, conclusion)
    # a comment stands as long as its finding is there, be it as advice only
    posted = {identity(f) for f in (*sorted_.inline, *folded)}
    posted |= known & {identity(f) for f in findings}
    remembered = (*(_memory(f, posted) for f in findings), *lost)
    body = summary.review_body(sorted_, check, wording.review_marker(head_sha))
    comments = tuple(render(made, change) for made in shown)
    is_news = bool(sorted_.inline or folded or fixed)
    return Review(head_sha, body if is_news else None, comments, check, remembered)


def _memory(finding: Finding, posted: set[str]) -> Earlier:
    return Earlier(
        fingerprint=identity(finding),
        rule=finding.rule,
        path=finding.path,
        line=finding.line,
        message=finding.message,
        severity=finding.severity,
        posted=identity(finding) in posted,
    )


def _in_order(report: Report) -> list[Finding]:
    """Every finding once, the gravest and surest first."""
    findings = distinct(finding for program in report.programs for finding in program.findings)
    return sorted(
        findings,
        key=lambda f: (SEVERITIES.index(f.severity), -f.confidence, f.path, f.line),
    )


def _cap(drafts: Sequence[Draft], limit: int) -> tuple[list[Draft], list[Finding]]:
    """Comments about the first `limit` findings, and the findings beyond."""
    chosen = _findings(drafts)[:limit]
    shown = [made for made in drafts if any(finding in chosen for finding in made.findings)]
    told = _findings(shown)
    return shown, [finding for finding in _findings(drafts) if finding not in told]


def _findings(drafts: Sequence[Draft]) -> list[Finding]:
    return distinct(finding for made in drafts for finding in made.findings)


def _gone(report: Report, earlier: Sequence[Earlier]) -> tuple[list[Earlier], list[Earlier]]:
    """Posted before and not found now: fixed, or not seen well enough to say so.

    A file that the pull request does not change any more is neither; nobody wants to hear of it.
    """
    found = {identity(f) for program in report.programs for f in program.findings}
    programs = {program.path: program for program in report.programs}
    fixed: list[Earlier] = []
    lost: list[Earlier] = []
    for before in earlier:
        if not before.posted or before.fingerprint in found:
            continue
        holders = [programs[before.path]] if before.path in programs else list(programs.values())
        looked = [before.rule in holder.checked for holder in holders]
        is_seen = any(looked) and (len(holders) > 1 or all(looked))
        (fixed if is_seen else lost).append(before)
    return fixed, lost


def _told(before: Earlier) -> str:
    where = wording.code(f"{before.path}")
    return f"{wording.code(before.rule)} in {where}: {wording.plain(before.message)}"


def conclude(report: Report, found: Sorted, policy: Policy) -> Conclusion:
    """Failure for findings at or above `fail_on`; success only when every program was observed."""
    if policy.fail_on != "never":
        failing = SEVERITIES[: SEVERITIES.index(policy.fail_on) + 1]
        inside = [*found.inline, *found.folded, *found.standing]
        considered = [*inside, *found.advice]
        if policy.scope == "all":
            considered += found.elsewhere
        if any(finding.severity in failing for finding in considered):
            return "failure"
    is_clear = not found.elsewhere and not found.lost
    programs = [program for program in report.programs if program.status != "skipped"]
    is_seen = bool(programs) and all(program.status == "observed" for program in programs)
    return "success" if is_clear and is_seen else "neutral"
