"""Builders of traces for the examples in the files of the checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analyzer.observed import (
    Baselines,
    Layer,
    LayerPoint,
    LayerTrace,
    Observation,
    Probes,
    Trace,
)
from analyzer.rules.base import Program
from analyzer.rules.samples import activation, at, dense, sample, table

TEXT = """
model.add(Dense(8, activation="relu"))
model.add(Dense(8, activation="relu"))
model.add(Dense(1))
model.compile(loss="mse", optimizer=SGD(0.01))
model.fit(x, y)
"""
NET = (
    dense(1, 8, "relu", parameters=72),
    dense(2, 8, "relu", parameters=72),
    dense(3, 1, parameters=9),
)
POINTS = 20
EVERY = 3  # steps from point to point

Columns = Mapping[str, float | Sequence[float]]


def points(columns: Columns) -> tuple[LayerPoint, ...]:
    """POINTS points; a number stands for the same value at every point."""
    lists = {
        name: list(value) if isinstance(value, Sequence) else [value] * POINTS
        for name, value in columns.items()
    }
    length = min((len(values) for values in lists.values()), default=0)
    return tuple(
        LayerPoint(step=EVERY * at, **{name: values[at] for name, values in lists.items()})
        for at in range(length)
    )


def warmed(
    losses: Sequence[float] = (),
    layers: Mapping[int, Columns] | None = None,
    *,
    text: str = TEXT,
    net: Sequence[Layer] = NET,
    loss: str = "mean_squared_error",
    optimizer: str = "sgd",
    baselines: Mapping[str, Any] | None = None,
    trace: Mapping[str, Any] | None = None,
    **facts: Any,
) -> Program:
    """A program whose warm-up showed these losses and these statistics per layer."""
    followed = tuple(
        LayerTrace(layer=index, points=points(columns)) for index, columns in (layers or {}).items()
    )
    seen = Trace(steps=len(losses), loss=tuple(losses), layers=followed, **(trace or {}))
    probes = Probes(baselines=Baselines(rows=32, **baselines)) if baselines is not None else None
    facts.setdefault("learner", {"fit_site": at(5), "batch_size": 32})
    facts.setdefault("inputs", table())
    facts.setdefault("optimizer_facts", {"learning_rate": 0.01})
    return sample(
        text,
        layers=net,
        loss=loss,
        loss_line=4,
        optimizer=optimizer,
        optimizer_line=4,
        trace=seen,
        observation=Observation(trace=seen, probes=probes),
        **facts,
    )


def falling(first: float, last: float, steps: int = 60, noise: float = 0.1) -> tuple[float, ...]:
    """A course of losses from first to last, with noise of this part of each value."""
    ratio = (last / first) ** (1 / max(1, steps - 1))
    waves = (1.0, -0.7, 0.3, -1.0, 0.6, -0.2)
    return tuple(
        first * ratio**step * (1 + noise * waves[step % len(waves)]) for step in range(steps)
    )


__all__ = ["NET", "POINTS", "TEXT", "activation", "at", "dense", "falling", "points", "warmed"]
