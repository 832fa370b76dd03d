"""The tensors in whatever a module or function was given or gave back."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

_WITHOUT_TENSORS = frozenset({str, bytes, int, float, bool})


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor; nothing is asked of the objects of the program."""
    return isinstance(value, _tensor_class())


@functools.cache
def _tensor_class() -> Any:
    import torch

    return torch.Tensor


def first_tensor(value: Any) -> Any:
    """The first tensor in a tensor, sequence or mapping; None when there is none."""
    if is_tensor(value):
        return value
    return next(iter(tensors_in(value)), None)


def tensors_given(call: Any) -> list[Any]:
    """All tensors in the arguments of a call; most calls are given a single one."""
    arguments, keywords = call
    if len(arguments) == 1 and not keywords and is_tensor(arguments[0]):
        return [arguments[0]]
    return tensors_in(call)


def tensors_in(value: Any, depth: int = 0) -> list[Any]:
    """All tensors in a value, in order; the attributes of output objects count too."""
    if is_tensor(value):
        return [value]
    kind = type(value)
    if depth > 4 or value is None or kind in _WITHOUT_TENSORS:
        return []
    if kind is tuple or kind is list:
        return [t for item in value[:256] for t in tensors_in(item, depth + 1)]
    if kind is dict:
        return [t for item in list(value.values()) for t in tensors_in(item, depth + 1)]
    if isinstance(value, (str, bytes, int, float)):
        return []
    if isinstance(value, Mapping):
        return [t for item in list(value.values()) for t in tensors_in(item, depth + 1)]
    if isinstance(value, Sequence):
        return [t for item in value[:256] for t in tensors_in(item, depth + 1)]
    if hasattr(value, "__dataclass_fields__"):
        return [t for item in vars(value).values() for t in tensors_in(item, depth + 1)]
    return []
