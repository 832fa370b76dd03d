"""Jupyter notebooks: code cells as one script, and every script line's place in the file.

A notebook is JSON (nbformat 4). Its usual layout writes one source line as one JSON string on a
line of its own, so that a GitHub suggestion can replace exactly that line; where a cell's source
is one long string, the whole JSON line that holds it is what changes.
"""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from analyzer.errors import EditError, SourceError
from analyzer.source.magics import without_commands

_DECODER = json.JSONDecoder(strict=False)
_LINES = re.compile(r"[^\n]*\n|[^\n]+")


class Cell(NamedTuple):
    """A place in a notebook: the code cell and the line in it, both from 1."""

    cell: int
    line: int


@dataclass(frozen=True, slots=True)
class Element:
    """One JSON string of a cell's source: characters start..end of the file, quotes included.

    It holds the script lines first..last (1-based, inclusive) of code cell `cell`.
    """

    cell: int
    start: int
    end: int
    first: int
    last: int
    text: str
    alone: bool


@dataclass(frozen=True, slots=True)
class Notebook:
    """The mapping between a notebook's file and its script.

    Attributes:
        script: the code cells, one after the other, notebook commands made harmless.
        original: the script's lines as the cells have them, without line breaks.
        raw_text: the file.
        elements: the JSON strings that hold the script's lines, in order.
        cell_starts: script line at which each code cell starts.
    """

    script: str
    original: tuple[str, ...]
    raw_text: str
    elements: tuple[Element, ...]
    cell_starts: tuple[int, ...]

    def cell_of(self, script_line: int) -> Cell | None:
        """The code cell and the line in it; None when the notebook has no code."""
        if not self.cell_starts:
            return None
        number = max(bisect.bisect_right(self.cell_starts, script_line), 1)
        return Cell(number, script_line - self.cell_starts[number - 1] + 1)

    def file_line(self, script_line: int) -> int:
        """The line of the file that holds this script line."""
        element = self._element(script_line)
        return 1 if element is None else self._line_at(element.start)

    def script_lines(self, file_line: int) -> tuple[int, ...]:
        """The script lines that stand on this line of the file."""
        return tuple(
            line
            for element in self.elements
            if self._line_at(element.start) == file_line
            for line in range(element.first, element.last + 1)
        )

    def to_file_edit(self, start: int, end: int, replacement: str) -> tuple[int, int, str]:
        """Translate a replacement of script lines into one of whole lines of the file.

        Raises:
            EditError: the lines span cells, or one is a notebook command.
        """
        touched = [e for e in self.elements if e.last >= start and e.first <= end]
        if not touched or touched[0].cell != touched[-1].cell:
            raise EditError(f"script lines {start} to {end} do not lie in one notebook cell")
        new_lines = replacement.split("\n") if replacement else []
        self._refuse_commands(start, end)
        first, last = touched[0], touched[-1]
        if any(e.last == first.first or e.first == last.last for e in self._others(first, last)):
            raise EditError(f"script lines {start} to {end} are written in several JSON strings")
        before = self.original[first.first - 1 : start - 1]
        after = self.original[end : last.last]
        ends_with_break = _decoded(self.raw_text, last).endswith("\n")
        source = "\n".join((*before, *new_lines, *after)) + ("\n" if ends_with_break else "")
        return self._file_lines(first, last, source)

    def _others(self, first: Element, last: Element) -> Iterator[Element]:
        return (e for e in self.elements if e.start < first.start or e.start > last.start)

    def _refuse_commands(self, start: int, end: int) -> None:
        script = self.script.split("\n")
        for number in range(start, end + 1):
            if script[number - 1] != self.original[number - 1]:
                raise EditError(f"script line {number} is a notebook command")

    def _file_lines(self, first: Element, last: Element, source: str) -> tuple[int, int, str]:
        """Whole file lines from `first` to `last`, with `source` in place of their strings."""
        raw = self.raw_text
        line_start = raw.rfind("\n", 0, first.start) + 1
        line_end = raw.find("\n", last.end)
        line_end = len(raw) if line_end < 0 else line_end
        head, tail = raw[line_start : first.start], raw[last.end : line_end].rstrip("\r")
        if first.alone:
            strings = [_encoded(source)]
        else:
            strings = [_encoded(line) for line in _LINES.findall(source)] or ['""']
        indent = head if not head.strip() else " " * (len(head) - len(head.lstrip()) + 1)
        text = head + (",\n" + indent).join(strings) + tail
        return self._line_at(first.start), self._line_at(last.end - 1), text

    def _element(self, script_line: int) -> Element | None:
        for element in self.elements:
            if element.first <= script_line <= element.last:
                return element
        return self.elements[-1] if self.elements else None

    def _line_at(self, offset: int) -> int:
        return self.raw_text.count("\n", 0, offset) + 1


def read_notebook(path: str, raw_text: str) -> Notebook:
    """Read a notebook's code cells.

    Raises:
        SourceError: the text is no JSON, or no notebook of format 4.
    """
    try:
        document = json.loads(raw_text, strict=False)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        raise SourceError(
            f"the notebook is not valid JSON: {error}", path=path, line=line
        ) from None
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise SourceError(
            "expected a notebook of format 4 with a list of cells; open it in Jupyter and save "
            "it again",
            path=path,
        )
    return _join_cells(raw_text)


def _join_cells(raw: str) -> Notebook:
    original: list[str] = []
    script: list[str] = []
    elements: list[Element] = []
    starts: list[int] = []
    for number, strings in enumerate(_code_cells(raw), start=1):
        first = len(original) + 1
        starts.append(first)
        lines, placed = _place(raw, strings, number, first)
        original.extend(lines)
        script.extend(without_commands(lines))
        elements.extend(placed)
    text = "\n".join(script) + ("\n" if script else "")
    return Notebook(text, tuple(original), raw, tuple(elements), tuple(starts))


def _place(
    raw: str, strings: list[tuple[int, int]], cell: int, first: int
) -> tuple[list[str], list[Element]]:
    """The lines of one cell and the script lines that each of its JSON strings holds."""
    lines: list[str] = [""]
    elements = []
    for start, end in strings:
        pieces = _normalized(raw, start).split("\n")
        begin = first + len(lines) - 1
        lines[-1] += pieces[0]
        lines.extend(pieces[1:])
        held = len(pieces) - (2 if pieces[-1] == "" and len(pieces) > 1 else 1)
        alone = len(strings) == 1
        elements.append(Element(cell, start, end, begin, begin + held, pieces[0], alone))
    if len(lines) > 1 and lines[-1] == "":
        lines.pop()
    last = first + len(lines) - 1  # an empty string behind the last line break holds no line
    return lines, [element for element in elements if element.first <= last]


def _normalized(raw: str, start: int) -> str:
    text, _ = _string(raw, start)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _string(raw: str, position: int) -> tuple[str, int]:
    """The JSON string that starts at `position`, and where it ends."""
    end = _DECODER.raw_decode(raw, position)
    return str(end[0]), int(end[1])


def _decoded(raw: str, element: Element) -> str:
    return _normalized(raw, element.start)


def _encoded(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _code_cells(raw: str) -> Iterator[list[tuple[int, int]]]:
    """For each code cell the (start, end) of its source's JSON strings."""
    top = dict(_members(raw, _skip(raw, 0)))
    for start in _items(raw, top["cells"][0]):
        if raw[start] != "{":
            continue
        cell = dict(_members(raw, start))
        kind, source = cell.get("cell_type"), cell.get("source")
        if kind is None or source is None or raw[kind[0] : kind[1]] != '"code"':
            continue
        yield _strings(raw, *source)


def _strings(raw: str, start: int, end: int) -> list[tuple[int, int]]:
    if raw[start] == '"':
        return [(start, end)]
    if raw[start] != "[":
        return []
    return [(at, _end(raw, at)) for at in _items(raw, start) if raw[at] == '"']


def _members(raw: str, position: int) -> Iterator[tuple[str, tuple[int, int]]]:
    """The members of the JSON object at `position`, each with (start, end) of its value."""
    position = _skip(raw, position + 1)
    while raw[position] == '"':
        key, after = _string(raw, position)
        start = _skip(raw, _skip(raw, after) + 1)
        end = _end(raw, start)
        yield key, (start, end)
        position = _skip(raw, end)
        if raw[position] != ",":
            return
        position = _skip(raw, position + 1)


def _items(raw: str, position: int) -> Iterator[int]:
    """The start of each item of the JSON array at `position`."""
    position = _skip(raw, position + 1)
    while raw[position] != "]":
        yield position
        position = _skip(raw, _end(raw, position))
        if raw[position] == ",":
            position = _skip(raw, position + 1)


def _end(raw: str, position: int) -> int:
    return _DECODER.raw_decode(raw, position)[1]


def _skip(raw: str, position: int) -> int:
    while raw[position] in " \t\r\n":
        position += 1
    return position
