"""Wider hidden layers, filters that grow with depth, and a longer training (Keras)."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.fixing.edits import (
    Change,
    FixPlan,
    RemoveArgument,
    ReplaceExpression,
    SetArgument,
)
from analyzer.observed import Layer
from analyzer.repairs.base import Repair, offered
from analyzer.rules.base import Program
from analyzer.rules.reading.mends import layer_call, together
from analyzer.rules.reading.stack import CONVOLUTIONS, hidden_blocks

NARROW, USUAL = 32, 64
"""Hidden units below which a dense layer is narrow, and what it gets instead."""
FIRST_FILTERS, MOST_FILTERS = 32, 128
"""Filters of the first convolution, doubled from one to the next up to a bound."""
LONGER = 10
"""Times the epochs of a training that is too short."""
MANY_EPOCHS = 1000


def widths(program: Program) -> Iterator[Repair]:
    """64 units in every narrow hidden dense layer."""
    blocks = hidden_blocks(program.graph) if program.graph else ()
    narrow = [
        b.layer for b in blocks if b.layer.op == "dense" and (b.layer.units or USUAL) < NARROW
    ]
    if program.framework == "torch" or not narrow:
        return
    plans = [_sized(program, layer, "units", USUAL) for layer in narrow]
    made = [plan for plan in plans if plan is not None]
    if len(made) == len(narrow):
        plan = together(f"use {USUAL} units in the hidden layers", *made)
        yield from offered("neurons", narrow[0].site, plan, 0.25)


def filters(program: Program) -> Iterator[Repair]:
    """32, 64, 128 ... filters where they do not grow with depth."""
    graph = program.graph
    if program.framework == "torch" or graph is None or graph.backbone:
        return
    layers = [layer for layer in graph.layers if layer.op in CONVOLUTIONS and layer.filters]
    wanted = [min(MOST_FILTERS, FIRST_FILTERS * 2**i) for i in range(len(layers))]
    if not layers or all((x.filters or 0) >= n for x, n in zip(layers, wanted, strict=True)):
        return
    fewer = [(x, n) for x, n in zip(layers, wanted, strict=True) if x.filters != n]
    plans = [_sized(program, layer, "filters", count) for layer, count in fewer]
    made = [plan for plan in plans if plan is not None]
    if len(made) == len(fewer):
        plan = together("let the filters grow with depth", *made)
        yield from offered("filters", layers[0].site, plan, 0.2)


def _sized(program: Program, layer: Layer, keyword: str, size: int) -> FixPlan | None:
    """Write another size where the layer's call states its own."""
    call = layer_call(program.source, layer)
    given = call.argument(keyword, 0) if call is not None else None
    if given is None or given.value == size:
        return None
    change = ReplaceExpression(given.value_site or given.site, str(size))
    return FixPlan(f"set {keyword} to {size}", (change,), safe=False)


def epochs(program: Program) -> Iterator[Repair]:
    """Ten times the epochs, where `fit` states them as a number."""
    for call in program.source.by_role("fit"):
        given = call.argument("epochs") or call.argument("nb_epoch")
        if given is None or not isinstance(given.value, int) or given.value_site is None:
            continue
        if isinstance(given.value, bool) or not 0 < given.value * LONGER <= MANY_EPOCHS:
            continue
        if program.learner is None:
            return
        longer = str(given.value * LONGER)
        changes: tuple[Change, ...] = (ReplaceExpression(given.value_site, longer),)
        if given.keyword == "nb_epoch":  # its renaming would bring the old value back
            changes = (
                RemoveArgument(call.site, "nb_epoch"),
                SetArgument(call.site, "epochs", longer),
            )
        plan = FixPlan(f"train for {longer} epochs", changes, safe=False)
        yield from offered("epochs", given.site, plan, 0.2)
        return
