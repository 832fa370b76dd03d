"""Edits as suggestions: which whole lines are replaced by which, within one hunk.

GitHub replaces the commented lines by the content of the suggestion block. It refuses ranges that
leave their hunk, and a person cannot apply two suggestions on the same line in one go; so edits
are cut down to the lines that change, and edits of one line are merged.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff

from analyzer import Edit
from worker.diff import ChangedFile

LONGEST_SUGGESTION = 25  # lines; a longer one is shown in several parts
LARGEST_SUGGESTION = 20_000  # bytes; it is never cut, and leaves room for the explanation
MOST_PARTS = 4  # suggestions for one fix; beyond, it is shown as a diff


@dataclass(frozen=True, slots=True)
class Text:
    """A file as git sees it: lines without their line feeds, a carriage return kept."""

    lines: tuple[str, ...]

    @classmethod
    def of(cls, content: bytes) -> Text | None:
        """None when the file is not UTF-8, or its lines are not the ones that git counts."""
        if b"\0" in content or has_lone_returns(content):
            return None
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError:
            return None
        lines = text.split("\n")
        return cls(tuple(lines[:-1] if lines[-1] == "" else lines))

    @property
    def ending(self) -> str:
        """What stands before the line feed in most lines: a carriage return or nothing."""
        returns = sum(line.endswith("\r") for line in self.lines)
        # the last line may have no ending at all
        return "\r" if returns and 2 * returns >= len(self.lines) else ""


def has_lone_returns(content: bytes) -> bool:
    """Whether there are carriage returns that belong to no line ending of git's."""
    return re.search(rb"\r(?!\n)", content) is not None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Replace the lines start..end (1-based, inclusive) of the head's file by other lines."""

    path: str
    start: int
    end: int
    lines: tuple[str, ...]

    def overlaps(self, other: Suggestion) -> bool:
        """Whether both touch a line."""
        return self.path == other.path and self.start <= other.end and other.start <= self.end


def plan(
    edits: Sequence[Edit], texts: Mapping[str, Text], files: Mapping[str, ChangedFile]
) -> tuple[Suggestion, ...]:
    """Suggestions that together are the fix; none when GitHub would not take all of them."""
    parts: list[Suggestion] = []
    for path in dict.fromkeys(edit.path for edit in edits):
        if path not in texts or path not in files:
            return ()
        changed = apply_edits(texts[path], [edit for edit in edits if edit.path == path])
        if changed is None:
            return ()
        pieces = _pieces(path, texts[path].lines, changed)
        whole = _join(pieces, texts[path].lines)
        if whole and is_suggestible(whole, files[path]):
            parts.append(whole)
        else:
            parts += [part for piece in pieces for part in _split(piece, files[path])]
    fits = all(is_suggestible(part, files[part.path]) for part in parts)
    return tuple(parts) if fits and len(parts) <= MOST_PARTS else ()


def is_suggestible(part: Suggestion, file: ChangedFile) -> bool:
    """Whether GitHub would take it: of a fair size, in one hunk, no deleted row in between."""
    if sum(len(line.encode()) for line in part.lines) > LARGEST_SUGGESTION:
        return False
    hunk = file.hunk_at(part.start, part.end)
    return hunk is not None and hunk.is_unbroken(part.start, part.end)


def apply_edits(text: Text, edits: Sequence[Edit]) -> tuple[str, ...] | None:
    """The file's lines after the edits; None when they overlap or leave the file."""
    lines, limit = list(text.lines), len(text.lines) + 1
    for edit in sorted(edits, key=lambda edit: edit.start_line, reverse=True):
        if not edit.start_line <= edit.end_line < limit:
            return None
        lines[edit.start_line - 1 : edit.end_line] = _replacement(edit, text.ending)
        limit = edit.start_line
    return tuple(lines)


def _replacement(edit: Edit, ending: str) -> list[str]:
    if edit.replacement == "":
        return []
    rows = edit.replacement.removesuffix("\n").split("\n")
    return [row.removesuffix("\r") + ending for row in rows]


def _pieces(path: str, old: Sequence[str], new: Sequence[str]) -> list[Suggestion]:
    """The smallest runs of lines that differ; an insertion repeats the line before it."""
    pieces = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        lines = tuple(new[j1:j2])
        if i1 < i2:
            pieces.append(Suggestion(path, i1 + 1, i2, lines))
        elif pieces and pieces[-1].end == i1:  # something was put above this line, too
            above = pieces.pop()
            pieces.append(Suggestion(path, above.start, i1, (*above.lines, *lines)))
        elif i1 > 0:
            pieces.append(Suggestion(path, i1, i1, (old[i1 - 1], *lines)))
        elif old:
            pieces.append(Suggestion(path, 1, 1, (*lines, old[0])))
    return pieces


def _split(piece: Suggestion, file: ChangedFile) -> list[Suggestion]:
    """Cut above the rows where something was deleted, if lines are replaced one by one."""
    hunk = file.hunk_at(piece.start, piece.end)
    if hunk is None or piece.end - piece.start + 1 != len(piece.lines):
        return [piece]
    cuts = [gap for gap in sorted(hunk.gaps) if piece.start < gap <= piece.end]
    starts, ends = [piece.start, *cuts], [*(cut - 1 for cut in cuts), piece.end]
    return [
        Suggestion(piece.path, start, end, piece.lines[start - piece.start : end - piece.start + 1])
        for start, end in zip(starts, ends, strict=True)
    ]


def _join(pieces: Sequence[Suggestion], old: Sequence[str]) -> Suggestion | None:
    """All pieces as one, when they are near to each other."""
    if not pieces or pieces[-1].end - pieces[0].start >= LONGEST_SUGGESTION:
        return None
    lines: list[str] = []
    done = pieces[0].start - 1
    for piece in pieces:
        lines += [*old[done : piece.start - 1], *piece.lines]
        done = piece.end
    return Suggestion(pieces[0].path, pieces[0].start, done, tuple(lines))


def merge(one: Suggestion, other: Suggestion, text: Text) -> Suggestion | None:
    """Both in one, when they change different words; None when they are at odds."""
    start, end = min(one.start, other.start), max(one.end, other.end)
    base = "\n".join(text.lines[start - 1 : end])
    both = merge_words(base, _widen(one, start, end, text), _widen(other, start, end, text))
    if both is None:
        return None
    merged = Suggestion(one.path, start, end, tuple(both.split("\n")) if both else ())
    before = "\n".join(text.lines)
    after = "\n".join((*text.lines[: start - 1], *merged.lines, *text.lines[end:]))
    return merged if _parses(after) or not _parses(before) else None


def _widen(part: Suggestion, start: int, end: int, text: Text) -> str:
    above, below = text.lines[start - 1 : part.start - 1], text.lines[part.end : end]
    return "\n".join((*above, *part.lines, *below))


def merge_words(base: str, one: str, other: str) -> str | None:
    """Apply the differences base→one and base→other both, word by word; None on a conflict."""
    words = _words(base)
    changes = sorted({*_changes(words, _words(one)), *_changes(words, _words(other))})
    merged, done = [], 0
    previous: tuple[int, int] | None = None
    for start, end, new in changes:
        if previous is not None and (start < previous[1] or start == previous[0]):
            return None
        merged += [*words[done:start], *new]
        done, previous = end, (start, end)
    return "".join([*merged, *words[done:]])


def _words(text: str) -> list[str]:
    return re.findall(r"\w+(?:\.\w+)*|\s+|.", text)


def _changes(old: list[str], new: list[str]) -> list[tuple[int, int, tuple[str, ...]]]:
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [(i1, i2, tuple(new[j1:j2])) for tag, i1, i2, j1, j2 in codes if tag != "equal"]


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def as_diff(edits: Sequence[Edit], texts: Mapping[str, Text]) -> str:
    """The edits as a unified diff, for a fix that cannot be a suggestion."""
    rows: list[str] = []
    for path in dict.fromkeys(edit.path for edit in edits):
        text = texts.get(path)
        if text is None:
            continue
        changed = apply_edits(text, [edit for edit in edits if edit.path == path])
        if changed is None:
            continue
        old, new = ([line.rstrip("\r") for line in lines] for lines in (text.lines, changed))
        rows += unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(rows)


def block(content: Sequence[str], kind: str) -> str:
    """A fenced block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for line in content for run in re.findall(r"`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join((fence + kind, *content, fence))
