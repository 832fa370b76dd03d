"""Which layers call which, in execution order: what a subclassed model does with its parts.

The first settled call of every composite layer or model is kept: its children in the order in which
they were entered, with the shapes that went in and came out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from .keras_session import Session, current, wrap


@dataclass
class Call:
    """One application of a layer.

    Attributes:
        layer: the layer.
        input_shape, output_shape: with the batch dimension; None when there are several tensors.
        children: the layers that it applied itself.
        settled: whether the layer was built before; the call that builds a layer may apply its
            parts several times.
    """

    layer: Any
    input_shape: Any = None
    output_shape: Any = None
    children: list[Call] = field(default_factory=list)
    settled: bool = True


def shape_of(values: Any) -> Any:
    """The shape of one tensor or of a list of one; None for anything else."""
    if isinstance(values, (list, tuple)) and len(values) == 1:
        return shape_of(values[0])
    shape = getattr(values, "shape", None)
    return None if shape is None else tuple(shape) if _has_rank(shape) else None


def _has_rank(shape: Any) -> bool:
    return getattr(shape, "rank", 0) is not None


_captured = threading.local()


@contextmanager
def capture(layers: dict[int, Any]) -> Iterator[dict[int, Any]]:
    """Keep the first output of each of these layers (by id) while this block runs."""
    outputs: dict[int, Any] = {}
    _captured.outputs, _captured.wanted = outputs, layers
    try:
        yield outputs
    finally:
        _captured.outputs = None


def _capturing(kept: dict[int, Any], outputs: Any, layer: Any) -> Any:
    if id(layer) in _captured.wanted:
        kept.setdefault(id(layer), outputs)
    return outputs


Listener = Callable[[Session, Any, Any], None]
listeners: list[Listener] = []
"""Called as (session, layer, inputs) after each outermost call."""


def watch_calls(base: type) -> None:
    """Follow the calls of all layers that derive from this base class."""
    wrap(base, "__call__", _observed_call)


def _observed_call(original: Callable[..., Any]) -> Callable[..., Any]:
    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
        kept = getattr(_captured, "outputs", None)
        if kept is not None:
            return _capturing(kept, original(self, *args, **kwargs), self)
        session = current()
        if session is None:
            return original(self, *args, **kwargs)
        stack = session.calls
        if stack and stack[-1].layer is self:  # a subclass whose __call__ calls the base's
            return original(self, *args, **kwargs)
        before = shape_of(args[0]) if args else None
        call = Call(self, before, settled=bool(getattr(self, "built", True)))
        stack.append(call)
        try:
            outputs = original(self, *args, **kwargs)
        finally:
            stack.pop()
            if stack:
                stack[-1].children.append(call)
        call.output_shape = shape_of(outputs)
        session.recorder.guarded(_keep, session, call, args)
        return outputs

    return __call__


def _keep(session: Session, call: Call, args: Any) -> None:
    layer = call.layer
    if layer not in session.call_sites:
        site = session.recorder.user_site()
        if site is not None:
            session.call_sites[layer] = site
    seen = session.first_calls.get(layer)
    if seen is None or (call.children and not (seen.children and seen.settled)):
        # Without the layer itself: a value that holds its own weak key would keep it alive.
        session.first_calls[layer] = replace(call, layer=None)
    if not session.calls:
        for listener in listeners:
            listener(session, layer, args[0] if args else None)
