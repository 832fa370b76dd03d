"""The hooks on `compile`, `fit`, `train_on_batch`, the training function and its pipeline.

Each calls the original with the arguments that it got; what is observed is `keras_fit`'s matter.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .keras_fit import FitObserver
from .keras_session import Session, current, experiment, wrap
from .keras_stream import watched


def watch_compile(owner: Any) -> None:
    """Keep the arguments and the site of every compile call."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def compile(self: Any, *args: Any, **kwargs: Any) -> Any:
            session = current()
            if session is not None:
                session.recorder.guarded(_keep_compile, session, signature, self, args, kwargs)
            return original(self, *args, **kwargs)

        return compile

    wrap(owner, "compile", make)


def _keep_compile(session: Session, signature: Any, model: Any, args: Any, kwargs: Any) -> None:
    site = session.recorder.user_site()
    arguments = arguments_of(signature, model, args, kwargs)
    order = [name for name in signature.parameters if name != "self"]
    session.compiled[model] = {"site": site, "arguments": arguments, "order": order}


def arguments_of(signature: Any, model: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """The arguments by name; what does not bind is left to the call itself to refuse."""
    try:
        bound = signature.bind_partial(model, *args, **kwargs)
    except TypeError:
        return dict(kwargs)
    bound.apply_defaults()
    arguments = dict(bound.arguments)
    arguments.pop("self", None)
    return arguments | arguments.pop("kwargs", {})


def watch_training(owner: Any, name: str, observer_of: Callable[[Session], FitObserver]) -> None:
    """Follow `fit` or `train_on_batch` of this base class."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def train(self: Any, *args: Any, **kwargs: Any) -> Any:
            session = current()
            if experiment() is not None:
                return experiment().train(name, original, signature, self, args, kwargs)
            if session is None or session.training:
                return original(self, *args, **kwargs)
            observer = observer_of(session)
            run = observer.enter(self)
            begin = observer.begin_fit if name == "fit" else observer.begin_batch
            session.training.append(run)
            try:
                arguments = arguments_of(signature, self, args, kwargs)
                session.recorder.guarded(begin, run, arguments)
                return original(self, *args, **kwargs)
            finally:
                session.training.pop()

        return train

    wrap(owner, name, make)


def watch_train_function(owner: Any, observer_of: Callable[[Session], FitObserver]) -> None:
    """Enclose the function that runs one step, wherever the framework makes it."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def make_train_function(self: Any, *args: Any, **kwargs: Any) -> Any:
            made = original(self, *args, **kwargs)
            session = current()
            if session is None or not session.training:
                return made
            function = made if made is not None else self.train_function
            if not getattr(function, "observed", False):
                function = _enclosed(function, observer_of)
                self.train_function = function
            session.recorder.guarded(observer_of(session).built, session.training[-1])
            return None if made is None else function

        return make_train_function

    wrap(owner, "make_train_function", make)


def _enclosed(function: Any, observer_of: Callable[[Session], FitObserver]) -> Any:
    def train_function(iterator: Any) -> Any:
        session = current()
        if session is None or not session.training:
            return function(iterator)
        observer, run = observer_of(session), session.training[-1]
        given = session.recorder.guarded(observer.before_step, run, iterator)
        logs = function(iterator if given is None else given)
        session.recorder.guarded(observer.after_step, run, logs)
        return logs

    train_function.observed = True  # type: ignore[attr-defined]
    train_function.inner = function  # type: ignore[attr-defined]
    return train_function


def watch_pipeline(tf: Any, owner: Any, method: str, attribute: str) -> None:
    """Put the pass-through at the end of the pipeline that this method has just built."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def build(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            session = current()
            if session is not None and session.training and session.training[-1].awaits_data:
                session.training[-1].awaits_data = False
                session.recorder.guarded(attach, session, self)
            return result

        def attach(session: Session, holder: Any) -> None:
            run = session.training[-1]
            if run.streamed:  # of arrays no batch is needed but those of sampled steps
                given = getattr(holder, attribute)
                setattr(holder, attribute, watched(tf, given, run.passing))

        return build

    wrap(owner, method, make)
