"""How far training can move a weight, against the spread that the weights start with."""

from __future__ import annotations

import math

from analyzer.kinds import Framework
from analyzer.observed import Graph, Layer, OptimizerUse
from analyzer.rules.reading.stack import WEIGHTED

BOUNDED = frozenset({"adam", "adamw", "nadam", "adamax", "radam"})
"""Optimizers whose step for one weight is about the learning rate at most, whatever the gradient
(Kingma and Ba 2015, section 2.1)."""

SCALED = ("glorot", "xavier", "he_", "kaiming", "lecun")
"""Initializers whose spread follows from the number of inputs; "HeNormal" is he_normal."""


def reach(optimizer: OptimizerUse, steps: int) -> float | None:
    """The most that `steps` steps move one weight; None when the optimizer sets no bound."""
    rate = optimizer.learning_rate
    if optimizer.name not in BOUNDED or rate is None or optimizer.scheduled:
        return None
    return rate * steps


def smallest_spread(graph: Graph, framework: Framework) -> float | None:
    """The least standard deviation that any layer's weights start with; None when one is unknown.

    Attributes of layers are enough: dense layers and convolutions under the framework's own
    initializer, or under one that scales with the inputs.
    """
    weighted = [layer for layer in graph.layers if layer.op in WEIGHTED and layer.parameters != 0]
    spreads = [_spread(layer, framework) for layer in weighted]
    known = [spread for spread in spreads if spread is not None]
    return min(known) if known and len(known) == len(spreads) else None


def _spread(layer: Layer, framework: Framework) -> float | None:
    inputs, outputs = _fans(layer)
    if inputs is None or outputs is None or layer.op not in ("dense", "conv"):
        return None
    if framework == "torch":
        return 1.0 / math.sqrt(3.0 * inputs) if layer.initializer is None else None
    name = (layer.initializer or "glorot_uniform").lower().replace("henormal", "he_normal")
    if not name.startswith(SCALED):
        return None
    return math.sqrt(2.0 / (inputs + outputs))


def _fans(layer: Layer) -> tuple[int | None, int | None]:
    """Inputs and outputs of one unit."""
    inputs = layer.input_channels
    if inputs is None and layer.input_shape:
        inputs = layer.input_shape[-1]
    outputs = layer.units if layer.op == "dense" else layer.filters
    area = math.prod(layer.kernel_size) if layer.op == "conv" and layer.kernel_size else 1
    return (inputs * area if inputs else None, outputs * area if outputs else None)
