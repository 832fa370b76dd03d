"""The output of a model: the layer that makes it and the activation that shapes it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from analyzer.observed import Graph, Layer, Op, Site
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import first_loss_seen
from analyzer.rules.reading.stack import WEIGHTED, feeders, own_activation

TRANSPARENT: frozenset[Op] = frozenset(
    {"flatten", "reshape", "dropout", "global_pool", "average_pool", "max_pool", "input"}
)
RANGES: dict[str, tuple[float, float]] = {
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, inf),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, inf),
}
SLACK = 1e-3  # rounding of half-precision values at the end of a range


@dataclass(frozen=True, slots=True)
class Head:
    """One output of the model.

    Attributes:
        layer: the weighted layer that makes it.
        activations: the layers that apply its nonlinearities, in order; `layer` when fused.
        width: units or channels, None when unknown.
        certain: False when something unknown follows, so that more may happen to the values.
    """

    layer: Layer
    activations: tuple[Layer, ...]
    width: int | None
    certain: bool

    @property
    def shaper(self) -> Layer | None:
        """The layer that applies the last nonlinearity; None for a linear output."""
        return self.activations[-1] if self.activations else None

    @property
    def activation(self) -> str | None:
        """The last nonlinearity in one spelling; None for a linear output."""
        return own_activation(self.shaper) if self.shaper else None

    @property
    def site(self) -> Site | None:
        """Where a comment about the activation goes."""
        place = self.shaper or self.layer
        return place.site or place.call_site or self.layer.site

    def fits(self, program: Program) -> bool:
        """Whether what the loss received can have come out of the activation.

        A factor or a function behind the activation that was not recorded shows in the values.
        True when the values were not seen.
        """
        seen = first_loss_seen(program)
        low, high = RANGES.get(self.activation or "", (-inf, inf))
        if seen is None or seen.prediction_min is None or seen.prediction_max is None:
            return True
        return low - SLACK <= seen.prediction_min and seen.prediction_max <= high + SLACK

    @property
    def words(self) -> str:
        """The output in words: "1 unit with softmax"."""
        count = "an unknown number of units" if self.width is None else _units(self.width)
        return f"{count} with {self.activation}" if self.activation else f"{count}, linear"


def _units(width: int) -> str:
    return "1 unit" if width == 1 else f"{width} units"


def heads(graph: Graph) -> tuple[Head, ...]:
    """The outputs of the model, one each; outputs that no weighted layer makes are left out."""
    ends = graph.outputs or ((len(graph.layers) - 1,) if graph.layers else ())
    found = [_head(graph, graph.layers[end]) for end in ends if 0 <= end < len(graph.layers)]
    return tuple(head for head in found if head is not None)


def _head(graph: Graph, layer: Layer) -> Head | None:
    activations: list[Layer] = []
    certain = True
    for _ in graph.layers:
        if own_activation(layer):
            activations.insert(0, layer)
        if layer.op in WEIGHTED:
            return Head(layer, tuple(activations), _width(layer), certain)
        certain = certain and (layer.op in TRANSPARENT or layer.op == "activation")
        before = feeders(graph, layer)
        if len(before) != 1:
            return None
        layer = before[0]
    return None


def _width(layer: Layer) -> int | None:
    if layer.op in ("conv", "conv_transpose", "depthwise_conv"):
        return layer.filters
    if layer.units is not None:
        return layer.units
    return layer.output_shape[-1] if layer.output_shape else None


def only_head(program: Program) -> Head | None:
    """The output of a model with exactly one; rules about the output speak of these alone."""
    found = heads(program.graph) if program.graph else ()
    ends = program.graph.outputs if program.graph else ()
    return found[0] if len(found) == 1 and len(ends) <= 1 else None
