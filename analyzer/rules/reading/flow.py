"""Where a name's value comes from, as far as plain assignments show: a backward slice.

Made from the text, so that it works on files that do not parse. Statements at module level that
overwrite a name end the search for it; everything else is only added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.source.calls import SourceIndex

ASSIGNMENT = re.compile(r"^(?P<to>[\w\s.,()\[\]:*'\"-]+?)\s*(?P<op>[-+*/]?=)(?!=)(?P<of>.*)$", re.S)
LOOP = re.compile(r"^(?:async\s+)?for\s+(?P<to>.+?)\s+in\s+(?P<of>.+)$", re.S)
NAME = re.compile(r"(?<![\w.'\"])[A-Za-z_]\w*")
MOST_LINES = 40  # lines of one statement; beyond this the brackets are taken as broken


@dataclass(frozen=True, slots=True)
class Statement:
    """One logical line of the program.

    Attributes:
        line: where it starts, 1-based.
        indent: columns of indentation; 0 at module level.
        text: without comments, its lines joined.
    """

    line: int
    indent: int
    text: str


def statements(source: SourceIndex) -> Iterator[Statement]:
    """The program's logical lines, joined over open brackets and backslashes."""
    start, parts = 0, [""]
    for number, raw in enumerate(source.lines, 1):
        line = re.sub(r"(^|\s)#.*$", "", raw).rstrip()
        if not start:
            start, parts = number, []
        parts.append(line)
        text = "\n".join(parts)
        balance = sum(text.count(c) for c in "([{") - sum(text.count(c) for c in ")]}")
        if (balance > 0 or line.endswith("\\")) and len(parts) < MOST_LINES:
            continue
        if text.strip():
            yield Statement(start, len(text) - len(text.lstrip()), text.strip())
        start = 0


def _binding(text: str) -> re.Match[str] | None:
    """The targets and the value of an assignment or a loop; a call with keywords is neither."""
    match = LOOP.match(text) or ASSIGNMENT.match(text)
    return None if match is None or re.search(r"[\w\]]\s*\(", match["to"]) else match


def origins(source: SourceIndex, name: str | None) -> tuple[Statement, ...]:
    """The statements that the value of `name` at the end of the program comes from."""
    if name is None:
        return ()
    wanted = set(NAME.findall(name))
    found: list[Statement] = []
    for statement in reversed(list(statements(source))):
        match = _binding(statement.text)
        if match is None:
            continue
        targets = set(NAME.findall(match["to"]))
        if not targets & wanted:
            continue
        found.append(statement)
        plain = statement.indent == 0 and match.groupdict().get("op") == "="
        if plain and "[" not in match["to"]:
            wanted -= targets
        wanted |= set(NAME.findall(match["of"]))
    return tuple(reversed(found))


def names_bound(source: SourceIndex) -> frozenset[str]:
    """Every name that the program binds in any way; "*" when a star import may bind more."""
    bound: set[str] = set()
    for statement in statements(source):
        text = statement.text
        match = _binding(text)
        if match is not None:
            bound |= set(NAME.findall(match["to"]))
        if re.match(r"(from|import|def|class|async def|global|lambda|with|except)\b", text):
            bound |= set(NAME.findall(text))
            if re.search(r"import\s+\*", text):
                bound.add("*")
        bound |= _named_inside(text)
    return frozenset(bound)


def _named_inside(text: str) -> set[str]:
    """Names that an expression binds: with ``:=`` or ``as``."""
    pairs = re.findall(r"\b(\w+)\s*:=|\bas\s+(\w+)", text)
    return {name for pair in pairs for name in pair if name}
