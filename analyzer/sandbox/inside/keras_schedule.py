"""At which steps which layers are looked at: decided by sizes alone, not by the clock."""

from __future__ import annotations

import math
from typing import Any

MOST_SAMPLES = 20
FEWEST_SAMPLES = 8
BATCH_PART = 32
"""Samples of the batch that are run again."""
SHARE = 0.035
"""What samples may add to the warm-up, where more than the fewest are taken."""
STEP_SECONDS, SAMPLE_SECONDS, LAYER_SECONDS = 1.5e-3, 1e-3, 3e-4
"""Rough costs of a step's administration, of a sample's and of one layer's statistics."""
OPERATIONS_PER_SECOND = 3e10
MOST_TRACED_LAYERS = 160


def chosen_steps(steps: int, most: int = MOST_SAMPLES) -> list[int]:
    """The sampled steps of a warm-up, from 0: the first, the last, and the denser the earlier."""
    count = min(steps, most)
    found: list[int] = []
    for index in range(count):
        ideal = round((steps - 1) * (index / max(1, count - 1)) ** 2)
        found.append(max(ideal, found[-1] + 1 if found else 0))
    return found


def affordable_samples(steps: int, operations: float, rows: int, layers: int) -> int:
    """How many samples a warm-up can bear.

    Args:
        steps: its length.
        operations: multiplications of one sample's forward pass.
        rows: samples in a batch.
        layers: layers that are looked at.
    """
    compute = step_seconds(operations, rows)
    part = min(1.0, BATCH_PART / max(1, rows))
    sample = SAMPLE_SECONDS + LAYER_SECONDS * layers + part * compute
    return max(FEWEST_SAMPLES, int(SHARE * steps * (STEP_SECONDS + compute) / sample))


def step_seconds(operations: float, rows: int) -> float:
    """Roughly what one step of training computes; arguments as in `affordable_samples`."""
    return 6.0 * operations * rows / OPERATIONS_PER_SECOND


def operations_of(layers: list[dict[str, Any]]) -> float:
    """Multiplications of one sample's forward pass: weights times the positions they serve."""
    total = 0.0
    for layer in layers:
        shape = layer.get("input_shape" if layer.get("op") == "recurrent" else "output_shape")
        if layer.get("op") != "embedding":
            sizes = [int(size or 1) for size in (shape or [])[:-1]]
            total += float(layer.get("parameters") or 0) * math.prod(sizes)
    return total


def chosen_layers(layers: list[Any]) -> dict[int, Any]:
    """All layers; of very many those with weights and the last ones before the others."""
    places = list(range(len(layers)))
    if len(layers) > MOST_TRACED_LAYERS:
        weighted = [i for i in places if getattr(layers[i], "trainable_weights", None)]
        others = [i for i in reversed(places) if i not in set(weighted)]
        places = sorted([*reversed(weighted), *others][:MOST_TRACED_LAYERS])
    return {index: layers[index] for index in places}
