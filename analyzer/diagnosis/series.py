"""The twenty runtime series of DeepFD, as far as one warm-up has them, each in eight statistics.

Series are per step (losses, metrics) or per sampled step (layers). Losses are taken relative to
what a constant answer costs, so that no series depends on the scale of the data; flags are 0 or 1.
What was not seen is NaN throughout.

Sources: Cao et al. 2022, DeepFD, table 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from analyzer.diagnosis.arrays import Flags, Numbers
from analyzer.diagnosis.reading import Points, baseline_loss, chance_of, layer_points, metric_of
from analyzer.rules.base import Program

STATISTICS: Mapping[str, Callable[[Numbers], float]] = {
    "mean": lambda values: float(values.mean()),
    "std": lambda values: float(values.std()),
    "skew": lambda values: _skew(values),
    "median": lambda values: float(np.median(values)),
    "var": lambda values: float(values.var()),
    "sem": lambda values: float(values.std() / np.sqrt(len(values))),
    "max": lambda values: float(values.max()),
    "min": lambda values: float(values.min()),
}
LARGE_WEIGHT = 5.0  # DeepFD
VANISHING = 1e-4  # DeepFD, mean magnitude of a gradient
EXPLODING = 70.0
STABLE = 1e-3  # relative change of a loss that has settled
UNSTABLE = 0.5  # relative jump between two steps
BOUND = 1e6  # where a diverging series is cut, in units of its baseline
NAN = float("nan")


def series_features(program: Program) -> dict[str, float]:
    """Eight statistics of each series: "loss.mean", "gradient_zero.max", ..."""
    found: dict[str, float] = {}
    for name, values in all_series(program):
        finite = values[np.isfinite(values)]
        for word, statistic in STATISTICS.items():
            found[f"{name}.{word}"] = statistic(finite) if finite.size else NAN
    return found


def all_series(program: Program) -> Iterator[tuple[str, Numbers]]:
    """Every series with its name."""
    yield from _loss_series(program)
    yield from _metric_series(program)
    points = layer_points(program)
    for name, of in POINT_SERIES.items():
        yield name, of(points) if points.steps else np.empty(0)


def _loss_series(program: Program) -> Iterator[tuple[str, Numbers]]:
    losses = np.asarray(program.trace.loss if program.trace else (), dtype=float)
    relative = np.clip(losses / (baseline_loss(program) or NAN), -BOUND, BOUND)
    level = np.abs(losses[:1]) + 1e-12
    change = np.clip(np.diff(losses) / level, -BOUND, BOUND)
    yield "loss", relative
    yield "loss_of_first", np.clip(losses / level, -BOUND, BOUND)
    yield "loss_change", change
    yield "loss_nan", _flags(~np.isfinite(losses))
    yield "loss_increasing", _flags(change > 0)
    yield "loss_unstable", _flags(np.abs(change) > UNSTABLE)
    yield "loss_settled", _flags(np.abs(change) < STABLE)
    seen = program.trace.validation_losses if program.trace else ()
    held = [loss.last for loss in seen if loss.last is not None]
    yield "validation_loss", np.asarray(held, dtype=float) / (baseline_loss(program) or NAN)


def _metric_series(program: Program) -> Iterator[tuple[str, Numbers]]:
    """Accuracy where the program asks for it, between chance (0) and perfection (1)."""
    values, chance = metric_of(program), chance_of(program)
    gained = (values - chance) / (1.0 - chance) if chance < 1.0 else values * NAN
    yield "accuracy", gained
    yield "accuracy_change", np.diff(gained)
    yield "accuracy_nan", _flags(~np.isfinite(values))
    yield "accuracy_falling", _flags(np.diff(gained) < 0)


def _flags(values: Flags) -> Numbers:
    return values.astype(float)


def _skew(values: Numbers) -> float:
    spread = values.std()
    return float((((values - values.mean()) / spread) ** 3).mean()) if spread > 0 else 0.0


def _most(points: Points, name: str) -> Numbers:
    return points.over_layers(name, np.fmax)


def _changes(points: Points, name: str) -> Numbers:
    """Largest change of a statistic of a layer between two samples, relative to its spread."""
    moved = np.abs(np.diff(points.of(name), axis=0)) / (points.of("weight_std")[:-1] + 1e-12)
    return np.fmax.reduce(moved, axis=1) if moved.size else np.empty(0)


POINT_SERIES: Mapping[str, Callable[[Points], Numbers]] = {
    "gradient_nan": lambda points: _most(points, "gradient_nan"),
    "weight_nan": lambda points: _most(points, "weight_nan"),
    "gradient_zero": lambda points: _most(points, "gradient_zero"),
    "dying": lambda points: _most(points, "output_dead"),
    "vanishing": lambda points: _flags(points.over_layers("gradient_mean", np.fmin) < VANISHING),
    "exploding": lambda points: _flags(_most(points, "gradient_max") > EXPLODING),
    "large_weight": lambda points: _flags(_most(points, "weight_max") > LARGE_WEIGHT),
    "weight_mean_change": lambda points: _changes(points, "weight_mean"),
    "weight_std_change": lambda points: _changes(points, "weight_std"),
    "weight_still": lambda points: _flags(_changes(points, "weight_std") < 1e-7),
}
"""Of all layers together at each sampled step."""


def names() -> Sequence[str]:
    """Names of the statistics."""
    return tuple(STATISTICS)
