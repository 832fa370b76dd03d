"""How much of the gradients their clipping leaves, as the run showed it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from analyzer.observed import OptimizerUse, Site
from analyzer.observed.order import CallOrder, Event
from analyzer.rules.base import Program
from analyzer.rules.reading.order import Cycle, cycles, kind_of, of_kind, order_of, site_of
from analyzer.rules.reading.points import Points, trained_points

CLIPPING = frozenset({"clip_grad_norm_", "clip_by_global_norm", "clip_by_norm"})
SLACK = 1.05
"""For rounding: a step is measured as a difference of weights."""
SHARE = 0.2
"""Of a clipped gradient at least so much is that of the kernels; the rest is that of biases."""
WHOLE = 10.0
"""The gradient of a whole batch may be so many times shorter than that of the samples of it that
are run again: the root of 3,200 over 32, if the samples had nothing in common."""
SEVERAL = math.sqrt(3.0)
"""A recurrent layer has two or three kernels, each of which is clipped by itself."""


@dataclass(frozen=True, slots=True)
class Given:
    """An argument of the optimizer's constructor."""

    made: Site | None
    keyword: str


@dataclass(frozen=True, slots=True)
class Cut:
    """What was clipped at every step.

    Attributes:
        norms: lowest and highest norm before; of: of what; left: at most this part was left, 0..1.
        steps: at so many steps; argument: of the optimizer, which has the bound; None for a call.
    """

    site: Site
    bound: float
    norms: tuple[float, float]
    left: float
    steps: int
    of: str = ""
    argument: Given | None = None


# PyTorch


def cut_in_torch(program: Program) -> Cut | None:
    """By the calls: before every step all gradients were clipped, and to which part."""
    if not program.has("order") or len(order_of(program).optimizers) != 1:
        return None
    order = order_of(program)
    clips = [_clips(order, cycle) for cycle in cycles(order, 0)]
    every = [event for events in clips for event in events]
    if not clips or not all(clips) or len({event.bound for event in every}) != 1:
        return None
    site = site_of(order, every[0])
    norms = [event.norm or 0.0 for event in every]
    bound = every[0].bound or 0.0
    if site is None or not all(map(math.isfinite, norms)) or bound <= 0 or min(norms) <= bound:
        return None
    return Cut(site, bound, (min(norms), max(norms)), bound / min(norms), len(clips))


def _clips(order: CallOrder, cycle: Cycle) -> list[Event]:
    """The clippings after the last backward pass, when together they reach all gradients."""
    found: list[Event] = []
    unscaled = False
    for event in cycle:
        kind = kind_of(order, event)
        if kind == "backward":
            found = []
        elif kind == "unscale":
            unscaled = True
        elif kind == "clip" and event.norm is not None and math.isfinite(event.bound or math.inf):
            found.append(event)
    step = cycle[-1]
    reached = sum(event.held or 0 for event in found)
    if (step.scaled and not unscaled) or step.held is None or reached < step.held:
        return []
    return found


# Keras


def cut_in_keras(program: Program, use: OptimizerUse) -> Cut | None:
    """By the bound and the gradients of the looked-at batches, if the first step agrees."""
    assert program.trace is not None
    found = _bound(program, use)
    layers = list(trained_points(program.trace).values())
    rate = use.learning_rate
    if found is None or not layers or not rate or use.scheduled:
        return None
    site, bound, together, argument = found
    lengths = _lengths(layers, together=together)
    if not lengths or min(lengths) <= WHOLE * bound:
        return None
    most = SLACK * (1.0 + (use.momentum or 0.0))
    if not _agrees(layers, rate * bound, most, together=together):
        return None
    norms, left = (min(lengths), max(lengths)), WHOLE * bound / min(lengths)
    of = " for up to 32 samples of the batch" + ("" if together else " and a layer")
    return Cut(site, bound, norms, left, len(layers[0]), of, argument)


def _bound(program: Program, use: OptimizerUse) -> tuple[Site, float, bool, Given | None] | None:
    """(place, bound, whether all gradients are clipped together, argument); None unless one."""
    order = program.observation.order if program.observation else None
    clips = of_kind(order, "clip") if order else ()
    bounds = {(event.call, event.bound, (event.held or 1) > 1) for event in clips}
    given = [("clipnorm", use.clip_norm, False), ("global_clipnorm", use.global_clip_norm, True)]
    arguments = [(keyword, bound, all_) for keyword, bound, all_ in given if bound]
    if len(bounds) + len(arguments) != 1:
        return None
    if order is not None and bounds:
        _, bound, together = next(iter(bounds))
        site = site_of(order, clips[0])
        return (site, bound, together, None) if site and bound else None
    keyword, bound, together = arguments[0]
    call = program.source.at(use.site)
    written = call.argument(keyword) if call else None
    place = written.site if written else use.site
    return (place, bound or 0.0, together, Given(use.site, keyword)) if place else None


def _lengths(layers: list[Points], *, together: bool) -> list[float]:
    """Norms of what is clipped at once, of the kernels alone, at every looked-at step."""
    if not together:
        return [point.gradient_norm or 0.0 for points in layers for point in points]
    if len({len(points) for points in layers}) != 1:
        return []
    steps = zip(*layers, strict=True)
    return [math.hypot(*(point.gradient_norm or 0.0 for point in step)) for step in steps]


def _agrees(layers: list[Points], longest: float, most: float, *, together: bool) -> bool:
    """Whether the first step, which knows no momentum, is as long as the bound lets it be."""
    first = [points[0] for points in layers]
    if any(point.step for point in first):
        return False
    moves = [(point.update_ratio or 0.0) * (point.weight_norm or 0.0) for point in first]
    if together:
        return SHARE * longest <= math.hypot(*moves) <= most * longest
    return all(longest / most <= move <= most * SEVERAL * longest for move in moves)
