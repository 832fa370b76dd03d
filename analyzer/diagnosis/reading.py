"""What the features read out of a program: points of its layers, baselines of its loss."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log

import numpy as np

from analyzer.diagnosis.arrays import Numbers
from analyzer.observed import LabelStats, Layer, LayerPoint
from analyzer.rules.base import Program
from analyzer.rules.reading.losses import BINARY, CATEGORICAL, SQUARED
from analyzer.rules.reading.stack import WEIGHTED

NAN = float("nan")
METRICS = ("acc", "accuracy", "binary_accuracy", "categorical_accuracy")
CHANCE = 0.5


@dataclass(frozen=True, slots=True)
class Points:
    """Statistics of layers at sampled steps.

    Attributes:
        layers: those with points, in execution order.
        rows: per sampled step, one point of each layer.
    """

    layers: tuple[Layer, ...]
    rows: tuple[tuple[LayerPoint | None, ...], ...]

    @property
    def steps(self) -> int:
        """Sampled steps."""
        return len(self.rows)

    def of(self, name: str) -> Numbers:
        """One statistic, (sampled steps, layers); NaN where it was not measured."""
        values = [[_value(point, name) for point in row] for row in self.rows]
        return np.asarray(values, dtype=float).reshape(len(self.rows), len(self.layers))

    def over_layers(self, name: str, best: Callable[..., Numbers]) -> Numbers:
        """The statistic at each step, by a ufunc over the layers."""
        values = self.of(name)
        return best.reduce(values, axis=1) if values.size else np.empty(0)  # type: ignore[attr-defined]


def _value(point: LayerPoint | None, name: str) -> float:
    value = getattr(point, name) if point is not None else None
    return NAN if value is None else float(value)


def layer_points(program: Program, weighted: bool = True) -> Points:
    """The points of the layers with weights, or of all."""
    graph, trace = program.graph, program.trace
    if graph is None or trace is None:
        return Points((), ())
    known = {layer.index: layer for layer in graph.layers}
    courses = [
        (known[course.layer], {point.step: point for point in course.points})
        for course in trace.layers
        if course.layer in known and course.points
        if not weighted or known[course.layer].op in WEIGHTED
    ]
    courses.sort(key=lambda pair: pair[0].index)
    steps = sorted({step for _, points in courses for step in points})
    rows = tuple(tuple(points.get(step) for _, points in courses) for step in steps)
    return Points(tuple(layer for layer, _ in courses), rows)


def labels_of(program: Program) -> LabelStats | None:
    """The statistics of the first labels."""
    return program.data.labels[0] if program.data and program.data.labels else None


def loss_name(program: Program) -> str:
    """The first loss, empty when none was seen."""
    losses = program.learner.losses if program.learner else ()
    return losses[0].name if losses else ""


def baseline_loss(program: Program) -> float | None:
    """What a constant answer costs: the entropy of the labels, or the spread of the targets."""
    labels, name = labels_of(program), loss_name(program)
    if labels is None:
        return None
    if name in BINARY or name in CATEGORICAL:
        return _entropy(labels, name in BINARY)
    spread = labels.std if labels.std else None
    if spread is None:
        return None
    return spread**2 if name in SQUARED else spread


def _entropy(labels: LabelStats, binary: bool) -> float | None:
    shares = [share for share in labels.balance or () if share > 0]
    if binary and labels.mean is not None and 0.0 < labels.mean < 1.0:
        shares = [labels.mean, 1.0 - labels.mean]
    if len(shares) > 1:
        return -sum(share * log(share) for share in shares)
    width = labels.classes or 0
    return log(width) if width > 1 else None


def metric_of(program: Program) -> Numbers:
    """Accuracy per step; empty when the program asks for none."""
    metrics = program.trace.metrics if program.trace else {}
    found = next((metrics[name] for name in metrics if name in METRICS), ())
    return np.asarray(found, dtype=float)


def chance_of(program: Program) -> float:
    """The accuracy of a constant answer."""
    labels = labels_of(program)
    return max(labels.balance) if labels is not None and labels.balance else CHANCE
