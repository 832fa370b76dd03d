"""Changed files made by hand: which lines of them GitHub would let us comment on."""

from collections.abc import Iterable

from worker.diff import ChangedFile, Hunk


def whole_file(path: str, lines: int) -> ChangedFile:
    """A new file: every line is in the diff."""
    hunk = Hunk(1, lines, frozenset(range(1, lines + 1)), frozenset())
    return ChangedFile(path, "added", hunks=(hunk,))


def with_context(path: str, changed: Iterable[int], gaps: Iterable[int] = ()) -> ChangedFile:
    """A file with one hunk per changed line, and three lines of context around it."""
    deleted = frozenset(gaps)
    hunks = (Hunk(max(1, line - 3), line + 3, frozenset({line}), deleted) for line in changed)
    return ChangedFile(path, "modified", hunks=tuple(hunks))
