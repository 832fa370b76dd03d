"""The diff of a pull request as GitHub makes it, and which lines of it can carry a comment.

`changed_files` runs git; everything else is pure. A *row* is one line of a patch below a hunk
header: added (`+`), deleted (`-`) or context (a space). Line numbers are 1-based; `position` is
GitHub's older address, the count of rows below the file's first header, later headers included.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from worker.demo.github_standin.git import GitRepository

# Documented for the site: files beyond this are listed without a patch.
MAX_PATCH_LINES = 3_000
MAX_PATCH_BYTES = 100_000

_HEADER = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_STATUS = {"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied"}


@dataclass(frozen=True)
class Row:
    kind: str
    old: int | None
    new: int | None
    text: str
    position: int

    def number(self, side: str) -> int | None:
        """The row's line number on LEFT (before) or RIGHT (after); None when it is not there."""
        return self.old if side == "LEFT" else self.new


@dataclass(frozen=True)
class Hunk:
    header: str
    rows: tuple[Row, ...]

    def text_to(self, row: Row) -> str:
        """The hunk from its header to `row`: what GitHub shows above a comment."""
        upto = self.rows[: self.rows.index(row) + 1]
        return "\n".join([self.header, *(f"{one.kind}{one.text}" for one in upto)])

    def between(self, first: Row, last: Row) -> tuple[Row, ...]:
        return self.rows[self.rows.index(first) : self.rows.index(last) + 1]


@dataclass(frozen=True)
class ChangedFile:
    """One file of a diff; `patch` is None where GitHub leaves it out, and `hunks` with it."""

    path: str
    previous_path: str | None
    status: str
    sha: str
    additions: int
    deletions: int
    patch: str | None
    hunks: tuple[Hunk, ...]

    def find(self, side: str, line: int) -> tuple[Hunk, Row] | None:
        for hunk in self.hunks:
            for row in hunk.rows:
                if row.number(side) == line and row.kind in _KINDS[side]:
                    return hunk, row
        return None

    def at_position(self, position: int) -> tuple[Hunk, Row] | None:
        for hunk in self.hunks:
            for row in hunk.rows:
                if row.position == position:
                    return hunk, row
        return None


_KINDS = {"LEFT": "- ", "RIGHT": "+ "}


def changed_files(git: GitRepository, base: str, head: str) -> tuple[ChangedFile, ...]:
    """The files that differ between two commits, with renames found, in git's order."""
    options = ("-M", "--no-ext-diff", "--no-textconv", "--no-color")
    raw = git.run("diff", "--raw", "-z", "--no-abbrev", *options, base, head)
    patches = git.run("diff", "--patch", "--full-index", *options, base, head)
    sections = iter(_sections(patches.decode(errors="replace")))
    return tuple(_changed(record, sections) for record in _records(raw.decode(errors="replace")))


def _records(raw: str) -> list[list[str]]:
    """Splits `--raw -z` into [status, old sha, new sha, path, ...], renames with two paths."""
    fields = iter(raw.split("\0"))
    records = []
    for facts in fields:
        if not facts:
            continue
        _, _, old, new, status = facts.split(" ")
        paths = list(islice(fields, 2 if status[0] in "RC" else 1))
        records.append([status[0], old, new, *paths])
    return records


def _sections(patch: str) -> list[str]:
    """Cuts git's output at its `diff --git` lines, which no patch row can look like."""
    starts = [match.start() for match in re.finditer(r"(?m)^diff --git ", patch)]
    return [patch[start:end] for start, end in zip(starts, [*starts, None][1:], strict=True)]


def _changed(record: list[str], sections: Iterator[str]) -> ChangedFile:
    status, old, new, *paths = record
    section = next(sections)
    if status == "T":  # a file became a link: git writes a removal and an addition
        section = section + next(sections)
    patch = None if status == "T" else _patch(section)
    hunks = parse_hunks(patch) if patch else ()
    kinds = [row.kind for hunk in hunks for row in hunk.rows]
    added, deleted = kinds.count("+"), kinds.count("-")
    if patch is not None and _too_large(patch, added + deleted):
        patch, hunks = None, ()
    sha = old if status == "D" else new
    previous = paths[0] if status in "RC" else None
    named = _STATUS.get(status, "changed")
    return ChangedFile(paths[-1], previous, named, sha, added, deleted, patch, hunks)


def _patch(section: str) -> str | None:
    """The part from the first hunk header on; None for binaries, pure renames, mode changes."""
    start = re.search(r"(?m)^@@ ", section)
    return None if start is None else section[start.start() :].removesuffix("\n")


def _too_large(patch: str, changes: int) -> bool:
    return changes > MAX_PATCH_LINES or len(patch.encode()) > MAX_PATCH_BYTES


def parse_hunks(patch: str) -> tuple[Hunk, ...]:
    """Reads a patch that starts at a hunk header. A row's own length comes from the header's
    counts, so that a deleted line that looks like a header cannot mislead."""
    lines = patch.split("\n")
    hunks: list[Hunk] = []
    at = 0
    while at < len(lines):
        header = _HEADER.match(lines[at])
        if header is None:
            at += 1
            continue
        rows, after = _rows(lines, at + 1, header)
        hunks.append(Hunk(lines[at], rows))
        at = after
    return tuple(hunks)


def _rows(lines: list[str], at: int, header: re.Match[str]) -> tuple[tuple[Row, ...], int]:
    """The rows below one header, and the index of the first line after them.

    Line 0 of the patch is the first header, so a row's index is its `position`.
    """
    old, old_left, new, new_left = (int(g) if g is not None else 1 for g in header.groups())
    rows: list[Row] = []
    while at < len(lines) and (old_left or new_left or lines[at].startswith("\\")):
        kind, text = lines[at][:1] or " ", lines[at][1:]
        if kind != "\\":
            in_old, in_new = kind in "- ", kind in "+ "
            rows.append(Row(kind, old if in_old else None, new if in_new else None, text, at))
            old, old_left = old + in_old, old_left - in_old
            new, new_left = new + in_new, new_left - in_new
        at += 1
    return tuple(rows), at


def moved_line(git: GitRepository, old: str, new: str, path: str, line: int) -> int | None:
    """Where `line` of `path` at commit `old` stands at `new`; None when it changed or went."""
    arguments = ("--unified=0", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames")
    patch = _patch(git.run("diff", *arguments, old, new, "--", path).decode(errors="replace"))
    shift = 0
    for hunk in parse_hunks(patch) if patch else ():
        removed = [row.old for row in hunk.rows if row.kind == "-"]
        added = sum(row.kind == "+" for row in hunk.rows)
        if line in removed:
            return None
        if _first_old_line(hunk, len(removed)) > line:
            break
        shift += added - len(removed)
    return line + shift


def _first_old_line(hunk: Hunk, removed: int) -> int:
    """The first old line behind the hunk's start: `-5,0` inserts *after* line 5."""
    header = _HEADER.match(hunk.header)
    start = int(header[1]) if header else 0
    return start if removed else start + 1
