"""Turn observed values into what JSON can carry, whatever library they come from.

Nothing is imported for it: NumPy scalars, 0-d tensors and arrays are recognised by their methods,
so a program without NumPy stays one without NumPy.
"""

from __future__ import annotations

import math
import re
from typing import Any

LONGEST_TEXT = 2000  # characters; the parent refuses longer texts
TERMINAL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
DEEPEST = 24  # levels; the parent refuses deeper results


def plain(value: Any, depth: int = 0) -> Any:
    """The value as dict, list, str, int, float, bool or None.

    Non-finite floats become "NaN", "Infinity" and "-Infinity"; long texts are cut.
    """
    if depth > DEEPEST:
        return None
    if value is None or isinstance(value, (bool, str, float)):
        return _plain_scalar(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, dict):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item, depth + 1) for item in value]
    for method in ("tolist", "item"):  # arrays, tensors and their scalars
        convert = getattr(value, method, None)
        if callable(convert):
            return plain(convert(), depth + 1)
    return clip(str(value))


def _plain_scalar(value: bool | str | float | None) -> Any:
    if isinstance(value, str):
        return clip(str(value))
    if isinstance(value, float):
        return plain_float(float(value))
    return value


def plain_float(number: float) -> float | str:
    """The number, or its name when it is not finite."""
    if math.isfinite(number):
        return number
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"


def one_line(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text on one line, without terminal colours and control characters."""
    bare = TERMINAL.sub("", str(text).encode("utf-8", "replace").decode("utf-8"))
    words = "".join(sign if sign.isprintable() else " " for sign in bare).split()
    return clip(" ".join(words), longest)


def clip(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text, cut to at most `longest` characters and free of lone surrogates."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= longest else text[: longest - 1] + "…"
