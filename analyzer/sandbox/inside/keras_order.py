"""What callbacks watch, what schedules will do, and where a loop's gradients go.

Follows the list of callbacks that `fit` makes, and gradient tapes outside of it. The values of the
logs are not read, only their names; schedules are called when the program has ended.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from . import keras_order_rates as rates
from .keras_order_clips import Clips
from .keras_order_tapes import Tapes
from .keras_session import Session, current, wrap

LIBRARIES = ("keras", "tf_keras", "tensorflow")
MOST_WATCHES = 32
MOST_FRAMES = 12
STOPPING = ("EarlyStopping", "TerminateOnNaN")


class KerasOrder:
    """Writes the Keras part of `CallOrder`.

    Attributes:
        tapes: the gradients that loops of the program's own take and apply.
        clips: the bounds that the program itself puts on gradients.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.recorder = session.recorder
        self.tapes = Tapes(session)
        self.clips = Clips(session)
        self._model: Any = None
        self._callbacks: list[Any] = []
        self._logs: list[str] = []
        self._validated = False
        self._plan: dict[str, Any] = {}
        self._first_rate: float | None = None

    def fit_begins(self, callbacks: list[Any], model: Any, params: dict[str, Any]) -> None:
        """`fit` has its callbacks; the first call of the program counts."""
        if self._model is not None:
            return
        self._model, self._callbacks = model, list(callbacks)
        self._validated = _gives_validation(sys._getframe(1))
        stops = any(type(each).__name__ in STOPPING or not is_library(each) for each in callbacks)
        epochs, steps = params.get("epochs"), params.get("steps")
        self._plan = {
            "epochs": epochs if isinstance(epochs, int) else None,
            "batches": steps if isinstance(steps, int) else None,
            "breaks": stops,
        }
        self._first_rate = rates.current_rate(model)

    def batch_ended(self, logs: Any) -> None:
        """The logs of a batch name all metrics."""
        if not self._logs and isinstance(logs, dict):
            self._logs = [str(name) for name in logs]

    def finish(self) -> None:
        """Write everything, once the program has ended."""
        tapes = self.tapes.facts()
        if self._model is None and not tapes:
            return
        order = self.recorder.facts.get("order") or {}
        watches = [self._watch(each) for each in self._callbacks if _watches(each)]
        with self.session.unobserved():
            schedules = self.recorder.guarded(self._schedules) or []
        self.recorder.facts["order"] = {
            **order,
            "plan": self._plan,
            "watches": watches[:MOST_WATCHES],
            "schedules": schedules,
            "taken": tapes,
            **self.clips.facts(),
        }

    def _watch(self, callback: Any) -> dict[str, Any]:
        mode = getattr(callback, "mode", None)
        return {
            "name": type(callback).__name__,
            "site": self.session.sites.get(callback),
            "monitor": str(callback.monitor)[:300],
            "mode": mode if isinstance(mode, str) else None,
            "rising": _rising(callback),
            "available": self._available(),
            "validated": self._validated,
        }

    def _available(self) -> list[str]:
        """Names in the logs of an epoch; none when other code may add to them."""
        own = [each for each in self._callbacks if not is_library(each)]
        test = getattr(type(self._model), "test_step", None)
        if not self._logs or own or not is_library(test):
            return []
        held_out = [f"val_{name}" for name in self._logs] if self._validated else []
        return [*self._logs, *held_out, "learning_rate", "lr"][:64]

    def _schedules(self) -> list[dict[str, Any]]:
        found = []
        epochs, batches = self._plan.get("epochs"), self._plan.get("batches")
        for callback in self._callbacks:
            if type(callback).__name__ == "LearningRateScheduler" and epochs:
                facts = rates.of_callback(callback, epochs, self._first_rate)
                found.append(facts | {"site": self.session.sites.get(callback)})
        schedule = rates.schedule_of(self._model)
        if schedule is not None and epochs and batches:
            facts = rates.of_schedule(schedule, epochs * batches)
            found.append(facts | {"site": self.session.sites.get(schedule)})
        return found


def _watches(callback: Any) -> bool:
    """Whether what the callback watches decides anything."""
    if not is_library(callback) or not isinstance(getattr(callback, "monitor", None), str):
        return False
    return type(callback).__name__ != "ModelCheckpoint" or bool(callback.save_best_only)


def is_library(thing: Any) -> bool:
    module = getattr(thing, "__module__", None) or type(thing).__module__
    return str(module).partition(".")[0] in LIBRARIES


def _rising(callback: Any) -> bool | None:
    """Whether the callback takes larger values for better; None while it is undecided."""
    mode = getattr(callback, "mode", None)
    if mode in ("min", "max"):
        return bool(mode == "max")
    name = getattr(getattr(callback, "monitor_op", None), "__name__", "")
    return {"greater": True, "less": False}.get(name)


def _gives_validation(frame: FrameType | None) -> bool:
    """Whether the running `fit` has validation data, by its own variables."""
    for _ in range(MOST_FRAMES):
        if frame is None:
            return False
        if frame.f_code.co_name == "fit" and "validation_data" in frame.f_locals:
            share = frame.f_locals.get("validation_split")
            return frame.f_locals["validation_data"] is not None or bool(share)
        frame = frame.f_back
    return False


def watch_callbacks(owner: Any, order_of: Callable[[Session], KerasOrder]) -> None:
    """Follow the list of callbacks of each fit."""

    def beginning(original: Callable[..., Any]) -> Callable[..., Any]:
        def on_train_begin(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            session = current()
            if session is not None and session.training:
                params = dict(getattr(self, "params", None) or {})
                told = order_of(session).fit_begins
                model = getattr(self, "model", None) or getattr(self, "_model", None)
                session.recorder.guarded(told, self.callbacks, model, params)
            return result

        return on_train_begin

    def ending(original: Callable[..., Any]) -> Callable[..., Any]:
        def on_train_batch_end(self: Any, batch: Any, logs: Any = None, **kwargs: Any) -> Any:
            session = current()
            if session is not None and session.training:
                session.recorder.guarded(order_of(session).batch_ended, logs)
            return original(self, batch, logs, **kwargs)

        return on_train_batch_end

    wrap(owner, "on_train_begin", beginning)
    wrap(owner, "on_train_batch_end", ending)
