"""Where a name's value comes from, as far as plain assignments show: a backward slice.

Made from the text, so that it works on files that do not parse. Statements at module level that
overwrite a name end the search for it; everything else is only added.
"""

from __future__ import annotations

import ast
import re
import warnings
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
        indent = len(text) - len(text.lstrip())
        yield from (Statement(start, indent, part) for part in _parts(text))
        start = 0


def _parts(text: str) -> list[str]:
    """The statements of one logical line, which semicolons separate."""
    if ";" not in text:
        return [text.strip()] if text.strip() else []
    cuts, depth, quote = [-1], 0, ""
    for place, sign in enumerate(text):
        if quote:
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "([{":
            depth += 1
        elif sign in ")]}":
            depth -= 1
        elif sign == ";" and depth <= 0:
            cuts.append(place)
    ends = [*cuts[1:], len(text)]
    parts = [text[a + 1 : b].strip() for a, b in zip(cuts, ends, strict=True)]
    return [part for part in parts if part]


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


def lineage(source: SourceIndex, name: str) -> frozenset[str]:
    """The names whose values lead to `name`, itself among them."""
    bindings = [_binding(statement.text) for statement in origins(source, name)]
    values = [match["of"] for match in bindings if match is not None]
    return frozenset(word for text in (name, *values) for word in NAME.findall(text))


def names_bound(source: SourceIndex) -> frozenset[str]:
    """Every name that the program binds in any way; "*" when a star import may bind more."""
    tree = _tree(source)
    if tree is not None:
        return frozenset(name for node in ast.walk(tree) for name in _bound_by(node))
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


def _tree(source: SourceIndex) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse("\n".join(source.lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _bound_by(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.alias(name=name, asname=other):
            return (other or name.partition(".")[0],)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            return (name,)
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            return (name,)
        case _:
            return ()


def _named_inside(text: str) -> set[str]:
    """Names that an expression binds: with ``:=`` or ``as``."""
    pairs = re.findall(r"\b(\w+)\s*:=|\bas\s+(\w+)", text)
    return {name for pair in pairs for name in pair if name}
