"""The hooks on loss objects, optimizers and traced functions outside of `fit`.

Each calls the original with the arguments that it got; what is observed is `keras_loop`'s matter.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from .keras_loop import LoopObserver, no_loss
from .keras_session import Session, current, experiment, wrap


def watch_losses(owner: Any, observer_of: Callable[[Session], LoopObserver]) -> None:
    """Follow the calls of loss objects outside of fit."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            session = current()
            if experiment() is not None:
                experiment().pipelines.loss = self
            if session is not None and not session.training:
                targets = args[0] if args else kwargs.get("y_true")
                loop = observer_of(session)
                session.recorder.guarded(loop.loss_called, self, targets)
            return result

        return __call__

    wrap(owner, "__call__", make)


def watch_apply(owner: Any, name: str, observer_of: Callable[[Session], LoopObserver]) -> None:
    """Follow the outermost application of optimizers outside of fit.

    Keras 3's `apply` takes gradients and variables, tf_keras' `apply_gradients` pairs of them; an
    iterator of pairs is made a list, because it can be read only once.
    """

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def apply(self: Any, given: Any, *args: Any, **kwargs: Any) -> Any:
            session = current()
            if experiment() is not None and not experiment().busy:
                given = list(given)
                second = args[0] if args else kwargs.get("trainable_variables")
                changed = second if name == "apply" else [pair[1] for pair in given]
                experiment().pipelines.applied(list(changed or []))
            if session is None or session.training or session.applying:
                return original(self, given, *args, **kwargs)
            given = list(given)
            if name == "apply":
                variables = list((args[0] if args else kwargs.get("trainable_variables")) or [])
            else:
                variables = [pair[1] for pair in given]
            loop = observer_of(session)
            session.recorder.guarded(loop.before_apply, self, variables)
            with session.one_application():
                result = original(self, given, *args, **kwargs)
            session.recorder.guarded(loop.after_apply, self)
            return result

        return apply

    wrap(owner, name, make)


def watch_functions(tf: Any, observer_of: Callable[[Session], LoopObserver]) -> None:
    """Get a turn before and after each traced function that eager code calls outside of fit."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
            session = current()
            if session is None or session.training or not tf.executing_eagerly():
                return original(self, *args, **kwargs)
            loop = observer_of(session)
            if loop.traced:
                again = functools.partial(original, self, *args, **kwargs)
                session.recorder.guarded(loop.before_call, (args, kwargs), again)
            result = original(self, *args, **kwargs)
            session.recorder.guarded(loop.function_returned, (args, kwargs))
            return result

        return __call__

    wrap(type(tf.function(no_loss)), "__call__", make)
