"""What a call was given by name, and the value of a loss without waiting for a device."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from .torch_recording import Facts


def bound_arguments(function: Any, arguments: tuple[Any, ...], keywords: Facts) -> dict[str, Any]:
    """The arguments by the names of the function's parameters, defaults included."""
    simple = _simple_parameters(function)
    if simple is not None and len(arguments) <= len(simple) and keywords.keys() <= simple.keys():
        given = dict(zip(simple, arguments, strict=False))
        if given.keys().isdisjoint(keywords):
            return simple | given | keywords
    try:
        bound = inspect.signature(function).bind(*arguments, **keywords)
    except (TypeError, ValueError):
        return {str(i): value for i, value in enumerate(arguments)} | keywords
    bound.apply_defaults()
    return dict(bound.arguments)


@functools.lru_cache(256)
def _simple_parameters(function: Any) -> dict[str, Any] | None:
    """The defaults by name, None where there is none; None for a function with other parameters."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is not p.POSITIONAL_OR_KEYWORD for p in parameters):
        return None
    return {p.name: None if p.default is p.empty else p.default for p in parameters}


def number_of(tensor: Any) -> Any:
    """The value of a tensor with one element; on a device a copy that is read when it is written.

    Reading it at once would make every step wait for the device.
    """
    if tensor.is_cpu:
        return float(tensor.item())
    return tensor.detach().reshape(()).clone()
