"""Tried edits that a commit could apply, kept in the check run of the head commit they are for.

GitHub holds them, hidden in the check run's text, which only our App can write: so they belong to
exactly one head commit, survive the loss of the database, and need no store of ours to hold a
private repository's code. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from analyzer import Edit, Finding
from worker.told import HARMLESS

LONGEST_KEPT = 30_000  # bytes; larger edits are left to the suggestions

_HIDDEN = re.compile(r"<!-- faultline:repairs (\[.*\]) -->")


@dataclass(frozen=True, slots=True)
class Repair:
    """One finding's tried edits.

    Attributes:
        line: of the finding.
    """

    rule: str
    path: str
    line: int
    description: str
    edits: tuple[Edit, ...]


def repairs_of(findings: Iterable[Finding]) -> tuple[Repair, ...]:
    """Of the findings that the change brought, and whose edit was tried and helped."""
    found = []
    for finding in findings:
        fix = finding.fix
        if fix is None or not fix.verified or finding.introduced is False:
            continue
        found.append(Repair(finding.rule, finding.path, finding.line, fix.description, fix.edits))
    return tuple(found)


def hide(repairs: Sequence[Repair]) -> str:
    """The hidden comment that keeps them, as many as fit; nothing without any."""
    rows: list[str] = []
    for one in repairs:
        edits = [[e.path, e.start_line, e.end_line, e.replacement] for e in one.edits]
        fields = [one.rule, one.path, one.line, one.description, edits]
        row = json.dumps(fields).translate(HARMLESS)
        if sum(map(len, rows)) + len(row) + len(rows) <= LONGEST_KEPT:
            rows.append(row)
    return f"<!-- faultline:repairs [{','.join(rows)}] -->" if rows else ""


def read_repairs(text: str) -> tuple[Repair, ...]:
    """Those that a check run's text keeps, in its last line.

    What stands above quotes names of files, which a stranger may have chosen to look like ours.
    """
    found = []
    kept = _HIDDEN.fullmatch(text.rstrip().rpartition("\n")[2])
    for rule, path, line, description, edits in json.loads(kept[1]) if kept else ():
        made = tuple(
            Edit(path=name, start_line=start, end_line=end, replacement=new)
            for name, start, end, new in edits
        )
        found.append(Repair(rule, path, line, description, made))
    return tuple(found)
