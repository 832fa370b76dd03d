"""Which layers made a tensor: provenance by identity, without keeping any tensor alive."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

Sources = tuple[int, ...]
MOST_TENSORS = 20_000


class Flow:
    """Maps living tensors to the nodes that feed them; () is the model's own input.

    An entry counts only while its weak reference still gives the very tensor that is asked for, so
    a reused identity is never mistaken for an old tensor.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], Sources]] = {}

    def get(self, tensor: Any) -> Sources | None:
        """The nodes that feed the tensor; None when it is no value of the model."""
        entry = self._known.get(id(tensor))
        return entry[1] if entry is not None and entry[0]() is tensor else None

    def put(self, tensors: Iterable[Any], sources: Sources) -> None:
        """Say that these tensors come from these nodes."""
        if len(self._known) > MOST_TENSORS:
            self._known = {
                key: entry for key, entry in self._known.items() if entry[0]() is not None
            }
        for tensor in tensors:
            self._known[id(tensor)] = (weakref.ref(tensor), sources)

    def joined(self, tensors: Iterable[Any]) -> Sources | None:
        """The nodes that feed any of the tensors, in order; None when none is a model's value."""
        found = [sources for sources in map(self.get, tensors) if sources is not None]
        if not found:
            return None
        return tuple(dict.fromkeys(index for sources in found for index in sources))
