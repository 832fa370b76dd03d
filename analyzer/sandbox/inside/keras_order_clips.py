"""The bounds that a Keras program puts on the norm of its gradients with TensorFlow's functions.

In a traced function these are called while it is traced; the bound is a plain number then too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from .keras_session import Session, current, wrap
from .keras_traced import traced_site

MOST_EVENTS = 200
MOST_PLACES = 16
LIBRARIES = ("keras", "tf_keras", "tensorflow")
REWRITTEN = "tensorflow.python.autograph"
"""Calls the functions in place of the program's own code while that is traced."""
FUNCTIONS = {"clip_by_global_norm": "t_list", "clip_by_norm": "t"}
"""With the name of their first argument."""

Facts = dict[str, Any]


class Clips:
    """Calls of the functions in the order in which they are made."""

    def __init__(self, session: Session) -> None:
        self._recorder = session.recorder
        self._calls: list[Facts] = []
        self._events: list[Facts] = []

    def clipped(self, tensors: Any, bound: Any) -> None:
        """These tensors, one or a list, are bounded together."""
        if len(self._events) >= MOST_EVENTS:
            return
        site = traced_site(self._recorder) or self._recorder.user_site()
        place = next((i for i, call in enumerate(self._calls) if call["site"] == site), None)
        if site is None or (place is None and len(self._calls) >= MOST_PLACES):
            return
        if place is None:
            place = len(self._calls)
            self._calls.append({"kind": "clip", "site": site, "count": 0})
        self._calls[place]["count"] += 1
        held = len(tensors) if isinstance(tensors, (list, tuple)) else 1
        known = float(bound) if isinstance(bound, (int, float)) else None
        self._events.append({"call": place, "held": held, "bound": known})

    def facts(self) -> Facts:
        """Fields of `CallOrder`."""
        return {"calls": self._calls, "events": self._events} if self._events else {}


def _by_the_program(caller: Facts) -> bool:
    """Keras' optimizers clip with the same functions, by bounds that they were given."""
    module = str(caller.get("__name__"))
    return module.partition(".")[0] not in LIBRARIES or module.startswith(REWRITTEN)


def watch(tf: Any, clips_of: Callable[[Session], Clips]) -> None:
    """Follow the program's calls; an iterator of gradients is left to the function alone."""

    def make(original: Callable[..., Any], name: str) -> Callable[..., Any]:
        def clip(*args: Any, **kwargs: Any) -> Any:
            session = current()
            if session is not None and _by_the_program(sys._getframe(1).f_globals):
                tensors = args[0] if args else kwargs.get(FUNCTIONS[name])
                bound = args[1] if len(args) > 1 else kwargs.get("clip_norm")
                session.recorder.guarded(clips_of(session).clipped, tensors, bound)
            return original(*args, **kwargs)

        return clip

    for name in FUNCTIONS:
        wrap(tf, name, lambda original, name=name: make(original, name))  # type: ignore[misc]
