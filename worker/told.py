"""What was told on GitHub earlier: hidden marks in our own texts, and who is who after a push.

GitHub itself holds the truth about what was posted: a worker that died between posting and
recording, and a database that was lost, make no difference. A mark is an HTML comment with JSON;
only marks in texts of our own App count, and of these only the lines at the end: what stands above
quotes a stranger's code and names of files, which may look like a mark. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from analyzer import Finding

LONGEST_MESSAGE = 300  # characters of a message that a mark repeats
LONGEST_MARK = 12_000  # bytes of all marks in one text
NEARBY = 25  # lines; within them the same rule's finding is the same one with its code edited

_HIDDEN = re.compile(r"<!-- faultline:[^\n]* -->")
_MARK = re.compile(r"<!-- faultline:told (\[.*\]) -->")
_FIXED = re.compile(r"<!-- faultline:fixed (\[.*\]) -->")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A finding of the review before, and whether it was posted.

    Attributes:
        tried: what the experiment with its edit had shown, in a few words.
    """

    fingerprint: str
    rule: str
    path: str
    line: int
    message: str
    severity: str = "error"
    posted: bool = True
    tried: str = ""


def identity(finding: Finding) -> str:
    """What makes it the same finding in two reviews of one file."""
    place = f"{finding.rule}:{finding.path}:{finding.line}:{finding.message}"
    return finding.fingerprint or place


def key(finding: Finding) -> tuple[str, str]:
    """What makes it the same finding in one report."""
    return finding.path, identity(finding)


def memory(finding: Finding, *, posted: bool, tried: str = "") -> Earlier:
    """What the next review must know of it."""
    return Earlier(
        fingerprint=identity(finding),
        rule=finding.rule,
        path=finding.path,
        line=finding.line,
        message=finding.message,
        severity=finding.severity,
        posted=posted,
        tried=tried,
    )


def mark(told: Iterable[Earlier], limit: int = LONGEST_MARK) -> str:
    """The hidden comment that remembers them; as many as fit."""
    rows = []
    for one in told:
        fields = (one.fingerprint, one.rule, one.path, one.line, one.severity, one.tried)
        rows.append(_hidden([*fields, one.message[:LONGEST_MESSAGE]]))
    return _comment("told", rows, limit)


def mark_fixed(fixed: Iterable[Earlier], limit: int = LONGEST_MARK) -> str:
    """The hidden comment that remembers which findings a review called fixed; as many as fit."""
    return _comment("fixed", [_hidden([one.path, one.fingerprint]) for one in fixed], limit)


def _comment(name: str, rows: Sequence[str], limit: int) -> str:
    kept: list[str] = []
    for row in rows:
        if sum(map(len, kept)) + len(row) + len(kept) > limit:
            break
        kept.append(row)
    return f"<!-- faultline:{name} [{','.join(kept)}] -->" if kept else ""


HARMLESS = str.maketrans({letter: f"\\u{ord(letter):04x}" for letter in "<>&-@`!"})


def _hidden(value: Sequence[str | int]) -> str:
    """JSON, in ASCII, that cannot end an HTML comment; these letters occur in its strings alone."""
    return json.dumps(value).translate(HARMLESS)


def marks_of(text: str) -> tuple[str, ...]:
    """The hidden lines at the end of a text of ours, from the last one up."""
    lines = text.rstrip().splitlines()
    return tuple(takewhile(_HIDDEN.fullmatch, reversed(lines)))


def without_marks(text: str) -> tuple[str, str]:
    """What people read of a text of ours, and the hidden lines at its end."""
    marks = "\n".join(reversed(marks_of(text)))
    return text.rstrip().removesuffix(marks).rstrip(), marks


def read_marks(text: str) -> tuple[Earlier, ...]:
    """The findings that a text of ours remembers; whatever is not ours is passed over."""
    return tuple(one for row in _rows(_MARK, text) if (one := _row(row)) is not None)


def read_fixed(text: str) -> frozenset[tuple[str, str]]:
    """Path and fingerprint of the findings that a review of ours called fixed."""
    return frozenset(
        (row[0], row[1])
        for row in _rows(_FIXED, text)
        if isinstance(row, list) and len(row) == 2 and all(isinstance(v, str) for v in row)
    )


def _rows(pattern: re.Pattern[str], text: str) -> Iterator[object]:
    for found in filter(None, map(pattern.fullmatch, marks_of(text))):
        try:
            yield from json.loads(found[1])
        except (ValueError, RecursionError):
            continue


def _row(row: object) -> Earlier | None:
    kinds = (str, str, str, int, str, str, str)
    if not isinstance(row, list) or len(row) != len(kinds):
        return None
    if not all(isinstance(value, kind) for value, kind in zip(row, kinds, strict=True)):
        return None
    fingerprint, rule, path, line, severity, tried, message = row
    return Earlier(fingerprint, rule, path, line, message, severity, True, tried)


def same(
    findings: Sequence[Finding],
    told: Sequence[Earlier],
    present: Collection[str],
    renamed: Mapping[str, str],
    *,
    edited: bool = True,
) -> dict[int, Finding]:
    """Which of the findings are the ones told earlier: index in `told` to finding.

    First those with the same path and fingerprint; then those whose file has another name now;
    then, where only the code of the place was edited, those of the same rule nearby, the nearest
    first. Nobody is told twice about one fault because its line was touched.

    Args:
        present: paths of the files that are there now.
        renamed: paths before to paths now.
        edited: whether the third kind counts.
    """
    pairs: dict[int, Finding] = {}

    def is_exact(one: Earlier, finding: Finding) -> bool:
        return one.fingerprint == identity(finding) and one.path == finding.path

    def has_moved(one: Earlier, finding: Finding) -> bool:
        if one.fingerprint != identity(finding):
            return False
        return renamed.get(one.path) == finding.path or one.path not in present

    def is_edited(one: Earlier, finding: Finding) -> bool:
        is_near = abs(one.line - finding.line) <= NEARBY
        is_here = finding.path in (one.path, renamed.get(one.path))
        return edited and is_near and is_here and one.rule == finding.rule

    for is_same in (is_exact, has_moved, is_edited):
        _pair(findings, told, is_same, pairs)
    return pairs


def _pair(
    findings: Sequence[Finding],
    told: Sequence[Earlier],
    is_same: Callable[[Earlier, Finding], bool],
    pairs: dict[int, Finding],
) -> None:
    """Add pairs of those that have none yet."""
    taken = {key(finding) for finding in pairs.values()}
    for index, one in enumerate(told):
        if index in pairs:
            continue
        fitting = [f for f in findings if key(f) not in taken and is_same(one, f)]
        if fitting:
            line = one.line
            nearest = min(fitting, key=lambda finding: abs(finding.line - line))
            pairs[index] = nearest
            taken.add(key(nearest))
