"""Which finding becomes a comment on which lines, with which suggestion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from analyzer import Finding
from worker import wording
from worker.api import Json
from worker.diff import ChangedFile
from worker.suggestion import Suggestion, Text, is_suggestible, merge, plan
from worker.told import key, mark, memory

LONGEST_ANCHOR = 10  # lines; a longer finding is anchored at its first line


@dataclass(frozen=True, slots=True)
class Change:
    """What the pull request changes.

    Attributes:
        files: by path in the head.
        texts: the head's text of the files that can be quoted line by line.
    """

    files: Mapping[str, ChangedFile]
    texts: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Comment:
    """A review comment on the new side of the diff, on the lines start..line."""

    path: str
    start: int
    line: int
    body: str

    def payload(self) -> Json:
        """As GitHub takes it; a single line has no start."""
        fields: Json = {"path": self.path, "line": self.line, "side": "RIGHT", "body": self.body}
        if self.start < self.line:
            fields |= {"start_line": self.start, "start_side": "RIGHT"}
        return fields


@dataclass(frozen=True, slots=True)
class Draft:
    """A comment in the making: the findings it tells of, and the lines it would replace.

    Attributes:
        part: (2, 3) for the second of three suggestions of one fix.
        unmerged: findings here whose fix is at odds with the suggestion.
    """

    path: str
    start: int
    line: int
    findings: tuple[Finding, ...]
    suggestion: Suggestion | None = None
    part: tuple[int, int] = (1, 1)
    unmerged: tuple[Finding, ...] = ()


def draft(findings: Sequence[Finding], change: Change) -> tuple[list[Draft], list[Finding]]:
    """Comments for the findings that lie in the diff, and the findings that do not."""
    drafts: list[Draft] = []
    elsewhere: list[Finding] = []
    for finding in findings:
        anchored = _anchor(finding, change)
        for new in anchored:
            _add(new, drafts, change)
        if not anchored:
            elsewhere.append(finding)
    return drafts, elsewhere


def distinct(findings: Iterable[Finding]) -> list[Finding]:
    """Each finding once, in order."""
    return list({key(finding): finding for finding in findings}.values())


def _anchor(finding: Finding, change: Change) -> list[Draft]:
    fix = finding.fix
    parts: tuple[Suggestion, ...] = ()
    if fix is not None and fix.verified is not False:
        parts = plan(fix.edits, change.texts, change.files)
    if not parts:
        lines = _lines(finding, change)
        return [Draft(finding.path, *lines, (finding,))] if lines else []
    # the part at the finding itself comes first; it carries the explanation
    ordered = sorted(parts, key=lambda part: _distance(part, finding))
    return [
        Draft(part.path, part.start, part.end, (finding,), part, (number, len(ordered)))
        for number, part in enumerate(ordered, 1)
    ]


def _distance(part: Suggestion, finding: Finding) -> tuple[bool, int]:
    inside = part.start <= finding.line <= part.end
    nearest = min(abs(part.start - finding.line), abs(part.end - finding.line))
    return part.path != finding.path, 0 if inside else nearest


def _lines(finding: Finding, change: Change) -> tuple[int, int] | None:
    """The finding's lines if all are in one hunk, else those of them that begin it."""
    file = change.files.get(finding.path)
    if file is None:
        return None
    end = max(finding.line, finding.end_line)
    if end - finding.line < LONGEST_ANCHOR and file.hunk_at(finding.line, end):
        return finding.line, end
    return (finding.line, finding.line) if file.hunk_at(finding.line) else None


def _add(new: Draft, drafts: list[Draft], change: Change) -> None:
    """Append the draft, or merge it into one that suggests something for the same lines."""
    for index, old in enumerate(drafts):
        if old.suggestion is None or new.suggestion is None:
            continue
        if not old.suggestion.overlaps(new.suggestion):
            continue
        drafts[index] = _merged(old, new, change)
        return
    drafts.append(new)


def _merged(old: Draft, new: Draft, change: Change) -> Draft:
    assert old.suggestion is not None
    assert new.suggestion is not None
    findings = tuple(distinct((*old.findings, *new.findings)))
    both = merge(old.suggestion, new.suggestion, change.texts[old.path])
    file = change.files[old.path]
    if both is None or not is_suggestible(both, file):
        return replace(old, findings=findings, unmerged=(*old.unmerged, *new.findings))
    part = max(old.part, new.part, key=lambda part: part[1])
    return replace(
        old, start=both.start, line=both.end, findings=findings, suggestion=both, part=part
    )


def render(made: Draft, change: Change, rules_url: str = "") -> Comment:
    """The draft as GitHub shows it."""
    text = "\n\n".join(_explanation(one, made, change, rules_url) for one in made.findings)
    # half a suggestion would commit half a fix, so it is the explanation that is shortened
    block = f"\n\n{wording.suggest(made.suggestion)}" if made.suggestion is not None else ""
    marks = mark(memory(one, posted=True, tried=wording.numbers(one)) for one in made.findings)
    room = wording.LONGEST_BODY - len(block.encode()) - len(marks) - 2
    body = f"{wording.shorten(text, room)}{block}\n\n{marks}"
    return Comment(made.path, made.start, made.line, body)


def _explanation(finding: Finding, made: Draft, change: Change, rules_url: str) -> str:
    number, total = made.part
    fix = finding.fix
    if number > 1 and len(made.findings) == 1:
        what = wording.plain(fix.description) if fix else ""
        return f"{wording.code(finding.rule)}, part {number} of {total} of its fix: {what}"
    lines = [wording.headline(finding), *wording.proof(finding)]
    has_fix = fix is not None and fix.verified is not False
    is_suggested = made.suggestion is not None and finding not in made.unmerged
    if fix is not None and has_fix and is_suggested:
        together = f" Apply its {total} parts in one batch." if total > 1 else ""
        lines.append(
            f"Suggested: {wording.plain(fix.description)} {wording.checked(finding)}{together}"
        )
    elif has_fix:
        lines.append(wording.proposal(finding, change.texts))
    lines += wording.background(finding, rules_url)
    return "\n\n".join(line for line in lines if line)
