"""From a report and a diff to what is posted: one review, its comments, and the check run. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from analyzer import Finding, Report
from worker import summary, wording
from worker.comments import Change, Comment, Draft, distinct, draft, render
from worker.history import Context, History, read_history
from worker.repairs import hide, repairs_of
from worker.summary import CheckOutput, Conclusion, Sorted
from worker.told import Earlier, key, mark, mark_fixed, memory, without_marks

__all__ = ["Context", "Earlier", "Policy", "Review", "compose"]

SEVERITIES = ("error", "warning", "advice")
FailOn = Literal["error", "warning", "advice", "never"]


@dataclass(frozen=True, slots=True)
class Policy:
    """How a repository wants to be reviewed.

    Attributes:
        scope: "diff": findings outside the diff never fail the check; "all": they do.
        max_comments: findings with a comment of their own; the rest are folded into the review.
        rules_url: where the rules' pages are published; empty when nowhere.
    """

    fail_on: FailOn = "error"
    max_comments: int = 5
    scope: Literal["diff", "all"] = "diff"
    rules_url: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """What is posted.

    Attributes:
        body: None when there is nothing new to say: no review is posted.
        remembered: what the next review must know: all findings, and which of them are posted.
        over, again: threads to resolve, and resolved ones to open again.
    """

    head_sha: str
    body: str | None
    comments: tuple[Comment, ...]
    check: CheckOutput
    remembered: tuple[Earlier, ...] = ()
    over: tuple[str, ...] = ()
    again: tuple[str, ...] = ()
    marker: str = ""

    def without_comments(self) -> Review:
        """The same with every comment in the body: GitHub did not take the lines."""
        told = "\n\n---\n\n".join(
            f"{wording.code(f'{comment.path}:{comment.line}')}\n\n" + _as_text(comment.body)
            for comment in self.comments
        )
        shown, marks = without_marks(self.body or "")
        room = wording.LONGEST_BODY - len(marks.encode()) - 2
        body = wording.shorten(f"{shown}\n\n{told}", room)
        return replace(self, body=f"{body}\n\n{marks}", comments=())


def _as_text(body: str) -> str:
    """A comment's body without a suggestion, which only works at its lines, and without marks."""
    shown, _ = without_marks(body)
    return re.sub(r"(?m)^(`{3,})suggestion$", r"\1python", shown)


def compose(
    report: Report,
    change: Change,
    policy: Policy,
    head_sha: str,
    earlier: Sequence[Earlier] = (),
    context: Context | None = None,
) -> Review:
    """Everything that this head commit gets."""
    context = context or Context()
    findings, ignored = _heard(_in_order(report), context)
    history = read_history(report, findings, ignored, change, earlier, context.standing)
    drafts, elsewhere = draft(
        [f for f in _loud(findings) if not history.knows(f) and f.introduced is not False], change
    )
    shown, folded = _cap(drafts, policy.max_comments)
    sorted_ = _sorted(findings, ignored, history, _findings(shown), folded, elsewhere)
    conclusion = conclude(report, sorted_, policy)
    hidden = hide(repairs_of(_loud(findings)))
    check = summary.check_output(
        report, sorted_, conclusion, context.notes, hidden, may_commit=context.may_commit
    )
    marker = wording.review_marker(head_sha, context.round)
    comments = tuple(render(made, change, policy.rules_url) for made in shown)
    return Review(
        head_sha,
        _body(sorted_, history, check, marker, context),
        comments,
        check,
        _remembered([*findings, *ignored], history, [*_findings(shown), *folded]),
        history.over,
        history.again,
        marker,
    )


def _body(
    found: Sorted, history: History, check: CheckOutput, marker: str, context: Context
) -> str | None:
    """None when there is no news: every push is told once, and so is the all-clear."""
    fresh = [*found.inline, *found.folded]
    is_news = bool(fresh or found.back or (found.fixed and not context.standing.reviewed))
    if not is_news:
        return None
    there = (*fresh, *found.back, *found.standing)
    told = [memory(f, posted=True, tried=wording.numbers(f)) for f in there]
    gone = mark_fixed([*history.fixed, *history.settled])
    marks = [text for text in (mark([*told, *history.lost]), gone) if text]
    return summary.review_body(found, check, "\n".join((*marks, marker)))


def _sorted(
    findings: Sequence[Finding],
    ignored: Sequence[Finding],
    history: History,
    inline: Sequence[Finding],
    folded: Sequence[Finding],
    elsewhere: Sequence[Finding],
) -> Sorted:
    loud = _loud(findings)
    known = [finding for finding in loud if history.knows(finding)]
    return Sorted(
        inline=inline,
        folded=folded,
        standing=[finding for finding in known if key(finding) not in history.back],
        back=[finding for finding in known if key(finding) in history.back],
        elsewhere=elsewhere,
        before=[f for f in loud if f.introduced is False and not history.knows(f)],
        advice=[finding for finding in findings if finding.severity == "advice"],
        ignored=ignored,
        fixed=[_told(one) for one in history.fixed],
        lost=[_told(one) for one in history.lost],
        told=history.told,
    )


def _remembered(
    findings: Sequence[Finding], history: History, posted: Sequence[Finding]
) -> tuple[Earlier, ...]:
    """A comment stands as long as its finding is there, be it as advice only."""
    now = {key(finding) for finding in posted}
    kept = (memory(f, posted=key(f) in now or history.knows(f)) for f in findings)
    return (*kept, *history.lost)


def _heard(findings: Sequence[Finding], context: Context) -> tuple[list[Finding], list[Finding]]:
    """Those that count, and those that somebody asked us to say nothing about."""
    ignored = [finding for finding in findings if context.ignores(finding)]
    return [finding for finding in findings if finding not in ignored], ignored


def _loud(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity != "advice"]


def _in_order(report: Report) -> list[Finding]:
    """Every finding once, the gravest and surest first."""
    findings = distinct(finding for program in report.programs for finding in program.findings)
    return sorted(
        findings,
        key=lambda f: (SEVERITIES.index(f.severity), -f.confidence, f.path, f.line),
    )


def _cap(drafts: Sequence[Draft], limit: int) -> tuple[list[Draft], list[Finding]]:
    """At most `limit` comments, the gravest findings first, and the findings beyond.

    Where the parts of a fix do not all fit, one comment shows it as a diff: half a fix is none.
    """
    shown: list[Draft] = []
    for cluster in _clusters(drafts):
        room = limit - len(shown)
        if len(cluster) <= room:
            shown += cluster
        elif room > 0:
            findings = tuple(_findings(cluster))
            shown.append(replace(cluster[0], findings=findings, suggestion=None, part=(1, 1)))
    told = _findings(shown)
    return shown, [finding for finding in _findings(drafts) if finding not in told]


def _clusters(drafts: Sequence[Draft]) -> list[list[Draft]]:
    """Drafts that share a finding belong together; in the order of their first ones."""
    clusters: list[list[Draft]] = []
    for made in drafts:
        keys = {key(finding) for finding in made.findings}
        near = [c for c in clusters if any(key(f) in keys for d in c for f in d.findings)]
        rest = [c for c in clusters if c not in near]
        place = clusters.index(near[0]) if near else len(clusters)
        joined = [*(draft_ for cluster in near for draft_ in cluster), made]
        clusters = [*rest[:place], joined, *rest[place:]]
    return clusters


def _findings(drafts: Sequence[Draft]) -> list[Finding]:
    return distinct(finding for made in drafts for finding in made.findings)


def _told(before: Earlier) -> str:
    where = wording.code(f"{before.path}")
    sentence = f"{wording.code(before.rule)} in {where}: {wording.plain(before.message)}"
    shown = f" (with this edit: {wording.plain(before.tried)})" if before.tried else ""
    return sentence + shown


def conclude(report: Report, found: Sorted, policy: Policy) -> Conclusion:
    """Failure for findings at or above `fail_on`; success only when every program was observed."""
    if policy.fail_on != "never":
        failing = SEVERITIES[: SEVERITIES.index(policy.fail_on) + 1]
        considered = [*found.loud, *(f for f in found.advice if f.introduced is not False)]
        if policy.scope == "all":
            considered += [*found.elsewhere, *found.before]
        if any(finding.severity in failing for finding in considered):
            return "failure"
    is_clear = not found.elsewhere and not found.lost
    programs = [program for program in report.programs if program.status != "skipped"]
    is_seen = bool(programs) and all(
        program.status == "observed" and program.checked for program in programs
    )
    return "success" if is_clear and is_seen else "neutral"
