"""A file's patch, and the lines of it that GitHub lets a review comment on.

Only the new side matters here (`side: RIGHT`): added and context rows, by their number in the
head's file. Sources: the unified format as git writes it; GitHub's rule that a comment lies within
one hunk of the pull request's diff.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class PatchError(ValueError):
    """The text is not a patch of one file."""


@dataclass(frozen=True, slots=True)
class Hunk:
    """One hunk, seen from the new file.

    Attributes:
        first, last: numbers of its first and last row that exist in the new file (1-based);
            `last < first` when it has none.
        added: numbers of added rows.
        gaps: numbers of rows with deleted rows right above them; `last + 1` when they end it.
    """

    first: int
    last: int
    added: frozenset[int]
    gaps: frozenset[int]

    def contains(self, start: int, end: int) -> bool:
        """Whether all of the lines start..end are rows of this hunk."""
        return self.first <= start <= end <= self.last

    def is_unbroken(self, start: int, end: int) -> bool:
        """Whether no deleted row stands between the rows start..end."""
        return not any(start < gap <= end for gap in self.gaps)


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """One file of a pull request.

    Attributes:
        status: added, removed, modified, renamed, copied, changed or unchanged.
        hunks: None when GitHub shows no patch: binary, too large, or nothing but a rename.
    """

    path: str
    status: str
    previous_path: str | None = None
    hunks: tuple[Hunk, ...] | None = None

    def hunk_at(self, start: int, end: int | None = None) -> Hunk | None:
        """The hunk that holds all of the lines start..end of the new file."""
        end = start if end is None else end
        return next((hunk for hunk in self.hunks or () if hunk.contains(start, end)), None)

    def touches(self, start: int, end: int) -> bool:
        """Whether any of the lines start..end is commentable."""
        return any(hunk.first <= end and start <= hunk.last for hunk in self.hunks or ())


def parse_patch(patch: str) -> tuple[Hunk, ...]:
    """The hunks of one file's patch (without the `diff --git` head, or with it).

    Raises:
        PatchError: a hunk does not have as many rows as its header says.
    """
    # git ends rows with a line feed alone; a carriage return belongs to the row
    rows = iter(patch.split("\n"))
    return tuple(_hunk(header, rows) for row in rows if (header := _HEADER.match(row)))


def _hunk(header: re.Match[str], rows: Iterator[str]) -> Hunk:
    old_left, new_left = (1 if n is None else int(n) for n in header.group(2, 4))
    # git names the line before an empty side, so an emptied file begins at 0
    first = int(header[3]) if new_left else int(header[3]) + 1
    number, last = first, first + new_left - 1
    added, gaps = set(), set()
    while old_left > 0 or new_left > 0:
        row = next(rows, None)
        if row is None:
            raise PatchError(f"the hunk {header[0]!r} ends too early")
        if row.startswith("\\"):  # "No newline at end of file" is no row
            continue
        if row.startswith("-"):
            gaps.add(number)
        elif row.startswith("+"):
            added.add(number)
        elif row and not row.startswith(" "):  # an empty row is context that lost its space
            raise PatchError(f"unexpected row in the hunk {header[0]!r}: {row[:40]!r}")
        old_left -= not row.startswith("+")
        if not row.startswith("-"):
            number, new_left = number + 1, new_left - 1
    if old_left or new_left:
        raise PatchError(f"the hunk {header[0]!r} has more rows than it says")
    return Hunk(first, last, frozenset(added), frozenset(gaps))
