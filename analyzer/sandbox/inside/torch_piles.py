"""Batches of one input or label, copied as they pass by."""

from __future__ import annotations

import weakref
from typing import Any

from .torch_arrays import to_array

MOST_BYTES = 2**27
"""Copied batches of one kind, in bytes."""


class Pile:
    """Batches of one input or label, copied until the bound.

    Attributes:
        idle: whether the last batch brought nothing new.
        whole: the array that the batches are cut from, when it is known.
        name: what the program calls that array.
    """

    def __init__(self, samples: int) -> None:
        self._wanted = samples
        self._parts: list[Any] = []
        self._count = self._bytes = 0
        self._repeats = False
        self._last: tuple[Any, int] | None = None
        self.idle = False
        self.whole: Any = None
        self.name: str | None = None

    @property
    def full(self) -> bool:
        return self._count >= self._wanted or self._bytes >= MOST_BYTES

    @property
    def rows(self) -> int | None:
        """Size of the whole set, when every step takes all of it."""
        if self.whole is not None:
            return len(self.whole)
        return self._count if self._repeats and len(self._parts) == 1 else None

    @property
    def parts(self) -> list[Any]:
        """The copied batches, in order."""
        return self._parts

    def keep_last(self) -> None:
        """Forget what came before the batch of the first step: trials of the model."""
        self._parts = self._parts[-1:]
        self._count = sum(len(part) for part in self._parts)
        self._bytes = sum(part.nbytes for part in self._parts)

    def add(self, tensor: Any, most: int | None = None) -> None:
        """Copy a batch; one of another sample shape is left out, and so is the same one again."""
        self.idle = self.full or (most is not None and self._count >= most)
        if self.idle or tensor.dim() == 0 or tensor.is_complex() or tensor.is_sparse:
            return
        self.idle = self._repeats and self._is_last(tensor)
        if self.idle:
            return
        self._last = weakref.ref(tensor), tensor._version
        part = to_array(tensor).copy()  # the program may change it in place
        if self._parts and self._parts[0].shape[1:] != part.shape[1:]:
            return
        if len(self._parts) == 1 and _same(self._parts[0], part):
            self._repeats = True
            return
        self._parts.append(part)
        self._count += len(part)
        self._bytes += part.nbytes

    def _is_last(self, tensor: Any) -> bool:
        """Whether this very tensor came last time, and nothing was written into it since."""
        return (
            self._last is not None
            and self._last[0]() is tensor
            and self._last[1] == tensor._version
        )

    def array(self) -> Any:
        """The batches one after another; None when there are none."""
        import numpy as np

        return np.concatenate(self._parts) if self._parts else None


def _same(one: Any, other: Any) -> bool:
    import numpy as np

    return len(one) > 1 and bool(np.array_equal(one, other))
