"""At how many steps the layers are looked at: so many that it costs a small share of the training.

The time of a step and that of looking are estimated from the shapes alone. Measured times would
make the number of points, and with it verdicts, depend on what else the machine does. The constants
are rough figures of one processor core; a GPU is faster at both, by about the same.
"""

from __future__ import annotations

import math
from typing import Any

from .torch_recording import Node
from .torch_values import MOST_VALUES

SAMPLED_STEPS = 20
FEWEST = 8
"""Points of the smallest models."""
SHARE = 0.04
"""Of the time of all steps."""
EARLY = (0, 2, 4)
"""Steps that are looked at in any case: some programs have few."""
LONGEST = 2000
STEP = {"layer": 40e-6, "operation": 20e-12, "value": 5e-9}
LOOK = {"layer": 25e-6, "weight": 1.5e-9, "value": 20e-9}
"""Seconds per layer, multiplication or addition, value of an output and trained weight."""


def affordable(nodes: list[Node | None], steps: int, most: int) -> int:
    """How many of these steps are looked at, `most` or fewer."""
    step = look = 0.0
    for node in nodes:
        if node is None:
            continue
        values = _values(node)
        weights = [p for p in node.parameters if p.requires_grad]
        count = sum(p.numel() for p in weights)
        step += STEP["layer"] + STEP["value"] * values + STEP["operation"] * _work(weights, values)
        look += LOOK["layer"] + LOOK["weight"] * count + LOOK["value"] * min(values, MOST_VALUES)
    if not look:
        return most
    return min(most, max(FEWEST, int(SHARE * steps * step / look)))


def _values(node: Node) -> int:
    """Values of the layer's first output."""
    shown = None if node.look is None else node.look.output
    return 0 if shown is None else round(shown.values.numel() / shown.share)


def _work(weights: list[Any], values: int) -> float:
    """Operations of one step: every kernel is used once per output position, forward and back."""
    kernels = [p for p in weights if p.dim() >= 2]
    return 6.0 * sum(p.numel() * values / p.shape[0] for p in kernels)


def wanted_steps(steps: int, points: int) -> frozenset[int]:
    """The steps that are looked at: evenly spaced ones, and a few early ones."""
    every = max(1, math.floor(steps / points))
    return frozenset(range(0, max(steps, LONGEST), every)) | frozenset(EARLY)
