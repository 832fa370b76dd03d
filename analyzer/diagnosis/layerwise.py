"""Statistics of layers over relative depth and over the warm-up, whatever the depth.

Each quantity is taken at the beginning (first quarter of the sampled steps) and at the end (last
quarter) of the warm-up; over the layers it is summed up as first, middle, last, least, most, and
slope over relative depth (0 at the input, 1 at the output).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping

import numpy as np

from analyzer.diagnosis.arrays import Numbers
from analyzer.diagnosis.reading import NAN, Points, layer_points
from analyzer.rules.base import Program

TINY = 1e-12
Quantity = Callable[[Points], Numbers]


def _log(name: str) -> Quantity:
    return lambda points: np.log10(np.abs(points.of(name)) + TINY)


def _plain(name: str) -> Quantity:
    return lambda points: points.of(name)


def _relative_gradient(points: Points) -> Numbers:
    """Gradient norm over weight norm: what a step moves at a given rate."""
    gradient, weight = points.of("gradient_norm"), points.of("weight_norm")
    return np.log10((gradient + TINY) / (weight + TINY))


def _scale(points: Points) -> Numbers:
    """Spread of the weights over that of a variance-preserving start, 1/sqrt(inputs)."""
    inputs = np.asarray([float(layer.input_channels or 0) or NAN for layer in points.layers])
    area = np.asarray([float(np.prod(layer.kernel_size or (1,))) for layer in points.layers])
    return np.log10(points.of("weight_std") * np.sqrt(inputs * area) + TINY)


WEIGHTED_QUANTITIES: Mapping[str, Quantity] = {
    "gradient": _relative_gradient,
    "gradient_zero": _plain("gradient_zero"),
    "update": _log("update_ratio"),
    "weight_scale": _scale,
    "output_gradient": _log("output_gradient_norm"),
    "output_gradient_zero": _plain("output_gradient_zero"),
}
ALL_QUANTITIES: Mapping[str, Quantity] = {
    "spread": _log("output_std"),
    "zero": _plain("output_zero"),
    "saturated": _plain("output_saturated"),
    "dead": _plain("output_dead"),
    "same": _plain("output_same"),
}


def layer_features(program: Program) -> dict[str, float]:
    """ "update.early.first", "dead.late.most", ..."""
    found: dict[str, float] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)  # means of nothing are NaN, as they should
        for quantities, weighted in ((WEIGHTED_QUANTITIES, True), (ALL_QUANTITIES, False)):
            points = layer_points(program, weighted)
            for name, quantity in quantities.items():
                values = quantity(points) if points.steps else np.empty((0, 0))
                quarter = max(1, len(values) // 4)
                found |= _over_depth(f"{name}.early", _mean(values[:quarter]))
                found |= _over_depth(f"{name}.late", _mean(values[-quarter:]))
    return found


def _mean(values: Numbers) -> Numbers:
    """Mean over steps, (layers,); infinities count as not measured."""
    return np.nanmean(np.where(np.isfinite(values), values, NAN), axis=0) if values.size else values


def _over_depth(name: str, values: Numbers) -> dict[str, float]:
    known = np.isfinite(values)
    kept = values[known] if values.ndim == 1 else np.empty(0)
    words = ("first", "middle", "last", "least", "most", "slope")
    if not kept.size:
        return {f"{name}.{word}": NAN for word in words}
    depth = np.linspace(0.0, 1.0, len(values))[known]
    slope = float(np.polyfit(depth, kept, 1)[0]) if kept.size > 1 else 0.0
    numbers = (kept[0], kept[len(kept) // 2], kept[-1], kept.min(), kept.max(), slope)
    return {f"{name}.{word}": float(v) for word, v in zip(words, numbers, strict=True)}
