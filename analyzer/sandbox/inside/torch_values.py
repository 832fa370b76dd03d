"""What is kept of a tensor until its statistics are computed: copies, thinned when it is large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

MOST_VALUES = 2**18
"""Values of one output that are kept; of a larger one evenly spaced ones."""
MOST_READ = 2**19
"""Values of one output that are read; of a larger one evenly spaced samples."""
FEWEST_READ = 64
"""Samples that are read in any case."""
CHANNELS_FIRST = frozenset(
    {
        "conv",
        "conv_transpose",
        "depthwise_conv",
        "batch_norm",
        "group_norm",
        "max_pool",
        "average_pool",
        "upsample",
    }
)
CHANNELS_LAST = frozenset({"dense", "embedding", "recurrent", "attention", "layer_norm"})


class Kept(NamedTuple):
    """Values of one tensor.

    Attributes:
        values: a copy, flat when it is thinned; share: kept values over all.
        axis: of the units in the copy; None where there are none, or they are in `bounds`.
        bounds: largest and smallest value of every unit in what was read, of a thinned tensor.
    """

    values: Any
    share: float = 1.0
    axis: int | None = None
    bounds: tuple[Any, Any] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""
        return int(self.values.numel() * self.values.element_size())


def channels_first(op: str, dimensions: int, sources: Sequence[bool]) -> bool:
    """Whether the units of a layer's output lie along axis 1, and not along the last one."""
    if op in CHANNELS_FIRST or op in CHANNELS_LAST:
        return op in CHANNELS_FIRST
    return sources[0] if sources else dimensions >= 4


def keep(tensor: Any, first: bool | None = None, most: int = MOST_VALUES) -> Kept | None:
    """A copy of a tensor of real numbers; None for any other.

    Args:
        tensor: an output, or a gradient.
        first: whether its units lie along axis 1; None when units do not matter.
        most: values that are kept.
    """
    import torch

    if not tensor.is_floating_point() or not tensor.numel() or tensor.layout != torch.strided:
        return None
    count, values = tensor.numel(), tensor.detach()
    if type(values) is not torch.Tensor:
        values = values.as_subclass(torch.Tensor)
    if count > MOST_READ:
        values = values[:: max(1, min(-(-count // MOST_READ), values.shape[0] // FEWEST_READ))]
    axis = None
    if first is not None and values.dim() >= 2:
        axis = 1 if first else values.dim() - 1
        if values.numel() == values.shape[axis]:
            axis = None  # a single row says nothing about a unit
    if count <= most:
        return Kept(values.clone(memory_format=torch.contiguous_format), 1.0, axis)
    thinned = values.reshape(-1)[:: -(-values.numel() // most)].clone()
    share = thinned.numel() / count
    return Kept(thinned, share, None, None if axis is None else _bounds(values, axis))


def _bounds(values: Any, axis: int) -> tuple[Any, Any]:
    others = [a for a in range(values.dim()) if a != axis]
    return values.amax(others), values.amin(others)
