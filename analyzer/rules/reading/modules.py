"""The layer that a probe of the model names, and where it is written."""

from __future__ import annotations

from analyzer.observed import Layer, Site
from analyzer.rules.base import Program

NOT_ASKED = "needs the model's answers after the warm-up, which was not completed"


def named_layer(program: Program, name: str | None) -> Layer | None:
    """The layer with this attribute path, or with a path that ends in it."""
    layers = program.graph.layers if program.graph and name else ()
    exact = [layer for layer in layers if layer.name == name]
    ends = [layer for layer in layers if layer.name.endswith(f".{name}")]
    found = exact or ends
    return found[0] if len(found) == 1 else None


def reshaping_before(program: Program, layer: Layer | None) -> Layer | None:
    """The last change of shape before this layer."""
    layers = program.graph.layers if program.graph else ()
    end = len(layers) if layer is None else layer.index
    found = [each for each in layers if each.index < end and each.op in ("reshape", "flatten")]
    return found[-1] if found else None


def place_of(program: Program, layer: Layer | None) -> Site | None:
    """Where the layer is made, else the model."""
    if layer is not None and (layer.site or layer.call_site):
        return layer.site or layer.call_site
    return program.graph.site if program.graph else None
