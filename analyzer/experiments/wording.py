"""Experiments in words: one line for a person, and two loss curves as text."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from analyzer.experiments.scores import WORDS
from analyzer.findings import Experiment

BARS = "▁▂▃▄▅▆▇█"
BROKEN = "×"
"""A loss that is no number."""
WIDTH = 30


def sentence(experiment: Experiment) -> str:
    """As in "accuracy on held-out samples 0.31 0.33 0.30 -> 0.94 0.95 0.93, 3 seeds, 8 s"."""
    where = "on held-out samples" if experiment.held_out else f"on its {experiment.samples} samples"
    before, after = (
        _numbers(side) or "does not train" for side in (experiment.before, experiment.after)
    )
    name = WORDS.get(experiment.metric, experiment.metric)
    seconds = max(1, round(experiment.seconds))
    return f"{name} {where} {before} -> {after}, {experiment.seeds} seeds, {seconds} s"


def effect(experiment: Experiment, *, contract: bool) -> str:
    """What the experiment says of the edit, in a few words."""
    said = {"better": "the edit helps", "worse": "the edit scores worse", "noise": "within noise"}
    text = said[experiment.outcome]
    if not contract:
        return text
    if experiment.outcome == "worse":
        return "contract mended, although a short training scores worse"
    if experiment.outcome == "noise":
        return "contract mended, effect within noise"
    return "contract mended, and it helps"


def sparklines(experiment: Experiment) -> tuple[str, str] | None:
    """The loss before and after, each on its own scale; None without two curves.

    Each has its own scale because an edit of the loss changes its unit.
    """
    if not experiment.loss_before or not experiment.loss_after:
        return None
    return sparkline(experiment.loss_before), sparkline(experiment.loss_after)


def sparkline(values: Sequence[float], width: int = WIDTH) -> str:
    """The values as bars from the smallest to the largest; numbers that are none as a cross."""
    parts = _parts(values, width)
    finite = [value for value in parts if math.isfinite(value)]
    low, high = min(finite, default=0.0), max(finite, default=0.0)
    return "".join(_bar(value, low, high) for value in parts)


def _parts(values: Sequence[float], width: int) -> list[float]:
    count = min(width, len(values))
    cuts = [i * len(values) // count for i in range(count + 1)] if count else []
    groups = [values[a:b] for a, b in itertools.pairwise(cuts)]
    return [math.fsum(group) / len(group) if _finite(group) else math.nan for group in groups]


def _finite(group: Sequence[float]) -> bool:
    return all(math.isfinite(value) for value in group)


def _bar(value: float, low: float, high: float) -> str:
    if not math.isfinite(value):
        return BROKEN
    if high <= low:
        return BARS[0]
    return BARS[min(len(BARS) - 1, int((value - low) / (high - low) * len(BARS)))]


def _numbers(values: Sequence[float]) -> str:
    return " ".join(f"{value:.2f}" for value in values)
