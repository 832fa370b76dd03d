"""The gradients that a hand-written Keras loop takes, and the variables that they go to."""

from __future__ import annotations

from typing import Any

from .keras_session import Session
from .keras_traced import traced_site

MOST_PLACES = 16
MOST_COMPARED = 8
MOST_VALUES = 2**18
"""Values of one variable that are kept to see later whether it moved."""


class _Place:
    """One place that takes gradients."""

    def __init__(self, site: Any, variables: list[Any]) -> None:
        self.site = site
        self.variables = variables
        self.calls = 0
        self.missing: list[str] = []
        self.applied: set[int] = set()
        self.before: list[tuple[Any, bytes]] = []


class Tapes:
    """Follows `GradientTape.gradient` and the optimizers outside of fit."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._recorder = session.recorder
        self._places: dict[Any, _Place] = {}
        self._applied: dict[int, Any] = {}
        self._applied_site: Any = None

    def taken(self, sources: list[Any], found: list[Any]) -> None:
        """Gradients of these variables were asked for and came out as these."""
        pairs = list(zip(sources, found, strict=False))
        pairs = [(v, g) for v, g in pairs if hasattr(v, "assign") and getattr(v, "trainable", True)]
        site = traced_site(self._recorder) or self._recorder.user_site()
        if not pairs or site is None:
            return
        key = (site["path"], site["line"], site["column"])
        place = self._places.get(key)
        if place is None:
            if len(self._places) >= MOST_PLACES:
                return
            place = self._places[key] = _Place(site, [v for v, _ in pairs])
            place.before = [(v, _bytes(v)) for v in place.variables if _small(v)][:MOST_COMPARED]
        place.calls += 1
        place.missing = [str(_name(v))[:300] for v, gradient in pairs if gradient is None][:64]

    def applied(self, variables: list[Any]) -> None:
        """An optimizer is applied to these variables."""
        if self._applied_site is None:
            self._applied_site = traced_site(self._recorder) or self._recorder.user_site()
        for variable in variables:
            self._applied[id(variable)] = variable

    def facts(self) -> list[dict[str, Any]]:
        """The `Taken` values."""
        asked = {id(v) for place in self._places.values() for v in place.variables}
        elsewhere = sum(key not in asked for key in self._applied)
        return [
            {
                "site": place.site,
                "calls": place.calls,
                "variables": len(place.variables),
                "missing": place.missing,
                "applied": sum(id(v) in self._applied for v in place.variables),
                "elsewhere": elsewhere,
                "applied_site": self._applied_site,
                "moved": any(_bytes(variable) != old for variable, old in place.before),
            }
            for place in self._places.values()
        ]


def _name(variable: Any) -> Any:
    return getattr(variable, "path", None) or getattr(variable, "name", "a variable")


def _small(variable: Any) -> bool:
    size = 1
    for length in getattr(variable, "shape", ()):
        size *= int(length or 1)
    return size <= MOST_VALUES


def _bytes(variable: Any) -> bytes:
    """The value of a variable, also while a function is being traced."""
    import tensorflow

    with tensorflow.init_scope():
        value = getattr(variable, "value", variable)
        value = value() if callable(value) else value
        return bytes(value.numpy().tobytes())
