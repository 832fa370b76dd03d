"""Which modules a program will import in any case, so that a session can import them ahead.

Only frameworks and heavy libraries, and only imports that stand unconditionally at the top of the
script or of the program's own modules that it imports there. What an import ahead could change
(a variable read at import, a file of the same name) is decided inside, where all files are.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

ROOTS = frozenset(
    {"numpy", "pandas", "scipy", "sklearn", "torch", "torchvision", "tensorflow", "keras"}
    | {"tf_keras"}
)
# Their submodules are named as in the program; those of the others come with the package or are
# old spellings that the compatibility layer answers.
WITH_PARTS = ("scipy", "sklearn")
TF_KERAS = "tensorflow.keras"
USES_TF_KERAS = re.compile(r"\btf\.keras\b|\btensorflow(\.keras\b|[\w. ]* import keras\b)")
MOST_MODULES = 20  # of the program's own, looked into
MOST_CHARACTERS = 1_000_000


def names_of(root: Path, path: str, text: str) -> tuple[str, ...]:
    """Modules to import ahead of the script `path`, in the order of its own imports.

    Args:
        root: the program's folder.
        path: the script, relative to the root.
        text: the script's text; of one that does not parse its readable part may still run.
    """
    found: dict[str, None] = {}
    _collect(root, PurePosixPath(path).parent, text, found, set())
    return tuple(found)


def _collect(
    root: Path, folder: PurePosixPath, text: str, found: dict[str, None], seen: set[Path]
) -> None:
    uses_keras = USES_TF_KERAS.search(text) is not None
    for name in _imports(text):
        top = name.partition(".")[0]
        if top in ROOTS:
            found[name if top in WITH_PARTS else top] = None
            if top == "tensorflow" and uses_keras:
                found[TF_KERAS] = None
            continue
        file = root / folder / f"{name.replace('.', '/')}.py"
        if len(seen) < MOST_MODULES and file not in seen and file.is_file():
            seen.add(file)
            _collect(root, folder, _read(file), found, seen)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _imports(text: str) -> Iterator[str]:
    """Names of the modules that statements at the top of a file import."""
    if len(text) > MOST_CHARACTERS:
        return
    for statement in _statements(text):
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.level == 0:
            yield statement.module or ""


def _statements(text: str) -> list[ast.stmt]:
    """The statements at the top; of a file that does not parse, its one-line imports."""
    tree = _parsed(text)
    if tree is not None:
        return tree.body
    lines = [line for line in text.splitlines() if line.startswith(("import ", "from "))]
    trees = [_parsed(line) for line in lines]
    return [statement for tree in trees if tree is not None for statement in tree.body]


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
