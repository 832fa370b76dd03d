"""Parsing that does not give up: a program with syntax errors is read without the faulty lines.

The grammar is the interpreter's own (`ast`), which also runs the program in the sandbox. It says
the same words about a syntax error, takes 2 microseconds per character where libcst with positions
takes 30, and cannot be made to overflow the stack: libcst's parser ends the process on some
thousand nested signs. Formatting is kept where it matters, in the edits, which work on the text.
"""

from __future__ import annotations

import ast
import functools
import re
import warnings
from dataclasses import dataclass, field

from analyzer.observed import Site
from analyzer.source.calls import SyntaxTrouble
from analyzer.source.files import split_lines
from analyzer.source.repairs import named, repairs

MAX_ATTEMPTS = 15
"""Syntax errors mended one after the other before the rest of the file is left out."""

WORK_LIMIT = 3_000_000
"""Characters parsed altogether while mending: about six seconds on a slow machine."""

DEPTH_LIMIT = 90
"""Nesting of expressions and blocks that is read; deeper statements are left out."""

_UNREADABLE = re.compile("[\ud800-\udfff\0]")


Located = ast.expr | ast.stmt | ast.keyword | ast.arg


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed program.

    Attributes:
        path: relative to the root.
        lines: the original lines, without line breaks.
        tree: the program without the lines that do not parse; line numbers are the original's.
        troubles: what does not parse.
        repaired: lines that were read otherwise than they stand in the file.
        readable: the text that was parsed; as many lines as the file.
    """

    path: str
    lines: tuple[str, ...]
    tree: ast.Module
    troubles: tuple[SyntaxTrouble, ...] = ()
    repaired: frozenset[int] = frozenset()
    readable: str = ""
    _ascii: dict[int, bool] = field(default_factory=dict, compare=False, repr=False)
    _sites: dict[ast.AST, Site] = field(default_factory=dict, compare=False, repr=False)

    def site(self, node: Located) -> Site:
        """The range of a node, columns in code points.

        `ast` and the positions in CPython's code objects (`co_positions`) count UTF-8 bytes, so
        what a run reports is matched to these ranges by line and callee, not by column.
        """
        known = self._sites.get(node)
        if known is None:
            known = self._sites[node] = self._site(node)
        return known

    def _site(self, node: Located) -> Site:
        end_line = node.end_lineno or node.lineno
        end_column = node.end_col_offset or 0
        return Site(
            path=self.path,
            line=node.lineno,
            column=self._column(node.lineno, node.col_offset),
            end_line=end_line,
            end_column=self._column(end_line, end_column),
        )

    def text(self, node: Located) -> str:
        """The source text of a node."""
        site = self.site(node)
        return cut(self.lines, site)

    def _column(self, line: int, offset: int) -> int:
        if line > len(self.lines):
            return 0
        plain = self._ascii.get(line)
        if plain is None:
            plain = self._ascii[line] = self.lines[line - 1].isascii()
        if plain:
            return offset
        encoded = self.lines[line - 1].encode("utf-8", "replace")
        return len(encoded[:offset].decode("utf-8", "ignore"))


def cut(lines: tuple[str, ...], site: Site) -> str:
    """The text that stands at `site`, lines joined by "\\n"."""
    picked = list(lines[site.line - 1 : site.end_line])
    if not picked:
        return ""
    picked[-1] = picked[-1][: site.end_column]
    picked[0] = picked[0][site.column :]
    return "\n".join(picked)


@functools.lru_cache(maxsize=64)
def parse(path: str, text: str) -> Parsed:
    """Parse `text`; what does not parse is left out and named. Never fails."""
    # form feeds and the like stay; a character that no file can hold becomes a "?" of equal width
    lines = split_lines(_UNREADABLE.sub("?", text))
    kept, troubles, tree = _mend(list(lines))
    if isinstance(tree, SyntaxTrouble):
        return Parsed(path, lines, ast.Module([], []), (*troubles, tree))
    deep = _too_deep(tree)
    for node in deep:
        _leave_out(kept, node.lineno, node.end_lineno or node.lineno)
        troubles.append(SyntaxTrouble(node.lineno, "nested too deeply to be read"))
    if deep:
        again = _tree(kept)
        tree = ast.Module([], []) if isinstance(again, SyntaxTrouble) else again
    repaired = frozenset(
        n for n, pair in enumerate(zip(lines, kept, strict=True), 1) if pair[0] != pair[1]
    )
    ordered = tuple(sorted(troubles, key=lambda trouble: trouble.line))
    return Parsed(path, lines, tree, ordered, repaired, "\n".join(kept))


def first_trouble(text: str) -> SyntaxTrouble | None:
    """The syntax error that running this text would stop at, None when it parses."""
    tree = _tree(list(split_lines(_UNREADABLE.sub("?", text))))
    return tree if isinstance(tree, SyntaxTrouble) else None


def _tree(lines: list[str]) -> ast.Module | SyntaxTrouble:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse("\n".join(lines))
    except SyntaxError as error:
        line = min(max(error.lineno or 1, 1), max(len(lines), 1))
        return SyntaxTrouble(line, error.msg or "invalid syntax")
    except (ValueError, RecursionError, MemoryError):
        return SyntaxTrouble(1, "the program is nested too deeply to be read")


def _mend(
    lines: list[str],
) -> tuple[list[str], list[SyntaxTrouble], ast.Module | SyntaxTrouble]:
    """Leave out what does not parse, smallest part first; the lines keep their numbers."""
    troubles: list[SyntaxTrouble] = []
    work = 0
    size = sum(map(len, lines)) + len(lines)
    for _ in range(MAX_ATTEMPTS):
        tree = _tree(lines)
        if not isinstance(tree, SyntaxTrouble):
            return lines, troubles, tree
        troubles.append(named(lines, tree))
        best: tuple[int, list[str]] | None = None
        for candidate in repairs(lines, tree):
            work += size
            if work > WORK_LIMIT:
                break
            result = _tree(candidate)
            reach = result.line if isinstance(result, SyntaxTrouble) else len(lines) + 1
            if best is None or reach > best[0]:
                best = (reach, candidate)
            # the first, smallest one after which at least one more line is sound
            if reach > max(_last_changed(lines, candidate), tree.line) + 1 or reach > len(lines):
                best = (reach, candidate)
                break
        if best is None or best[0] <= tree.line:
            break
        lines = best[1]
    lines = _cut_off(lines, troubles)
    return lines, troubles, _tree(lines)


def _last_changed(before: list[str], after: list[str]) -> int:
    """The last line (1-based) that differs."""
    return max(
        (n for n, pair in enumerate(zip(before, after, strict=True), 1) if pair[0] != pair[1]),
        default=0,
    )


def _cut_off(lines: list[str], troubles: list[SyntaxTrouble]) -> list[str]:
    """Keep the longest beginning that parses: whole top-level statements before the trouble."""
    tree = _tree(lines)
    tries = 0
    while isinstance(tree, SyntaxTrouble) and tries < 5:
        if not any(trouble.line == tree.line for trouble in troubles):
            troubles.append(tree)
        end = tree.line - 1
        while end > 0 and (not lines[end - 1].strip() or lines[end - 1][0] in " \t)]}"):
            end -= 1
        lines = [*lines[: max(end - 1, 0)], *[""] * (len(lines) - max(end - 1, 0))]
        tree = _tree(lines)
        tries += 1
    return [""] * len(lines) if isinstance(tree, SyntaxTrouble) else lines


def _leave_out(lines: list[str], start: int, end: int) -> None:
    """Write `pass` in place of the statements on these lines."""
    indent = lines[start - 1][: len(lines[start - 1]) - len(lines[start - 1].lstrip())]
    lines[start - 1] = indent + "pass"
    for number in range(start, end):
        lines[number] = ""


def _too_deep(tree: ast.Module) -> list[ast.stmt]:
    """The smallest statements that hold nesting beyond the limit."""
    deep: dict[int, ast.stmt] = {}
    stack: list[tuple[ast.AST, int, ast.stmt | None]] = [(tree, 0, None)]
    while stack:
        node, depth, statement = stack.pop()
        if isinstance(node, ast.stmt) and (depth < DEPTH_LIMIT // 2 or statement is None):
            statement = node
        if depth > DEPTH_LIMIT and statement is not None:
            deep[statement.lineno] = statement
            continue
        stack.extend((child, depth + 1, statement) for child in ast.iter_child_nodes(node))
    return list(deep.values())
