"""Smallest changes that may make a broken program parse; line numbers always stay.

Each candidate is a copy of all lines. They come in the order of how little they leave out; the
parser takes the first that gets furthest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.source.calls import SyntaxTrouble

MAX_BLOCK = 40
"""Lines that one repair may leave out."""

_PRINT = re.compile(r"^(\s*)(?:.*:\s*)?print\s+[^(=\s,.)\]}]|^\s*print\s*\(.*\)\s*%|^\s*print\s*>>")
_BARE_PRINT = re.compile(r"^(\s*)print\s+(.*)$")
_EXEC = re.compile(r"^\s*exec\s+[^(=\s]")
_EXCEPT = re.compile(r"^(\s*except\s+[\w.() ,]+?)\s*,\s*\w+\s*:")
_RAISE = re.compile(r"^(\s*raise\s+[\w.]+)\s*,.*$")
_OCTAL = re.compile(r"\b0(\d+)\b")
_CLOSERS = re.compile(r"unmatched '(.)'|closing parenthesis '(.)' does not match")


def is_python2(line: str) -> bool:
    """Whether this line is written in Python 2's syntax."""
    return bool(_PRINT.match(line) or _EXEC.match(line) or _EXCEPT.match(line) or "<>" in line)


def named(lines: list[str], trouble: SyntaxTrouble) -> SyntaxTrouble:
    """The trouble, with Python 2 named where the line is written in it."""
    line = lines[trouble.line - 1] if trouble.line <= len(lines) else ""
    if "print" in line and (_BARE_PRINT.match(line) or "call to 'print'" in trouble.message):
        return SyntaxTrouble(
            trouble.line, "Python 2 print statement: Python 3 needs parentheses, print(...)"
        )
    if is_python2(line):
        return SyntaxTrouble(trouble.line, f"Python 2 syntax: {trouble.message}")
    return trouble


def repairs(lines: list[str], trouble: SyntaxTrouble) -> Iterator[list[str]]:
    """Candidates for this trouble, the least intrusive first."""
    at = trouble.line - 1
    if at >= len(lines):
        return
    yield from _python2(lines, at)
    yield from _brackets(lines, at, trouble.message)
    yield from _blocks(lines, at, trouble.message)
    yield _without(lines, at, at)
    yield [*lines[:at], "", *lines[at + 1 :]]
    start = _statement_start(lines, at)
    if start < at:
        yield _without(lines, start, at)
    for more in (1, 2, 3, 5, 8, 13, 21, MAX_BLOCK):
        if at + more < len(lines):
            yield _without(lines, at, at + more)
            if start < at:
                yield _without(lines, start, at + more)


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]


def _without(lines: list[str], start: int, end: int) -> list[str]:
    """Lines start..end (0-based, inclusive) as one `pass`; a block's header keeps its body."""
    result = list(lines)
    indent = _indent(lines[start])
    header = start == end and lines[start].rstrip().endswith(":")
    result[start] = indent + ("if 1:" if header else "pass")
    for number in range(start + 1, end + 1):
        result[number] = ""
    return result


def _python2(lines: list[str], at: int) -> Iterator[list[str]]:
    """All Python 2 statements of the file at once: a file of them has hundreds."""
    if not is_python2(lines[at]) and not _OCTAL.search(lines[at]) and "raise" not in lines[at]:
        return
    result = []
    for line in lines:
        if bare := _BARE_PRINT.match(line):
            result.append(_plain_print(bare))
        elif _EXEC.match(line):
            result.append(_indent(line) + "pass")
        else:
            line = _EXCEPT.sub(r"\1:", line)
            result.append(_RAISE.sub(r"\1", line))
    yield result


def _plain_print(bare: re.Match[str]) -> str:
    """`pass` for a print statement; one that goes on in the next line keeps its bracket open."""
    rest = bare[2]
    opened = sum(rest.count(mark) for mark in "([{") - sum(rest.count(mark) for mark in ")]}")
    gap = " " * max(bare.start(2) - len(bare[1]) - 6, 0)
    return bare[1] + ("pass" if opened <= 0 else "print(" + gap + rest.replace("%", ",", 1))


def _brackets(lines: list[str], at: int, message: str) -> Iterator[list[str]]:
    """A stray closing bracket blanked; a missing one written at the end of the statement."""
    stray = _CLOSERS.search(message)
    if stray:
        mark = stray[1] or stray[2]
        for column in _positions(lines[at], mark):
            result = list(lines)
            result[at] = lines[at][:column] + " " + lines[at][column + 1 :]
            yield result
    if "was never closed" in message:
        mark = message[1:2]
        closer = {"(": ")", "[": "]", "{": "}"}.get(mark, ")")
        for end in _ends(lines, at):
            result = list(lines)
            body, _, comment = lines[end].partition("#")
            result[end] = body.rstrip().rstrip(",") + closer + ("  #" + comment if comment else "")
            yield result


def _positions(line: str, mark: str) -> Iterator[int]:
    """Columns of a mark in a line, the last first."""
    for column in range(len(line) - 1, -1, -1):
        if line[column] == mark:
            yield column


def _ends(lines: list[str], at: int) -> Iterator[int]:
    """Lines after which the statement of line `at` may end, by their indentation."""
    yield at
    width = len(_indent(lines[at]))
    for number in range(at + 1, min(at + MAX_BLOCK, len(lines))):
        if lines[number].strip() and len(_indent(lines[number])) <= width:
            if lines[number].lstrip()[0] in ")]}":
                yield number
            return
        if lines[number].strip():
            yield number


def _blocks(lines: list[str], at: int, message: str) -> Iterator[list[str]]:
    """Indentation: a missing body gets `pass`, an unexpected indent gets a header."""
    if "expected an indented block" in message:
        header = _header_above(lines, at)
        between = [n for n in range(header + 1, at) if _free(lines[n])]
        if between:
            result = list(lines)
            result[between[0]] = _indent(lines[header]) + "    pass"
            yield result
        result = list(lines)
        result[header] = _indent(lines[header]) + "pass"
        yield result
    if "unexpected indent" in message or "unindent does not match" in message:
        yield from _reindented(lines, at)


def _header_above(lines: list[str], at: int) -> int:
    for number in range(at - 1, -1, -1):
        if not _free(lines[number]):
            return number
    return 0


def _free(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _reindented(lines: list[str], at: int) -> Iterator[list[str]]:
    """A header in place of a blank or comment line above an unexpected indent."""
    above = _header_above(lines, at)
    if above + 1 < at:
        result = list(lines)
        result[at - 1] = _indent(lines[above]) + "if 1:"
        yield result
    width = len(_indent(lines[at]))
    end = at
    while end + 1 < len(lines) and (
        not lines[end + 1].strip() or len(_indent(lines[end + 1])) >= width
    ):
        end += 1
    result = list(lines)
    for number in range(at, end + 1):
        result[number] = ""
    yield result


def _statement_start(lines: list[str], at: int) -> int:
    """The line where the statement around line `at` begins, by its indentation."""
    width = len(_indent(lines[at]))
    for number in range(at - 1, max(at - MAX_BLOCK, -1), -1):
        if lines[number].strip() and len(_indent(lines[number])) < width:
            return number
    return at
