"""Values of operators: arithmetic, comparisons, truth, residual connections."""

from __future__ import annotations

import ast

from analyzer.observed import Site
from analyzer.source import constants
from analyzer.source.machine import Machine
from analyzer.source.models import LayerDraft, ModelDraft
from analyzer.source.values import (
    UNKNOWN,
    Class,
    Function,
    Instance,
    Items,
    Known,
    LossValue,
    Result,
    Table,
    Tensor,
    Unknown,
    Value,
    items_of,
)


class Operators(Machine):
    """Expressions that combine values."""

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        operand = self.evaluate(node.operand)
        if isinstance(operand, Known):
            try:
                return Known(constants.unary(node.op, operand.value), self.site(node))
            except constants.NotConstant:
                return UNKNOWN
        return operand if isinstance(operand, (Tensor, LossValue, Result)) else UNKNOWN

    def _binop(self, node: ast.BinOp) -> Value:
        left = self.evaluate(node.left)
        right = self.evaluate(node.right)
        return self.combine(node.op, left, right, node)

    def combine(self, op: ast.operator, left: Value, right: Value, node: ast.expr) -> Value:
        """The value of ``left op right``."""
        if isinstance(left, Known) and isinstance(right, Known):
            try:
                return Known(constants.binary(op, left.value, right.value), self.site(node))
            except constants.NotConstant:
                return UNKNOWN
        if isinstance(left, LossValue) or isinstance(right, LossValue):
            return LossValue((*_losses(left), *_losses(right)))
        first, second = items_of(left), items_of(right)
        if isinstance(op, ast.Add) and first is not None and second is not None:
            return Items(first + second)
        if isinstance(left, Tensor) and isinstance(right, Tensor):
            return self._merged(op, left, right, node)
        for side in (left, right):
            if isinstance(side, Tensor) or (isinstance(side, Result) and side.shape):
                return side
        return UNKNOWN

    def _merged(self, op: ast.operator, left: Tensor, right: Tensor, node: ast.expr) -> Tensor:
        """A residual connection: the sum (or product) of two layers' outputs."""
        if left.node is None or right.node is None or left.node is right.node:
            return left if left.node is not None else right
        name = {"Add": "add", "Mult": "mul", "Sub": "sub", "Div": "div"}.get(type(op).__name__)
        torch = left.node.draft.torch
        draft = LayerDraft(name or "merge", "merge", torch, self.site(node), function=True)
        made = self.apply_layer(draft, [left, right], draft.site)
        assert made.node is not None
        made.node.output_shape = left.shape
        return Tensor(made.node, left.shape)

    def _boolop(self, node: ast.BoolOp) -> Value:
        values = [self.evaluate(value) for value in node.values]
        truths = [truth(value) for value in values]
        if isinstance(node.op, ast.And) and False in truths:
            return Known(False)
        if isinstance(node.op, ast.Or) and True in truths:
            return next(v for v, known in zip(values, truths, strict=True) if known)
        if None in truths:
            return UNKNOWN
        return values[-1]

    def _compare(self, node: ast.Compare) -> Value:
        values = [self.evaluate(part) for part in (node.left, *node.comparators)]
        if len(values) != 2 or not isinstance(values[0], Known) or not isinstance(values[1], Known):
            return self._none_test(node, values)
        try:
            return Known(constants.compare(node.ops[0], values[0].value, values[1].value))
        except constants.NotConstant:
            return UNKNOWN

    def _none_test(self, node: ast.Compare, values: list[Value]) -> Value:
        """``model is None`` for something that surely is an object."""
        is_none = len(values) == 2 and isinstance(values[1], Known) and values[1].value is None
        open_question = isinstance(values[0], Unknown | Result | Known)
        if is_none and not open_question and isinstance(node.ops[0], (ast.Is, ast.IsNot)):
            return Known(isinstance(node.ops[0], ast.IsNot))
        return UNKNOWN

    def iterated(self, value: Value) -> list[Value] | None:
        """What a loop over `value` runs through, None when unknown or long."""
        if isinstance(value, Result) and value.callee == "builtins.range":
            bounds = [given.value for given in value.arguments]
            numbers = [b.value for b in bounds if isinstance(b, Known) and isinstance(b.value, int)]
            if len(numbers) == len(bounds) and 0 < len(numbers) <= 3 and numbers[2:] != [0]:
                steps = range(*numbers)
                return [Known(number) for number in steps] if len(steps) <= 64 else None
        if isinstance(value, Result) and value.callee == "builtins.enumerate" and value.arguments:
            inner = self.iterated(value.arguments[0].value)
            return inner and [Items([Known(n), item]) for n, item in enumerate(inner)]
        if isinstance(value, Result) and value.callee == "builtins.zip" and value.arguments:
            columns = [self.iterated(given.value) for given in value.arguments]
            if any(column is None for column in columns):
                return None
            return [Items(list(row)) for row in zip(*[c or [] for c in columns], strict=False)]
        if isinstance(value, ModelDraft) and value.kind == "sequential":
            return list(value.children)
        items = items_of(value)
        return items if items is not None and len(items) <= 64 else None


def truth(value: Value) -> bool | None:
    """Whether a value is true, None when the source does not tell."""
    if isinstance(value, Known):
        return bool(value.value)
    if isinstance(value, (Items, Table)):
        return bool(value.items)
    if isinstance(value, (LayerDraft, ModelDraft, Instance, Function, Class)):
        return True
    return None


def _losses(value: Value) -> tuple[tuple[Result, Site], ...]:
    return value.losses if isinstance(value, LossValue) else ()
