"""Notebook commands (`%magic`, `!shell`, `name?`) made harmless, line by line."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence

_COMMAND = re.compile(r"^(\s*)(?:[%!?]|[A-Za-z_][\w.]*\?{1,2}\s*$)")
_ASSIGNED = re.compile(r"^(\s*)([A-Za-z_][\w, ]*?)\s*=\s*[%!]")
_CELL = re.compile(r"^\s*%%(\w+)")
_PYTHON_CELLS = frozenset({"time", "timeit", "capture", "prun", "python", "python3", "debug"})


def without_commands(lines: Sequence[str]) -> list[str]:
    """The same number of lines, with notebook commands turned into `pass` and a comment.

    A cell that parses as Python is left alone: a line may start with "%" inside brackets.
    """
    if not any(mark in line for line in lines for mark in "%!?") or _parses(lines):
        return list(lines)
    opening = next((line for line in lines if line.strip()), "")
    cell = _CELL.match(opening)
    if cell and cell[1] not in _PYTHON_CELLS:
        return ["# " + line if line.strip() else line for line in lines]
    return _line_by_line(lines)


def _line_by_line(lines: Sequence[str]) -> list[str]:
    result = []
    continued = False
    for line in lines:
        if continued:
            result.append("# " + line)
        elif assigned := _ASSIGNED.match(line):
            result.append(f"{assigned[1]}{assigned[2]} = None  # {line.strip()}")
        elif command := _COMMAND.match(line):
            result.append(f"{command[1]}pass  # {line.strip()}")
        else:
            result.append(line)
            continue
        continued = line.endswith("\\")
        if continued:
            # a comment that ends in a backslash does not continue, but reads as if it did
            result[-1] = result[-1][:-1]
    return result


def _parses(lines: Sequence[str]) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
