"""What is kept of a tensor until its statistics are computed: copies, thinned when it is large."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .torch_room import Room

MOST_VALUES = 2**15
"""Values of one output that are kept; of a larger one evenly spaced ones."""
ROWS_FACTOR = 2
"""So many times more where a unit has one value per sample, side by side with the others'."""
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
        values: a copy; share: kept values over all.
        axis: of the units in the copy; None where there are none.
    """

    values: Any
    share: float = 1.0
    axis: int | None = None

    @property
    def nbytes(self) -> int:
        """Bytes that it holds."""
        return int(self.values.numel() * self.values.element_size())


def channels_first(op: str, dimensions: int, sources: Sequence[bool]) -> bool:
    """Whether the units of a layer's output lie along axis 1, and not along the last one."""
    if op in CHANNELS_FIRST or op in CHANNELS_LAST:
        return op in CHANNELS_FIRST
    return sources[0] if sources else dimensions >= 4


def keep(
    tensor: Any, room: Room, first: bool | None = None, most: int = MOST_VALUES
) -> Kept | None:
    """A copy of a tensor of real numbers; None for any other.

    Args:
        tensor: an output, or a gradient.
        room: where the copy lies.
        first: whether its units lie along axis 1; None when units do not matter.
        most: values that are kept.
    """
    import torch

    if not tensor.is_floating_point() or not tensor.numel() or tensor.layout != torch.strided:
        return None
    count, values = tensor.numel(), tensor.detach()
    if type(values) is not torch.Tensor:
        values = values.as_subclass(torch.Tensor)
    axis = None
    if first is not None and values.dim() >= 2:
        axis = 1 if first else values.dim() - 1
        if count == values.shape[axis]:
            axis = None  # a single row says nothing about a unit
    if count > most:
        values, axis = _thinned(values, axis, most)
    copy = room.copy(values)
    return Kept(copy, copy.numel() / count, axis)


def _thinned(values: Any, axis: int | None, most: int) -> tuple[Any, int | None]:
    """Evenly spaced values, of every unit where there are units; and where the units lie now."""
    if axis == 1 and values.dim() > 2:
        return values.flatten(2)[:, :, :: -(-values.numel() // most)], 1
    if axis is not None:
        rows = values.reshape(-1, values.shape[-1])
        return rows[:: -(-values.numel() // (ROWS_FACTOR * most))], 1
    return values.reshape(-1)[:: -(-values.numel() // most)], None
