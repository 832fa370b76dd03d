"""Line edits: the difference of two texts as suggestions, and suggestions applied to a text."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from analyzer.errors import EditError
from analyzer.findings import Edit

Span = tuple[int, int, int, int]
"""Lines i1..i2 of the old text become lines j1..j2 of the new one (0-based, half-open)."""


def split_lines(text: str) -> list[str]:
    """Lines with their endings; only CR LF, LF and CR end a line, as in Python source."""
    lines = []
    start = 0
    for end in _line_ends(text):
        lines.append(text[start:end])
        start = end
    if start < len(text):
        lines.append(text[start:])
    return lines


def _line_ends(text: str) -> Iterator[int]:
    i = 0
    while i < len(text):
        if text[i] == "\r":
            i += 2 if text[i + 1 : i + 2] == "\n" else 1
            yield i
        elif text[i] == "\n":
            i += 1
            yield i
        else:
            i += 1


def ending_of(line: str) -> str:
    """The line's own ending, empty when it has none."""
    return line[len(line.rstrip("\r\n")) :]


def edits_between(path: str, before: str, after: str) -> tuple[Edit, ...]:
    """The smallest line edits that turn `before` into `after`, in order, none touching another.

    One blank line in place of a whole text cannot be said (an empty replacement deletes): it comes
    out as no line at all.
    """
    # Endings stay those of the old lines (`apply_edits`), so they make no difference here.
    old = [line.rstrip("\r\n") for line in split_lines(before)]
    new = [line.rstrip("\r\n") for line in split_lines(after)]
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    spans: list[Span] = []
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        span = _with_neighbour((i1, i2, j1, j2), old, new)
        if spans and span[0] < spans[-1][1]:
            span = (spans[-1][0], span[1], spans[-1][2], span[3])
            spans.pop()
        spans.append(span)
    return tuple(_edit(path, span, new) for span in spans)


def _with_neighbour(span: Span, old: Sequence[str], new: Sequence[str]) -> Span:
    """The span, with an unchanged neighbour line where the replacement alone would be ambiguous.

    An insertion needs a line that it follows, and since an empty replacement means deletion, a
    replacement by one blank line needs a neighbour to be told from it.
    """
    i1, i2, j1, j2 = span
    blank = j2 - j1 == 1 and not new[j1]
    if i1 < i2 and not blank:
        return span
    if i1 > 0:
        return (i1 - 1, i2, j1 - 1, j2)
    if i2 < len(old):
        return (i1, i2 + 1, j1, j2 + 1)
    return span


def _edit(path: str, span: Span, new: Sequence[str]) -> Edit:
    i1, i2, j1, j2 = span
    text = "\n".join(new[j1:j2])
    return Edit(path=path, start_line=i1 + 1, end_line=max(i2, 1), replacement=text)


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text after all edits, with the line endings of the lines that they replace.

    Raises:
        EditError: an edit lies outside the text, or two edits overlap.
    """
    lines = split_lines(text)
    last = len(lines) + 1
    for edit in sorted(edits, key=lambda edit: edit.start_line, reverse=True):
        if not 1 <= edit.start_line <= edit.end_line < last or edit.end_line > len(lines):
            message = f"lines {edit.start_line}-{edit.end_line} are outside the file or overlap"
            raise EditError(f"{edit.path}: {message}")
        start = edit.start_line - 1
        lines[start : edit.end_line] = _replacement(lines, start, edit)
        last = edit.start_line
    return "".join(lines)


def _replacement(lines: Sequence[str], start: int, edit: Edit) -> list[str]:
    if edit.replacement == "":
        return []
    ending = ending_of(lines[start]) or ending_of(lines[0]) or "\n"
    final = ending_of(lines[edit.end_line - 1])
    *body, tail = edit.replacement.split("\n")
    return [line + ending for line in body] + [tail + final]
