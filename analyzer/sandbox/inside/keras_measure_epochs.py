"""Several short epochs as one: Keras spends as long between two epochs as dozens of small steps.

The batches stay what they would have been: every epoch in an order of its own, its last batch
smaller than the others. What ends or changes with an epoch is not there in a measured training,
except for a schedule over epochs, which keeps its epochs.
"""

from __future__ import annotations

import importlib
import math
from typing import Any, NamedTuple

from .keras_data import array_leaves
from .keras_measure_parts import Parts, first_leaf, len_of

STEPS = 64
"""Steps of an epoch from which on the pause between two of them hardly counts."""


class Fed(NamedTuple):
    """What fit is given for a training.

    Attributes:
        arguments: x, y, sample_weight, batch_size and shuffle, as far as they apply.
        epochs: how often fit goes through them.
    """

    arguments: dict[str, Any]
    epochs: int


def fed(parts: Parts, epochs: int, seed: int, *, shuffle: Any, together: bool) -> Fed:
    """The training part for so many epochs.

    Args:
        shuffle: as the program gave it to fit.
        together: whether short epochs may be put together.
    """
    per_epoch = max(1, math.ceil(len_of(first_leaf(parts.x)) / parts.batch_size))
    many = min(epochs, STEPS // per_epoch)
    if together and many > 1 and isinstance(shuffle, bool) and _numbers(parts):
        rows = _repeated(parts, many, seed, bool(shuffle))
        return Fed({"x": rows, "shuffle": False}, math.ceil(epochs / many))
    arguments = {"x": parts.x, "y": parts.y, "sample_weight": parts.weights}
    return Fed({**arguments, "batch_size": parts.batch_size, "shuffle": shuffle}, epochs)


def _numbers(parts: Parts) -> bool:
    """Whether all of it is arrays of numbers, with the same rows."""
    import numpy as np

    count = len_of(first_leaf(parts.x))
    leaves = [leaf for side in (parts.x, parts.y, parts.weights) for leaf in _leaves(side)]
    return all(
        isinstance(leaf, np.ndarray) and leaf.dtype.kind in "biuf" and len(leaf) == count
        for leaf in leaves
    )


def _leaves(side: Any) -> list[Any]:
    return [] if side is None else list(array_leaves(side) or [None])


def _repeated(parts: Parts, epochs: int, seed: int, shuffle: bool) -> Any:
    tf = importlib.import_module("tensorflow")
    sides = [parts.x, parts.y] if parts.weights is None else [parts.x, parts.y, parts.weights]
    rows = tf.data.Dataset.from_tensor_slices(
        tuple(tuple(side) if isinstance(side, list) else side for side in sides)
    )
    if shuffle:
        count = len_of(first_leaf(parts.x))
        rows = rows.shuffle(count, seed=seed, reshuffle_each_iteration=True)
    return rows.batch(parts.batch_size).repeat(epochs)
