"""Learning rates over the planned training: schedules called for each epoch or step, no training.

Only called when the program has ended, so that a schedule with a memory of its own does no harm.
"""

from __future__ import annotations

import math
from typing import Any

MOST_EPOCHS = 1000
POINTS = 120
"""Steps at which a schedule over batches is asked; each takes about a millisecond."""
VANISHED = 1e-4
"""Share of the highest rate; far below the 1e-3 that step decays end at."""


def current_rate(model: Any) -> float | None:
    """The learning rate of a model's optimizer, None under a schedule."""
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None or schedule_of(model) is not None:
        return None
    return _number(getattr(optimizer, "learning_rate", None))


def schedule_of(model: Any) -> Any:
    """The schedule object that the model's optimizer was given, else None."""
    optimizer = getattr(model, "optimizer", None)
    given = getattr(optimizer, "_learning_rate", None)
    if given is None:
        given = (getattr(optimizer, "_hyper", None) or {}).get("learning_rate")
    return given if callable(given) and hasattr(given, "get_config") else None


def of_callback(callback: Any, epochs: int, rate: float | None) -> dict[str, Any]:
    """The Schedule of a LearningRateScheduler."""
    found: list[tuple[int, float]] = []
    for epoch in range(min(epochs, MOST_EPOCHS)):
        try:
            rate = _number(callback.schedule(epoch, rate))
        except TypeError:  # older schedules take the epoch alone
            rate = _number(callback.schedule(epoch))
        if rate is None:
            break
        found.append((epoch, rate))
    return {"name": type(callback).__name__, "unit": "epoch", **describe(found)}


def of_schedule(schedule: Any, steps: int) -> dict[str, Any]:
    """The Schedule of a LearningRateSchedule over so many steps."""
    found = []
    for step in sorted({round(i * (steps - 1) / (POINTS - 1)) for i in range(POINTS)}):
        rate = _number(schedule(step))
        if rate is None:
            break
        found.append((step, rate))
    horizon = getattr(schedule, "decay_steps", None)
    facts = {"name": type(schedule).__name__, "unit": "batch", **describe(found)}
    return facts | {"horizon": int(horizon) if isinstance(horizon, (int, float)) else None}


def describe(points: list[tuple[int, float]]) -> dict[str, Any]:
    """Highest and lowest rate, and the rates themselves."""
    values = [rate for _, rate in points]
    if not points or not all(map(math.isfinite, values)):
        return {"simulated": 0}
    peak, lowest = max(values), min(values)
    every = max(1, math.ceil(len(points) / POINTS))
    last = max((i for i, rate in enumerate(values) if rate >= VANISHED * peak), default=-1)
    return {
        "simulated": points[-1][0],
        "at": [at for at, _ in points[::every]],
        "rates": values[::every],
        "peak": peak,
        "peak_at": points[values.index(peak)][0],
        "lowest": lowest,
        "lowest_at": points[values.index(lowest)][0],
        "vanishes_at": points[last + 1][0] if peak > 0 and last + 1 < len(points) else None,
    }


def _number(value: Any) -> float | None:
    if hasattr(value, "numpy"):
        value = value.numpy()
    try:
        return None if value is None else float(value)
    except (TypeError, ValueError):
        return None
