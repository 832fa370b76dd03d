"""At which steps which layers are looked at: decided by sizes alone, not by the clock."""

from __future__ import annotations

import math
from typing import Any

MOST_SAMPLES = 20
FEWEST_SAMPLES = 8
BATCH_PART = 32
"""Rows of the batch that are run again."""
SMALLER_PARTS = ((16, 0.05), (8, 0.4))
"""Fewer rows, from the seconds on that the next larger part would take."""
SHARE = 0.035
"""What samples may add to the warm-up, where more than the fewest are taken."""
STEP_SECONDS, SAMPLE_SECONDS, LAYER_SECONDS = 1.5e-3, 1e-3, 3e-4
"""Rough costs of a step's administration, of a sample's and of one layer's statistics."""
OPERATIONS_PER_SECOND, VALUES_PER_SECOND = 3e10, 1e8
MOST_TRACED_LAYERS = 160


def chosen_steps(steps: int, most: int = MOST_SAMPLES) -> list[int]:
    """The sampled steps of a warm-up, from 0: the first, the last, and the denser the earlier."""
    count = min(steps, most)
    found: list[int] = []
    for index in range(count):
        ideal = round((steps - 1) * (index / max(1, count - 1)) ** 2)
        found.append(max(ideal, found[-1] + 1 if found else 0))
    return found


def affordable_samples(steps: int, seconds: float, rows: int, layers: int) -> int:
    """How many samples a warm-up can bear.

    Args:
        steps: its length.
        seconds: what training on one row takes, as `row_seconds` has it.
        rows: rows of a batch.
        layers: layers that are looked at.
    """
    compute = seconds * rows
    part = min(part_of(seconds), rows) * seconds
    sample = SAMPLE_SECONDS + LAYER_SECONDS * layers + part
    return max(FEWEST_SAMPLES, int(SHARE * steps * (STEP_SECONDS + compute) / sample))


def part_of(seconds: float) -> int:
    """Rows of a batch that are run again, at these seconds a row."""
    rows = BATCH_PART
    for fewer, bound in SMALLER_PARTS:
        if rows * seconds > bound:
            rows = fewer
    return rows


def row_seconds(layers: list[dict[str, Any]]) -> float:
    """Roughly what training takes per row of a batch: arithmetic, and moving what layers give."""
    operations = values = 0.0
    for layer in layers:
        shape = layer.get("input_shape" if layer.get("op") == "recurrent" else "output_shape")
        sizes = [int(size or 1) for size in shape or []]
        values += math.prod(sizes)
        if layer.get("op") != "embedding":
            operations += float(layer.get("parameters") or 0) * math.prod(sizes[:-1])
    return 6.0 * operations / OPERATIONS_PER_SECOND + values / VALUES_PER_SECOND


def chosen_layers(layers: list[Any]) -> dict[int, Any]:
    """All layers; of very many those with weights and the last ones before the others."""
    places = list(range(len(layers)))
    if len(layers) > MOST_TRACED_LAYERS:
        weighted = [i for i in places if getattr(layers[i], "trainable_weights", None)]
        others = [i for i in reversed(places) if i not in set(weighted)]
        places = sorted([*reversed(weighted), *others][:MOST_TRACED_LAYERS])
    return {index: layers[index] for index in places}
