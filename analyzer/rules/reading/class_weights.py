"""Class weights beside the frequencies of the classes, and where the weights are written."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import LabelEncoding, LabelStats, LossUse, Site
from analyzer.rules.base import Program
from analyzer.rules.reading.mends import exact_call
from analyzer.rules.reading.syntax import place, tree_of
from analyzer.source.calls import SourceIndex

COUNTED: frozenset[LabelEncoding] = frozenset({"integer", "tokens", "binary", "one_hot"})
POSITIVES = "bce_with_logits"
"""Its weights are 1 and `pos_weight`."""
FUNCTION_PLACES = {POSITIVES: ("pos_weight", 6)}
SAME_NUMBER = 1e-5  # single precision keeps seven digits
DIGITS = 3


@dataclass(frozen=True, slots=True)
class Weighed:
    """One class: its number, its share of the training labels, and its weight."""

    number: int
    share: float
    weight: float


def weighed_classes(loss: LossUse, stats: LabelStats) -> tuple[Weighed, ...] | None:
    """The classes that occur and count, in order; None when weights and labels do not fit."""
    weights, balance = loss.class_weights or (), stats.balance
    encoded = stats.encoding == "binary" if loss.name == POSITIVES else stats.encoding in COUNTED
    if not encoded or balance is None:
        return None
    first = int(stats.min or 0) if stats.encoding in ("integer", "tokens") else 0
    found = []
    for number, share in enumerate(balance, first):
        if share <= 0 or number == loss.ignore_index:
            continue
        if number >= len(weights):
            return None
        if weights[number] > 0:
            found.append(Weighed(number, share, weights[number]))
    return tuple(found)


def weights_site(program: Program, loss: LossUse) -> Site | None:
    """The argument that gives the weights, else the loss or the fit call."""
    if loss.class_weights_site is not None:
        return loss.class_weights_site
    call = exact_call(program.source, loss.call_site)
    given = call and call.argument(*FUNCTION_PLACES.get(loss.name, ("weight", 2)))
    fit = program.learner.fit_site if program.learner else None
    return given.site if given else loss.call_site or loss.site or fit


def balance_weights(
    program: Program, loss: LossUse, classes: tuple[Weighed, ...]
) -> FixPlan | Declined:
    """Write the weights n / (k * count) in place of written ones."""
    literal = _literal(program, loss)
    if literal is None:
        return Declined("the weights are computed, and which term is turned round is not certain")
    even = {each.number: 1 / (len(classes) * each.share) for each in classes}
    if loss.name == POSITIVES:
        even = {1: even[1] / even[0]}
    text = _rewritten(literal, lambda number, old: even.get(number, old))
    change = ReplaceExpression(place(literal, program.source), text)
    return FixPlan("use weights that are inverse to the counts", (change,))


def _literal(program: Program, loss: LossUse) -> ast.expr | None:
    """The only dictionary, list or number in the argument, when it holds the observed weights."""
    source, site = program.source, weights_site(program, loss)
    tree = tree_of(source)
    node = next((n for n in _expressions(tree) if place(n, source) == site), None)
    if isinstance(node, ast.Name):
        node = _assigned(tree, node.id)
    if node is None:
        return None
    kinds = (ast.Dict, ast.List, ast.Tuple)
    found: list[ast.expr] = [each for each in _expressions(node) if isinstance(each, kinds)]
    if not found and loss.name == POSITIVES:
        found = [each for each in _expressions(node) if isinstance(each, ast.Constant)]
    written = _numbers(found[0], loss) if len(found) == 1 else None
    weights = loss.class_weights or ()
    same = written is not None and all(
        number < len(weights) and math.isclose(weights[number], value, rel_tol=SAME_NUMBER)
        for number, value in written.items()
    )
    return found[0] if same else None


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    return (each for each in ast.walk(node) if isinstance(each, ast.expr))


def _assigned(tree: ast.Module, name: str) -> ast.expr | None:
    """The value of the only statement that binds this name."""
    stores = [
        node
        for node in _expressions(tree)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    ]
    made = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and node.targets == stores
    ]
    return made[0] if len(stores) == 1 and made else None


def _numbers(node: ast.expr, loss: LossUse) -> dict[int, float] | None:
    """The numbers of a literal by class."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    first = 1 if loss.name == POSITIVES else 0
    if isinstance(value, int | float):
        value = [value]
    if isinstance(value, list | tuple):
        value = dict(enumerate(value, first))
    known = isinstance(value, dict) and bool(value)
    if not known or not all(
        isinstance(key, int) and isinstance(number, int | float) for key, number in value.items()
    ):
        return None
    return {int(key): float(number) for key, number in value.items()}


def _rewritten(node: ast.expr, new: Callable[[int, float], float]) -> str:
    """The literal with other numbers."""
    value = ast.literal_eval(node)
    if isinstance(value, dict):
        pairs = (f"{key!r}: {_rounded(new(key, old))}" for key, old in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, int | float):
        return _rounded(new(1, value))
    first = 1 if len(value) == 1 else 0
    inside = ", ".join(_rounded(new(key, old)) for key, old in enumerate(value, first))
    return f"[{inside}]" if isinstance(value, list) else f"({inside},)"


def _rounded(value: float) -> str:
    return repr(float(f"{value:.{DIGITS}g}"))


def whole_text(source: SourceIndex) -> str:
    """The program's text, comments included."""
    return "\n".join(source.lines)
