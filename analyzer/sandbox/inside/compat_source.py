"""What the source of the running program says about itself: guards around imports and names.

Read with `ast` once per file; a file that does not parse has no facts.
"""

from __future__ import annotations

import ast
import functools
import linecache


def text_of(path: str) -> str:
    """The file's text, empty when it cannot be read."""
    return "".join(linecache.getlines(path))


@functools.lru_cache(maxsize=64)
def tree_of(path: str) -> ast.Module | None:
    """The parsed file, None when it cannot be read or does not parse."""
    try:
        return ast.parse(text_of(path))
    except (SyntaxError, ValueError):
        return None


@functools.lru_cache(maxsize=256)
def _guarded_lines(path: str, errors: frozenset[str]) -> tuple[tuple[int, int], ...]:
    tree = tree_of(path)
    if tree is None:
        return ()
    return tuple(
        (node.body[0].lineno, node.body[-1].end_lineno or node.body[-1].lineno)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and any(_catches(handler, errors) for handler in node.handlers)
    )


def _catches(handler: ast.ExceptHandler, errors: frozenset[str]) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in errors for kind in kinds)


IMPORT_ERRORS = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))
NAME_ERRORS = frozenset(("NameError", "Exception", "BaseException"))


def is_guarded(path: str, line: int, errors: frozenset[str]) -> bool:
    """Whether the program itself deals with such an error on that line (try ... except)."""
    return any(first <= line <= last for first, last in _guarded_lines(path, errors))
