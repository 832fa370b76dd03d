"""Questions that several checks ask of a trace: trends beyond noise, layers with their points."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from math import prod
from statistics import fmean, median

from analyzer.observed import Graph, Layer, LayerPoint, Site
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import first_site
from analyzer.rules.reading.stack import (
    NORMALIZATIONS,
    WEIGHTED,
    blocks,
    successors,
    trainable_parameters,
)

FEWEST_STEPS = 10
"""Steps from which anything is said about a course of losses (as in the rule does-not-learn)."""
WINDOW = 10
"""Losses at either end that are compared at most; a quarter of shorter courses."""
LONGEST_NAME = 60
MOST_COMPARED = 200
"""Values of a course whose pairs are compared."""
BEYOND_NOISE = 3.0
"""Standard deviations from which a course falls or rises: one chance in 700 (normal)."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A layer of the graph with its points.

    Attributes:
        last: whether no weighted layer comes behind it.
    """

    layer: Layer
    points: tuple[LayerPoint, ...]
    last: bool

    @property
    def site(self) -> Site | None:
        """Where it is made, else where it is called."""
        return self.layer.site or self.layer.call_site

    @property
    def name(self) -> str:
        """As a message calls it: "layer 1, dense_1 (Dense)"; the program chose the name."""
        name = " ".join(self.layer.name.split())[:LONGEST_NAME]
        return f"layer {self.layer.index}, {name} ({self.layer.type})"

    def column(self, name: str) -> tuple[float, ...]:
        """The values of one statistic, points without it left out; may hold NaN."""
        found = (getattr(point, name) for point in self.points)
        return tuple(float(value) for value in found if value is not None)

    def late(self, name: str) -> float | None:
        """Median over the later half of the points; None when nobody measured it."""
        values = [value for value in self.column(name) if math.isfinite(value)]
        return median(values[len(values) // 2 :]) if values else None

    def first(self, name: str) -> float | None:
        """The first value."""
        values = self.column(name)
        return values[0] if values else None


def followed(program: Program) -> tuple[Followed, ...]:
    """All layers with points, in execution order."""
    graph, trace = program.graph, program.trace
    if graph is None or trace is None or graph.origin != "run":
        return ()
    ends = {block.layer.index for block in blocks(graph) if block.last}
    ends |= {layer.index for block in blocks(graph) if block.last for layer in block.tail}
    known = {layer.index: layer for layer in graph.layers}
    return tuple(
        Followed(known[each.layer], each.points, each.layer in ends)
        for each in sorted(trace.layers, key=lambda each: each.layer)
        if each.layer in known and each.points
    )


def weighted(program: Program) -> tuple[Followed, ...]:
    """Layers whose weights are trained."""
    return tuple(
        each
        for each in followed(program)
        if each.layer.op in WEIGHTED and each.layer.trainable and each.layer.parameters
    )


def before_normalization(graph: Graph, layer: Layer) -> bool:
    """Whether a normalization stands right behind: the scale of the weights does not matter."""
    return any(each.op in NORMALIZATIONS for each in successors(graph).get(layer.index, ()))


def inputs_of(each: Followed) -> int | None:
    """How many values each unit adds up; None when unknown."""
    layer = each.layer
    channels = layer.input_channels
    if channels is None and layer.op == "dense" and layer.input_shape:
        channels = layer.input_shape[-1]
    return None if channels is None else channels * prod(layer.kernel_size or (1,))


def losses(program: Program) -> tuple[float, ...]:
    """The loss per step; empty without a trace."""
    return program.trace.loss if program.trace else ()


def all_finite(values: Sequence[float]) -> bool:
    """Whether every value is a number."""
    return all(math.isfinite(value) for value in values)


@dataclass(frozen=True, slots=True)
class Course:
    """The beginning and the end of a course of values.

    Attributes:
        first, last: medians of the first and the last window.
        error: standard error of their difference, from the noise within the windows.
        fall: standard deviations by which the whole course falls beyond chance (Mann-Kendall test
            of trend); negative when it rises.
    """

    first: float
    last: float
    error: float
    fall: float


def course(values: Sequence[float]) -> Course:
    """Compare the ends of a course of at least FEWEST_STEPS finite values.

    The standard error of a window's median is 1.25 of that of its mean (normal values). The noise
    is that from step to step (von Neumann 1941), which a steady fall within a window does not
    enlarge.
    """
    size = max(3, min(WINDOW, len(values) // 4))
    begin, end = values[:size], values[-size:]
    error = 1.2533 * math.sqrt((_noise(begin) + _noise(end)) / size)
    return Course(median(begin), median(end), error, _fall(values))


def _fall(values: Sequence[float]) -> float:
    """How many more pairs fall than rise, over the standard deviation of that without a trend."""
    thinned = values[:: 1 + len(values) // MOST_COMPARED]
    size = len(thinned)
    falls = sum((a > b) - (a < b) for a, b in combinations(thinned, 2))
    return falls / math.sqrt(size * (size - 1) * (2 * size + 5) / 18)


def _noise(values: Sequence[float]) -> float:
    """The variance of independent noise around a slow course: half the mean squared difference."""
    return fmean((after - before) ** 2 for before, after in pairwise(values)) / 2


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean; NaN of nothing."""
    return fmean(values) if values else math.nan


def loss_site(program: Program) -> Site | None:
    """The loss argument or constructor, else the fit call or the loop."""
    learner = program.learner
    return first_site(
        *(use.site or use.call_site for use in (learner.losses if learner else ())),
        learner.compile_site if learner else None,
        learner.fit_site if learner else None,
    )


def optimizer_site(program: Program) -> Site | None:
    """The learning-rate argument, else the optimizer, else the fit call or the loop."""
    learner = program.learner
    found = learner.optimizers if learner else ()
    return first_site(
        *(use.learning_rate_site for use in found),
        *(use.site for use in found),
        learner.compile_site if learner else None,
        learner.fit_site if learner else None,
    )


def fit_site(program: Program) -> Site | None:
    """The fit call or the loop's backward call, else the loss."""
    learner = program.learner
    return first_site(learner.fit_site if learner else None, loss_site(program))


def unscheduled(program: Program) -> bool:
    """Whether the rate was constant as far as known: a warm-up of the rate begins near zero."""
    found = program.learner.optimizers if program.learner else ()
    return not any(use.scheduled for use in found)


def fine_tunes(program: Program) -> bool:
    """Whether the model was trained before, or most of its parameters are kept as they are."""
    graph = program.graph
    if graph is None:
        return False
    parameters = sum(layer.parameters for layer in graph.layers)
    return graph.backbone or 2 * trainable_parameters(graph) < parameters


def one_known_loss(program: Program) -> bool:
    """Whether the course of the loss is that of one loss of known meaning.

    Several losses alternate (a generator's and a discriminator's), and a program's own function may
    rise or stay by intention.
    """
    found = program.learner.losses if program.learner else ()
    return len(found) == 1 and not found[0].custom


def hidden(followed_layers: Sequence[Followed]) -> Iterator[Followed]:
    """Those that do not make an output."""
    return (each for each in followed_layers if not each.last)
