"""The program's syntax tree, for places that no call of the source index names."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from analyzer.observed import Site
from analyzer.source.calls import SourceIndex


def tree_of(source: SourceIndex) -> ast.Module:
    """The tree of what can be parsed of the program; an empty one when nothing can."""
    text = source.readable if source.readable is not None else "\n".join(source.lines)
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module(body=[], type_ignores=[])


def place(node: ast.expr | ast.stmt, source: SourceIndex) -> Site:
    """The exact range of a node, in code points."""
    last = node.end_lineno or node.lineno
    return Site(
        path=source.path,
        line=node.lineno,
        column=_points(source, node.lineno, node.col_offset),
        end_line=last,
        end_column=_points(source, last, node.end_col_offset or 0),
    )


def _points(source: SourceIndex, line: int, column: int) -> int:
    """A UTF-8 byte offset as an offset in code points."""
    text = source.lines[line - 1] if 0 < line <= len(source.lines) else ""
    return column if text.isascii() else len(text.encode()[:column].decode("utf-8", "ignore"))


def written(node: ast.AST, source: SourceIndex) -> str:
    """The source text of a node."""
    text = source.readable if source.readable is not None else "\n".join(source.lines)
    return ast.get_source_segment(text, node) or ""


def around(tree: ast.Module, site: Site | None, source: SourceIndex) -> Sequence[ast.stmt]:
    """The statements that hold the site's first line, outermost first."""
    if site is None or site.path != source.path:
        return ()
    found: list[ast.stmt] = []
    body: Sequence[ast.stmt] = tree.body
    while True:
        inner = next((s for s in body if _first(s) <= site.line <= (s.end_lineno or 0)), None)
        if inner is None:
            return found
        found.append(inner)
        body = [s for s in ast.iter_child_nodes(inner) if isinstance(s, ast.stmt)]
        for handler in ast.iter_child_nodes(inner):
            if isinstance(handler, ast.ExceptHandler | ast.match_case):
                body = [*body, *handler.body]


def _first(statement: ast.stmt) -> int:
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(d.lineno for d in decorators)])


def calls_in(node: ast.AST, *names: str) -> Iterator[ast.Call]:
    """The calls of functions or methods with one of these names."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and name_of(inner.func) in names:
            yield inner


def name_of(node: ast.AST) -> str:
    """The last part of a dotted name: "step" of ``self.optimizer.step``."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
