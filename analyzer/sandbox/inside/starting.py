"""Where a person would start the script: from which folder, and alone or as part of a package.

A script finds its data by paths relative to the folder it is started from, which is its own or the
repository's; and a module with relative imports runs only with `python -m package.module`.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from typing import NamedTuple

MOST_NAMES = 200  # string constants looked up on the disk
LONGEST_NAME = 200  # characters; longer strings are texts, not paths
_PATH = re.compile(r"[^\s<>|*?:\"'\\]+(?:/[^\s<>|*?:\"'\\]*|\.[A-Za-z0-9]{1,6})")


class Start(NamedTuple):
    """How the script is started.

    Attributes:
        folder: the working folder, absolute.
        imports: the folder that comes first on the import path, absolute.
        package: the script's package when it needs one, else None.
    """

    folder: str
    imports: str
    package: str | None


def start_of(root: str, path: str, tree: ast.AST) -> Start:
    """The start under which most of the files exist that the script names.

    Args:
        root: the repository's folder, absolute.
        path: the script's file, absolute, below `root`.
        tree: the parsed script.
    """
    own = os.path.dirname(path)
    package, imports = _package(root, own, _level(tree))
    names = list(_names(tree))
    folders = (imports, root, own) if package else (own, root)
    # A tie goes to the first: `max` keeps the earliest of equals.
    folder = max(folders, key=lambda base: sum(_exists(base, name) for name in names))
    return Start(root if _outside(root, folder) else folder, imports, package)


def modules_in(folder: str) -> set[str]:
    """First names of the modules that a folder on the import path takes from all later ones.

    A folder without `__init__.py` takes nothing: a module of that name further on wins.
    """
    try:
        names = os.listdir(folder)
    except OSError:
        return set()
    return {
        name.partition(".")[0]
        for name in names
        if name.endswith((".py", ".pyc", ".so"))
        or os.path.isfile(os.path.join(folder, name, "__init__.py"))
    }


def _outside(root: str, folder: str) -> bool:
    return folder != root and not folder.startswith(root + os.sep)


def _exists(base: str, name: str) -> bool:
    return os.path.exists(os.path.join(base, name))


def _level(tree: ast.AST) -> int:
    """The most dots of a relative import; 0 when there is none."""
    return max((n.level for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)), default=0)


def _package(root: str, folder: str, level: int) -> tuple[str | None, str]:
    """The dotted package of the script's folder and the folder that holds the outermost one."""
    if level == 0:
        return None, folder
    parts: list[str] = []
    base = folder
    while not _outside(root, base):
        marked = os.path.isfile(os.path.join(base, "__init__.py"))
        if len(parts) >= level and not marked:
            break
        parts.insert(0, os.path.basename(base))
        base = os.path.dirname(base)
    return ".".join(parts), base


def _names(tree: ast.AST) -> Iterator[str]:
    """Strings that may name a file relative to the working folder, each once."""
    seen: set[str] = set()
    for node, used in _strings(tree):
        text = node.value
        if isinstance(text, str) and text not in seen and _names_a_file(text, used):
            seen.add(text)
            yield text
        if len(seen) >= MOST_NAMES:
            return


def _names_a_file(text: str, used: bool) -> bool:
    if len(text) > LONGEST_NAME or text.startswith(("/", "~")) or text in {"./", "../"}:
        return False
    return _PATH.fullmatch(text) is not None or (used and text.isidentifier())


def _strings(tree: ast.AST) -> Iterator[tuple[ast.Constant, bool]]:
    """Constants, and whether a call or a name takes them: `d["data"]` is a key, not a folder."""
    for node in ast.walk(tree):
        taken: list[ast.AST] = []
        if isinstance(node, ast.Call):
            taken = [*node.args, *(keyword.value for keyword in node.keywords)]
        elif isinstance(node, ast.Assign):
            taken = [node.value]
        elif isinstance(node, ast.Constant):
            yield node, False
        yield from ((each, True) for each in taken if isinstance(each, ast.Constant))
