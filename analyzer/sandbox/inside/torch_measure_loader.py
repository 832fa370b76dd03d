"""A loader's batches, drawn once, some of them held out, and given to the loop again and again.

Batches are drawn as the loop asks for them, up to the bound, each under its own random state, so
that neither the model nor an edit of it can change which rows are drawn or how they are augmented.
Every fourth one is held out. An epoch of the loop is as long as the loader's own.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from typing import Any

from .torch_layers import is_tensor, tensors_in

MOST_BYTES = 2**29
FEWEST_BATCHES = 8
"""Drawn whatever the clock says."""
OTHER_BATCHES = 2
"""Of a loader that is not trained on, once another one is."""


class Sample:
    """The drawn batches of one loader.

    Attributes:
        trained: whether the loop makes training steps with its batches.
        held: batches that are never trained on.
    """

    def __init__(self, loader: Any, iterate: Any, request: dict[str, Any], seed: int) -> None:
        self.loader = loader
        self.trained = False
        self.held: list[Any] = []
        self.kept: list[Any] = []
        self.rows = 0
        self._iterate = iterate
        self._request = request
        self._seed = seed
        self._source: Iterator[Any] | None = None
        self._full = self._exhausted = False
        self._bytes = self._drawn = 0
        self._every = max(2, round(1 / float(request["held_out"])))
        self._started = time.monotonic()

    def epoch(self) -> Iterator[Any]:
        """The training batches of one epoch of the loop, in an order that the seed decides."""
        length = self._length()
        given = 0
        if not self._full:
            for batch in self._draw():
                given += 1
                yield batch
        while self.kept and (not given or (not self._exhausted and given < length)):
            for position in self._order(given):
                given += 1
                yield self.kept[position]
                if not self._exhausted and given >= length:
                    return

    def _length(self) -> int:
        """Training batches in the loader's own epoch."""
        try:
            whole = len(self.loader)
        except (TypeError, NotImplementedError):
            return 2**31
        return max(1, whole - whole // self._every)

    def _order(self, given: int) -> list[int]:
        order = list(range(len(self.kept)))
        if type(getattr(self.loader, "sampler", None)).__name__ != "SequentialSampler":
            random.Random(self._seed * 7919 + given).shuffle(order)
        return order

    def _draw(self) -> Iterator[Any]:
        """Draw what is missing up to the bound; what is held out is not given."""
        if self._source is None:
            if getattr(self.loader, "num_workers", 0):
                object.__setattr__(self.loader, "num_workers", 0)
                object.__setattr__(self.loader, "persistent_workers", False)
            with self._own_chance():
                self._source = self._iterate(self.loader)
        while not self._full:
            with self._own_chance():
                batch = next(self._source, None)
            if batch is None:
                self._full = self._exhausted = True
                break
            if self._take(batch):
                yield batch
        if not self.held and len(self.kept) > 1:
            self.held.append(self.kept.pop())

    def _take(self, batch: Any) -> bool:
        """Keep the batch on its side; whether it is one to train on."""
        number, self._drawn = self._drawn, self._drawn + 1
        tensors = tensors_in(batch)
        self.rows += rows_of(batch)
        self._bytes += sum(t.numel() * t.element_size() for t in tensors)
        late = time.monotonic() - self._started > float(self._request["seconds"])
        self._full = (
            self.rows >= int(self._request["samples"])
            or self._bytes >= MOST_BYTES
            or (late and self._drawn >= FEWEST_BATCHES)
        )
        held = number % self._every == self._seed % self._every
        (self.held if held else self.kept).append(copied(batch))
        return not held

    @contextlib.contextmanager
    def _own_chance(self) -> Iterator[None]:
        """Chance that depends on the seed and the number of the batch alone."""
        import numpy as np
        import torch

        states = random.getstate(), np.random.get_state(), torch.get_rng_state()
        seed = (self._seed * 1_000_003 + self._drawn * 31 + 17) % 2**31
        random.seed(seed)
        np.random.seed(seed)
        torch.random.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])
            torch.set_rng_state(states[2])


def rows_of(batch: Any) -> int:
    """Samples in a batch."""
    tensors = tensors_in(batch)
    return int(tensors[0].shape[0]) if tensors and tensors[0].dim() else 0


def copied(batch: Any) -> Any:
    """The batch with copies of its tensors: a loop may change what it is given."""
    if is_tensor(batch):
        return batch.clone()
    if isinstance(batch, dict):
        return type(batch)({name: copied(value) for name, value in batch.items()})
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(copied(value) for value in batch))
    if isinstance(batch, (list, tuple)):
        return type(batch)(copied(value) for value in batch)
    return batch
