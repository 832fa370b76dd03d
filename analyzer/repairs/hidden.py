"""Hidden layers: ReLU in place of a saturating or a missing activation, and usual initializers."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.fixing.edits import FixPlan, RemoveArgument
from analyzer.observed import Layer
from analyzer.repairs.base import Repair, offered
from analyzer.rules.base import Program
from analyzer.rules.reading.mends import (
    add_activation,
    change_activation,
    layer_call,
    together,
)
from analyzer.rules.reading.stack import hidden_blocks, is_chain

SATURATING = frozenset({"sigmoid", "hard_sigmoid", "tanh", "softmax"})
MOST_LAYERS = 12
"""Hidden layers changed by one edit."""


def hidden_activations(program: Program) -> Iterator[Repair]:
    """All saturating hidden activations at once, then all missing ones."""
    if program.graph is None or not is_chain(program.graph):
        return
    blocks = hidden_blocks(program.graph)[:MOST_LAYERS]
    shaped = [b.activations[-1] for b in blocks if len(b.activations) == 1]
    saturating = [layer for layer in shaped if layer.activation in SATURATING]
    if saturating:
        plans = [change_activation(program, layer, "relu") for layer in saturating]
        plan = together("use relu in the hidden layers", *plans)
        yield from offered("hidden_activation", saturating[0].site, plan, 0.35)
    bare = [b.layer for b in blocks if not b.activations and not b.opaque]
    if bare:
        plans = [add_activation(program, layer, "relu") for layer in bare]
        plan = together("give the hidden layers a relu", *plans)
        yield from offered("hidden_activation", bare[0].site, plan, 0.4)


def initializers(program: Program) -> Iterator[Repair]:
    """The framework's own initializer in place of those that the program set (Keras)."""
    if program.graph is None or program.framework == "torch":
        return
    for layer in program.graph.layers[:MOST_LAYERS]:
        plan = _default_initializer(program, layer)
        if plan is not None:
            yield from offered("initializer", layer.site, plan, 0.3)


def _default_initializer(program: Program, layer: Layer) -> FixPlan | None:
    call = layer_call(program.source, layer) if layer.initializer else None
    if call is None:
        return None
    for keyword in ("kernel_initializer", "init"):
        if call.argument(keyword) is not None:
            change = RemoveArgument(call.site, keyword)
            return FixPlan("use the framework's own initializer", (change,), safe=False)
    return None
