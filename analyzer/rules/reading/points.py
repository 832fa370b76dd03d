"""Reading the points of the layers: which layers were trained, how the loss went."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analyzer.observed import Trace
from analyzer.observed.trace import LayerPoint

Points = tuple[LayerPoint, ...]


def trained_points(trace: Trace) -> dict[int, Points]:
    """Per layer the points at which its weights and their gradients were seen."""
    found = {
        each.layer: tuple(
            point
            for point in each.points
            if point.weight_norm is not None and point.gradient_norm is not None
        )
        for each in trace.layers
    }
    return {layer: points for layer, points in found.items() if points}


def all_finite(points: Points) -> bool:
    """Whether no norm of weights or gradients is infinite or NaN."""
    values = [(point.weight_norm or 0.0, point.gradient_norm or 0.0) for point in points]
    return all(math.isfinite(value) for pair in values for value in pair)


def halves(values: Sequence[float]) -> tuple[float, float]:
    """Means of the first and of the second half, the middle one in neither."""
    half = len(values) // 2
    return sum(values[:half]) / half, sum(values[-half:]) / half


def fall(losses: Sequence[float]) -> float:
    """By which part of itself the loss fell, first quarter against last; negative: it rose."""
    quarter = max(1, len(losses) // 4)
    first, last = sum(losses[:quarter]) / quarter, sum(losses[-quarter:]) / quarter
    return (first - last) / abs(first) if first else 0.0
