"""Objects by identity, so that events can say which one they concern."""

from __future__ import annotations

import weakref
from typing import Any

MOST_OBJECTS = 16


class Numbered:
    """Objects by identity, numbered in the order in which they appear; none is kept alive."""

    def __init__(self, most: int = MOST_OBJECTS) -> None:
        self._known: dict[int, tuple[weakref.ref[Any], int]] = {}
        self._most = most
        self.count = 0

    def find(self, thing: Any) -> int | None:
        """The number of an object, None when it has none."""
        entry = self._known.get(id(thing))
        return entry[1] if entry is not None and entry[0]() is thing else None

    def number(self, thing: Any) -> tuple[int | None, bool]:
        """(the number of an object, whether it is new); None beyond the bound."""
        found = self.find(thing)
        if found is not None:
            return found, False
        if self.count >= self._most:
            return None, False
        self._known[id(thing)] = (weakref.ref(thing), self.count)
        self.count += 1
        return self.count - 1, True
