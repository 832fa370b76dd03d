"""Memory for copies, apart from the memory of the program's own tensors.

Copies that stay between tensors which come and go with every step break up the free memory: then
the C library asks for new pages in every step, and zeroing them takes longer than the copying.
"""

from __future__ import annotations

from typing import Any

ALIGNED = 64
"""Bytes of which every copy's place is a multiple."""


class Room:
    """One block of memory; what no longer fits, or lies on a device, gets memory of its own."""

    def __init__(self, size: int) -> None:
        self._size, self._used = size, 0
        self._memory: Any = None

    def leave(self) -> None:
        """Begin anew; the block is freed as soon as no copy in it is used."""
        self._memory, self._used = None, 0

    def empty(self, count: int, like: Any) -> Any:
        """A flat tensor of this many values, of the type and device of another tensor."""
        import torch

        begin, size = self._used, count * like.element_size()
        if not like.is_cpu or begin + size > self._size:
            return torch.empty(count, dtype=like.dtype, device=like.device)
        if self._memory is None:
            self._memory = torch.empty(self._size, dtype=torch.uint8, device="cpu")
        self._used = -(-(begin + size) // ALIGNED) * ALIGNED
        return self._memory[begin : begin + size].view(like.dtype)

    def prepare(self, size: int) -> None:
        """Touch so many further bytes, so that later steps do not wait for pages."""
        if self._memory is not None:
            self._memory[self._used : self._used + size].zero_()

    def copy(self, values: Any) -> Any:
        """A contiguous copy of a tensor."""
        return self.empty(values.numel(), values).view(values.shape).copy_(values)
