"""What was measured about a finding and its edit, in short lines.

An experiment supports a contract and never overrules one: where the edit mends what was seen, and
the numbers do not move beyond the spread of the seeds, that is what is said.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from analyzer import Finding
from analyzer.findings import Experiment

BARS = "▁▂▃▄▅▆▇█"
WIDTH = 24  # bars of one curve
MOST_SEEDS = 5  # values shown of each side


def numbers(finding: Finding) -> str:
    """ "accuracy on held-out samples 0.31 0.33 → 0.94 0.95, 2 seeds, 8 s"; empty without any."""
    experiment = finding.fix.experiment if finding.fix else None
    if experiment is None:
        return ""
    seeds = f"{experiment.seeds} seed" if experiment.seeds == 1 else f"{experiment.seeds} seeds"
    metric = " ".join(experiment.metric.replace("_", " ").split())
    where = " on held-out samples" if experiment.held_out else " on the samples trained on"
    sides = f"{_row(experiment.before)} → {_row(experiment.after)}"
    return f"{metric}{where} {sides}, {seeds}, {experiment.seconds:.0f} s"


def _row(values: Sequence[float]) -> str:
    shown = " ".join(f"{value:.3g}" for value in values[:MOST_SEEDS])
    return shown + (" …" if len(values) > MOST_SEEDS else "") or "nothing"


def curves(experiment: Experiment) -> str:
    """The loss with and without the edit as two rows of bars on one scale; empty without both."""
    before, after = experiment.loss_before, experiment.loss_after
    if not before or not after:
        return ""
    finite = [value for value in (*before, *after) if math.isfinite(value)]
    if not finite:
        return ""
    low, high = min(finite), max(finite)
    return f"{_bars(before, low, high)} → {_bars(after, low, high)}"


def _bars(values: Sequence[float], low: float, high: float) -> str:
    step = max(1, math.ceil(len(values) / WIDTH))
    span = high / 2 - low / 2 or 1.0  # halves, since the span itself can overflow
    return "".join(
        BARS[round((value / 2 - low / 2) / span * (len(BARS) - 1))] if math.isfinite(value) else "×"
        for value in values[::step]
    )
