"""Losses that a program writes as an expression: ``((prediction - y) ** 2).mean()``."""

from __future__ import annotations

import ast

from analyzer.observed import LossUse
from analyzer.source.recording import CallSeen

_AVERAGES = frozenset({"mean", "sum", "reduce_mean", "reduce_sum", "square", "pow"})


def handwritten_loss(backward: CallSeen) -> LossUse | None:
    """The loss that the name before ``.backward()`` was assigned, as an expression."""
    receiver = backward.node.func.value if isinstance(backward.node.func, ast.Attribute) else None
    if backward.callee.endswith("GradientTape.gradient") and backward.given:
        receiver = backward.given[0].node
    expression = receiver
    if isinstance(receiver, ast.Name):
        expression = _assigned(backward, receiver.id)
    if expression is None or not _is_formula(expression):
        return None
    name = _formula(expression)
    site = backward.parsed.site(expression)
    return LossUse(name=name or "expression", custom=name is None, site=site)


def _assigned(backward: CallSeen, name: str) -> ast.expr | None:
    """The expression of the last assignment to a name above the call, in source order."""
    found: ast.expr | None = None
    last = 0
    for node in ast.walk(backward.parsed.tree):
        if not isinstance(node, ast.Assign) or not last < node.lineno <= backward.node.lineno:
            continue
        if any(isinstance(target, ast.Name) and target.id == name for target in node.targets):
            found, last = node.value, node.lineno
    return found


def _is_formula(expression: ast.expr) -> bool:
    """Whether it computes something itself and does not just call a function."""
    return any(isinstance(node, ast.BinOp) for node in ast.walk(expression))


def _formula(expression: ast.expr) -> str | None:
    """ "mse" for a mean of squared differences, "l1" for one of absolute differences."""
    averaged = _argument_of(expression, _AVERAGES - {"square", "pow"})
    if averaged is None:
        return None
    if isinstance(averaged, ast.BinOp) and isinstance(averaged.op, ast.Pow):
        two = isinstance(averaged.right, ast.Constant) and averaged.right.value == 2
        return "mse" if two and _is_difference(averaged.left) else None
    squared = _argument_of(averaged, frozenset({"square", "pow"}))
    if squared is not None:
        return "mse" if _is_difference(squared) else None
    absolute = _argument_of(averaged, frozenset({"abs", "absolute"}))
    return "l1" if absolute is not None and _is_difference(absolute) else None


def _argument_of(expression: ast.expr, names: frozenset[str]) -> ast.expr | None:
    """`x` in ``x.mean()`` and ``torch.mean(x)``."""
    if not isinstance(expression, ast.Call):
        return None
    if isinstance(expression.func, ast.Name):
        named, receiver = expression.func.id in names, None
    elif isinstance(expression.func, ast.Attribute):
        named, receiver = expression.func.attr in names, expression.func.value
    else:
        return None
    if not named:
        return None
    module = isinstance(receiver, ast.Name) and receiver.id in {"torch", "tf", "np", "K", "math"}
    if receiver is not None and not module and not isinstance(receiver, ast.Attribute):
        return receiver
    return expression.args[0] if expression.args else None


def _is_difference(expression: ast.expr) -> bool:
    return isinstance(expression, ast.BinOp) and isinstance(expression.op, ast.Sub)
