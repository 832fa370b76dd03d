"""What leaves a pass: a bounded part of each layer's output and of the gradient after it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .keras_state import array_of

MOST_VALUES = 2**16
"""Values of one layer's output that leave the pass, evenly spaced over samples and positions."""


@dataclass
class Sample:
    """A bounded part of one layer's output, or of the gradient after it.

    Attributes:
        values: (rows, units); a unit is an entry of the last axis, of feature maps a channel.
        squares: sum of the squares of all values of the batch part, None when `values` are all.
        size: how many values that are.
    """

    values: Any
    squares: float | None
    size: int


@dataclass
class Pass:
    """What one pass gave.

    Attributes:
        loss: None when the model has no loss that can be computed here.
        predictions: the model's outputs.
        outputs, output_gradients: per index of a layer.
        gradients: per identity of a trainable variable.
    """

    loss: Any
    predictions: list[Any]
    outputs: dict[int, Sample]
    output_gradients: dict[int, Sample]
    gradients: dict[int, Any]


def channels_first(layer: Any, tensor: Any) -> bool:
    return getattr(layer, "data_format", None) == "channels_first" and tensor.shape.rank > 2


def sampled(tf: Any, tensor: Any, first: bool, most: int) -> list[Any]:
    """What leaves the pass: all of a tensor that is surely small, else a part, squares and size."""
    sizes = tensor.shape[1:]
    if None not in sizes and math.prod(map(int, sizes)) * most <= MOST_VALUES:
        return [tensor]
    values = tf.cast(tensor, tf.float32)
    shape, size = tf.shape(values), tf.size(values)
    stride = size // MOST_VALUES + 1
    stride += 1 - stride % 2  # odd: sizes of images are even, and a column must not be hit again
    if first:
        maps = tf.reshape(values, [shape[0], shape[1], -1])[:, :, ::stride]
        rows = tf.reshape(tf.transpose(maps, [0, 2, 1]), [-1, shape[1]])
    else:
        rows = tf.reshape(values, [-1, shape[-1]])[::stride]
    return [rows, 2.0 * tf.nn.l2_loss(values), size]


def read(leaves: list[Any], first: bool) -> Sample:
    """The Sample of what `sampled` let out."""
    import numpy as np

    values = np.asarray(array_of(leaves[0]), np.float32)
    if len(leaves) == 3:
        return Sample(values, float(leaves[1]), int(leaves[2]))
    if first:
        values = np.moveaxis(values, 1, -1)
    values = values.reshape(-1, values.shape[-1] if values.ndim > 1 else 1)
    return Sample(values, None, values.size)
