"""The texts of a check run and of a review's body."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from analyzer import Finding, Report
from worker import wording
from worker.api import Json

Conclusion = Literal["success", "neutral", "failure"]
LONGEST_TITLE = 200
LISTED = 100  # findings in one list; a longer one says how many are left out


@dataclass(frozen=True, slots=True)
class Sorted:
    """All findings, by where they are told.

    Attributes:
        inline: get a comment now.
        folded: new and in the diff, beyond the number of comments.
        standing: a comment of an earlier review still stands.
        back: told earlier, fixed in between, and there again.
        elsewhere: outside the diff.
        before: there before the change as well.
        ignored: somebody asked to hear nothing of them.
        fixed, lost: told earlier and not found now, as sentences; lost ones could not be checked.
        told: how many had been told when this push came.
    """

    inline: Sequence[Finding] = ()
    folded: Sequence[Finding] = ()
    standing: Sequence[Finding] = ()
    back: Sequence[Finding] = ()
    elsewhere: Sequence[Finding] = ()
    before: Sequence[Finding] = ()
    ignored: Sequence[Finding] = ()
    advice: Sequence[Finding] = ()
    fixed: Sequence[str] = ()
    lost: Sequence[str] = ()
    told: int = 0

    @property
    def loud(self) -> list[Finding]:
        """Errors and warnings that the change is responsible for."""
        return [*self.inline, *self.folded, *self.standing, *self.back]


@dataclass(frozen=True, slots=True)
class Action:
    """A button of a check run. GitHub takes 20, 40 and 20 characters, and three buttons."""

    label: str
    description: str
    identifier: str


FIX = Action("Apply fixes", "Commit all tried fixes to the branch", "fix")
RERUN = Action("Re-run", "Review this commit again", "rerun")


@dataclass(frozen=True, slots=True)
class CheckOutput:
    """A completed check run."""

    conclusion: Conclusion
    title: str
    summary: str
    text: str = ""
    actions: tuple[Action, ...] = ()

    def payload(self) -> Json:
        """The `output` of GitHub's check runs."""
        output: Json = {"title": self.title[:LONGEST_TITLE], "summary": self.summary}
        return {**output, "text": self.text} if self.text else output

    def buttons(self) -> list[Json]:
        """The `actions` of GitHub's check runs."""
        return [asdict(action) for action in self.actions]


def check_output(
    report: Report,
    found: Sorted,
    conclusion: Conclusion,
    notes: Sequence[str] = (),
    hidden: str = "",
    *,
    may_commit: bool = True,
) -> CheckOutput:
    """What the check run says at its end.

    Args:
        notes: sentences about the review itself.
        hidden: the tried edits, as `worker.repairs` keeps them.
    """
    sections = [*_sections(found), _programs(report), _notes(notes)]
    fix = (FIX,) if hidden and may_commit else ()
    coverage = wording.shorten(_coverage(report), wording.LONGEST_BODY - len(hidden) - 2)
    return CheckOutput(
        conclusion,
        _title(report, found),
        wording.shorten("\n\n".join(section for section in sections if section)),
        "\n\n".join(part for part in (coverage, hidden) if part),
        (*fix, RERUN),
    )


def trouble(title: str, reason: str, *, rerun: bool = True) -> CheckOutput:
    """A check run that could not look; never the author's failure.

    Args:
        rerun: whether trying again could help.
    """
    buttons = (RERUN,) if rerun else ()
    return CheckOutput("neutral", title, wording.shorten(reason), actions=buttons)


def _notes(notes: Sequence[str]) -> str:
    return "### About this review\n\n" + _bullets(notes) if notes else ""


def _title(report: Report, found: Sorted) -> str:
    programs = [program for program in report.programs if program.status != "skipped"]
    if found.loud:
        return f"{wording.counts(found.loud)} in this change"
    if found.elsewhere:
        return f"Nothing in this change; {wording.counts(found.elsewhere)} outside of it"
    if not programs:
        return "No training program in this change"
    unseen = [program for program in programs if program.status != "observed"]
    if found.lost:
        return "Earlier findings could not be checked again"
    if not unseen:
        seen = wording.count(len(programs), "observed program")
        if found.before:
            return f"Nothing new in {seen}; {wording.counts(found.before)} there before"
        return f"Nothing found in {seen}"
    failed = [program for program in unseen if program.status == "failed"]
    if failed:
        return f"{wording.count(len(failed), 'program')} could not be reviewed"
    read = wording.count(len(unseen), "program")
    return f"Nothing found; {read} read but not run"


def _sections(found: Sorted) -> Iterator[str]:
    yield _list("### In this change", found.loud)
    if found.fixed:
        yield f"### {_fixed(found)}\n\n" + _bullets(found.fixed)
    if found.lost:
        yield "### Told earlier, could not be checked again\n\n" + _bullets(found.lost)
    if found.elsewhere:
        yield _list("### Outside the lines of this change", found.elsewhere, full=True)
    if found.before:
        yield _list("### There before this change", found.before, full=True)
    if found.ignored:
        yield _list("### Ignored, as somebody asked", found.ignored)
    if found.advice:
        yield _list("### Advice", found.advice, full=True)


def _fixed(found: Sorted) -> str:
    """ "Fixed since the last review: 2 of 3"."""
    told = max(found.told, len(found.fixed))
    return f"Fixed since the last review: {len(found.fixed)} of {told}"


def _list(heading: str, findings: Sequence[Finding], *, full: bool = False) -> str:
    if not findings:
        return ""
    lines = [_item(finding, full=full) for finding in findings[:LISTED]]
    if len(findings) > LISTED:
        lines.append(f"- … and {len(findings) - LISTED} more")
    return "\n".join((heading, "", *lines))


def _item(finding: Finding, *, full: bool) -> str:
    head = f"- {wording.place(finding)} **{finding.severity}** {wording.code(finding.rule)}"
    line = f"{head}: {wording.plain(finding.message)}"
    if not full:
        return line
    if finding.why:
        line += f" {wording.plain(finding.why)}"
    fix = finding.fix
    if fix is not None and fix.verified is not False:
        where = wording.edited_lines(fix.edits)
        line += f" Fix at {where}: {wording.plain(fix.description)} {wording.tried(finding)}"
    return line


def _bullets(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)


def _programs(report: Report) -> str:
    if not report.programs:
        return "No changed file defines, compiles or trains a model."
    # those that are no programs come last: they are many, and of little interest
    ordered = sorted(report.programs, key=lambda program: program.status == "skipped")
    rows = [wording.program_line(program) for program in ordered[:LISTED]]
    if len(report.programs) > LISTED:
        rows.append(f"| … and {len(report.programs) - LISTED} more | | | |")
    head = ("### Programs", "", "| Program | Status | What was seen | Rules checked |", "|-|-|-|-|")
    return "\n".join((*head, *rows))


def _coverage(report: Report) -> str:
    """Which rules looked at which program, and which could not and why."""
    parts = []
    for program in report.programs:
        lines = [f"### {wording.code(program.path)}"]
        if program.checked:
            lines.append("Checked: " + ", ".join(map(wording.code, program.checked)))
        if program.unchecked:
            reasons = [
                f"{wording.code(one.rule)}: {wording.plain(one.reason)}"
                for one in program.unchecked
            ]
            lines.append("Could not be checked:\n\n" + _bullets(reasons))
        if len(lines) > 1:
            parts.append("\n\n".join(lines))
    return "\n\n".join(parts)


def review_body(found: Sorted, check: CheckOutput, marker: str) -> str:
    """The text above a review's comments."""
    parts = [f"**Faultline:** {_news(found, check.conclusion)}"]
    if found.fixed:
        parts.append(f"{_fixed(found)}\n\n" + _bullets(found.fixed))
    if found.back:
        parts.append(_list("Back again, after it had been fixed:", found.back))
    if found.folded:
        listed = _list("", found.folded, full=True).strip()
        noun = "finding" if len(found.folded) == 1 else "findings"
        parts.append(wording.details(f"{len(found.folded)} more {noun}", listed))
    if found.standing:
        parts.append(_list("Still there, commented on earlier:", found.standing))
    if found.elsewhere:
        parts.append(_list("Outside the lines of this change:", found.elsewhere))
    if found.lost:
        parts.append("Told earlier, could not be checked again:\n\n" + _bullets(found.lost))
    if found.advice:
        number = len(found.advice)
        noun = "piece of advice is" if number == 1 else "pieces of advice are"
        parts.append(f"{number} {noun} in the check run's summary.")
    room = wording.LONGEST_BODY - len(marker.encode()) - 2
    return wording.shorten("\n\n".join(parts), room) + f"\n\n{marker}"


def _news(found: Sorted, conclusion: Conclusion) -> str:
    new = [*found.inline, *found.folded]
    if new:
        return f"{wording.counts(new)} found in this change."
    if found.back:
        return f"{wording.counts(found.back)} back again, nothing new."
    if found.standing or found.lost or found.elsewhere:
        return f"{wording.count(len(found.fixed), 'finding')} fixed, nothing new."
    if conclusion == "success":
        return "everything found earlier is fixed, and nothing new was found."
    return "everything found earlier is fixed; the check run says what could not be looked at."
