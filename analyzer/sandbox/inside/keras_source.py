"""Where an argument of a call is written: from the call's source range to the argument's.

Pure reading of the user's own files with `ast`; the file is the one that the call's site names.
"""

from __future__ import annotations

import ast
import os
import tokenize
from typing import Any

from .sites import code_points

Position = tuple[int, int, int, int]


class SourceCalls:
    """Finds calls and their arguments in the user's files.

    Attributes:
        root: the folder that site paths are relative to.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self._files: dict[str, tuple[list[str], dict[Position, ast.Call]]] = {}

    def argument(
        self, site: dict[str, Any] | None, names: tuple[str, ...], position: int | None
    ) -> dict[str, Any] | None:
        """The range of the argument with one of these names, or at this position.

        None when the call is not found there or has no such argument.
        """
        if site is None:
            return None
        value = self._value(site, names, position)
        return None if value is None else _site_of(value, site["path"], self._read(site["path"])[0])

    def name_of(
        self, site: dict[str, Any], names: tuple[str, ...], position: int | None
    ) -> str | None:
        """The variable that is given as this argument; None for any other expression."""
        value = self._value(site, names, position)
        return value.id if isinstance(value, ast.Name) else None

    def _value(
        self, site: dict[str, Any], names: tuple[str, ...], position: int | None
    ) -> ast.expr | None:
        calls = self._read(site["path"])[1]
        call = calls.get((site["line"], site["column"], site["end_line"], site["end_column"]))
        return None if call is None else _argument(call, names, position)

    def names(self, path: str) -> tuple[set[str], set[str]]:
        """Dotted names that a file imports, and attributes of names that it uses ("tf.keras")."""
        imported: set[str] = set()
        used: set[str] = set()
        for node in ast.walk(_parsed("".join(self._read(path)[0]))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used.add(f"{node.value.id}.{node.attr}")
        return imported, used

    def _read(self, path: str) -> tuple[list[str], dict[Position, ast.Call]]:
        if path not in self._files:
            try:
                with tokenize.open(os.path.join(self.root, path)) as file:
                    source = file.read()
            except (OSError, SyntaxError, UnicodeDecodeError):
                source = ""
            lines = source.splitlines(keepends=True)
            self._files[path] = lines, _calls(_parsed(source), lines)
        return self._files[path]


def _parsed(source: str) -> ast.Module:
    try:
        return ast.parse(source)
    except (SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


def _calls(tree: ast.Module, lines: list[str]) -> dict[Position, ast.Call]:
    return {_position(n, lines): n for n in ast.walk(tree) if isinstance(n, ast.Call)}


def _position(node: ast.expr, lines: list[str]) -> Position:
    """(line, column, end line, end column), columns as code points."""
    last, end = node.end_lineno or node.lineno, node.end_col_offset or 0
    start = code_points(lines[node.lineno - 1], node.col_offset)
    return node.lineno, start, last, code_points(lines[last - 1], end)


def _argument(call: ast.Call, names: tuple[str, ...], position: int | None) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg in names:
            return keyword.value
    if position is None or position >= len(call.args):
        return None
    if any(isinstance(value, ast.Starred) for value in call.args[: position + 1]):
        return None
    return call.args[position]


def _site_of(node: ast.expr, path: str, lines: list[str]) -> dict[str, Any]:
    line, column, end_line, end_column = _position(node, lines)
    return {
        "path": path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }
