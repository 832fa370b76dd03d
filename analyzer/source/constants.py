"""Arithmetic on constants, bounded so that no program can make the reader work."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable

LIMIT = 10**12
"""Numbers beyond this are left unknown."""

MAX_ITEMS = 1000

_BINARY: dict[type[ast.operator], Callable[[object, object], object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_COMPARE: dict[type[ast.cmpop], Callable[[object, object], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,  # type: ignore[dict-item]
    ast.LtE: operator.le,  # type: ignore[dict-item]
    ast.Gt: operator.gt,  # type: ignore[dict-item]
    ast.GtE: operator.ge,  # type: ignore[dict-item]
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
}


class NotConstant(Exception):
    """The constants cannot be combined (or had better not be)."""


def binary(op: ast.operator, left: object, right: object) -> object:
    """The value of ``left op right``.

    Raises:
        NotConstant: it fails, or is too large.
    """
    function = _BINARY.get(type(op))
    if function is None or not _small(left) or not _small(right):
        raise NotConstant
    if isinstance(op, ast.Mod) and isinstance(left, str):
        raise NotConstant
    if isinstance(op, ast.Pow) and isinstance(right, (int, float)) and abs(right) > 64:
        raise NotConstant
    if isinstance(op, ast.Mult) and not (_number(left) and _number(right)):
        _bound_repetition(left, right)
    return _bounded(function, left, right)


def unary(op: ast.unaryop, operand: object) -> object:
    """The value of ``op operand``.

    Raises:
        NotConstant: it fails.
    """
    if isinstance(op, ast.Not):
        return not operand
    if isinstance(operand, (int, float)):
        return _signed(op, operand)
    raise NotConstant


def compare(op: ast.cmpop, left: object, right: object) -> bool:
    """The truth of ``left op right``.

    Raises:
        NotConstant: it cannot be decided.
    """
    if isinstance(op, (ast.In, ast.NotIn)):
        if not isinstance(right, (tuple, list, str, dict)):
            raise NotConstant
        found = bool(_bounded(lambda item, among: item in among, left, right))  # type: ignore[operator]
        return found if isinstance(op, ast.In) else not found
    return bool(_bounded(_COMPARE[type(op)], left, right))


def subscript(container: object, index: object) -> object:
    """The value of ``container[index]``.

    Raises:
        NotConstant: it fails.
    """
    if not isinstance(container, (tuple, list, str, dict)):
        raise NotConstant
    return _bounded(lambda held, key: held[key], container, index)  # type: ignore[index]


def _bounded(function: Callable[[object, object], object], left: object, right: object) -> object:
    try:
        value = function(left, right)
    except (TypeError, ValueError, ArithmeticError, LookupError):
        raise NotConstant from None
    if not _small(value):
        raise NotConstant
    return value


def _small(value: object) -> bool:
    if isinstance(value, complex):
        return False
    if isinstance(value, (int, float)):
        return value != value or abs(value) <= LIMIT
    if isinstance(value, (tuple, list, str, dict)):
        return len(value) <= MAX_ITEMS
    return True


def _number(value: object) -> bool:
    return isinstance(value, (int, float))


def _bound_repetition(left: object, right: object) -> None:
    for sequence, times in ((left, right), (right, left)):
        length = len(sequence) if isinstance(sequence, (tuple, list, str)) else 0
        if isinstance(times, int) and length * max(times, 0) > MAX_ITEMS:
            raise NotConstant


def _signed(op: ast.unaryop, operand: float) -> object:
    if isinstance(op, ast.USub):
        return -operand
    if isinstance(op, ast.UAdd):
        return +operand
    if isinstance(op, ast.Invert) and isinstance(operand, int):
        return ~operand
    raise NotConstant
