"""One Keras layer (or functional operation) as the JSON form of `observed.Layer`."""

from __future__ import annotations

import inspect
import math
from typing import Any

from .keras_names import framework_class, function_name, operation, snake

LINEAR = "linear"


def activation(layer: Any, op: str) -> str | None:
    """The activation that the layer applies, None for the identity."""
    if op == "activation":
        given = getattr(layer, "activation", None)
        if given is None:
            return function_name(layer, framework_class(layer))
        return activation_name(given)
    given = getattr(layer, "activation", None)
    name = activation_name(given) if given is not None else LINEAR
    return None if name == LINEAR else name


def activation_name(given: Any) -> str:
    """Lower-case name of an activation given as text, function or layer."""
    if isinstance(given, str):
        return given.lower()
    name = getattr(given, "__name__", None) or snake(type(given).__name__)
    return str(name).strip("<>").lower()


def initializer(layer: Any) -> str | None:
    """The kernel initializer when it is not the one that the layer has by default."""
    used = getattr(layer, "kernel_initializer", None)
    if used is None or not hasattr(used, "get_config"):
        return None
    default = _default_initializer(type(layer))
    name = snake(type(used).__name__)
    if default is None or name != default.replace("_v2", ""):
        return name.replace("_v2", "")
    return None


def _default_initializer(cls: type) -> str | None:
    for base in cls.__mro__:
        parameters = inspect.signature(base.__init__).parameters  # type: ignore[misc]
        parameter = parameters.get("kernel_initializer")
        if parameter is not None and isinstance(parameter.default, str):
            return parameter.default
    return None


def parameter_count(layer: Any) -> int:
    """Number of values in the layer's weights; 0 before they exist."""
    weights = getattr(layer, "weights", None) or []
    return sum(math.prod(int(size or 0) for size in weight.shape) for weight in weights)


def plain_shape(shape: Any) -> list[int | None] | None:
    """A shape without its batch dimension; None when it is unknown or there are several."""
    if shape is None:
        return None
    try:
        sizes = list(shape)
    except (TypeError, ValueError):  # a TensorShape of unknown rank has no length
        return None
    if any(not (size is None or isinstance(size, int)) for size in sizes):
        return None
    return [None if size is None else int(size) for size in sizes[1:]]


def _sizes(value: Any) -> list[int] | None:
    if isinstance(value, int):
        return [value]
    if isinstance(value, (list, tuple)) and all(isinstance(size, int) for size in value):
        return list(value)[:3]
    return None


def describe(layer: Any) -> dict[str, Any]:
    """The fields of `observed.Layer` that the layer itself knows; shapes and places are not."""
    op = operation(layer)
    inner = getattr(layer, "forward_layer", None) or getattr(layer, "layer", None) or layer
    facts: dict[str, Any] = {
        "type": type(layer).__name__,
        "op": op,
        "name": str(layer.name),
        "activation": activation(inner, op),
        "initializer": initializer(inner),
        "parameters": parameter_count(layer),
        "trainable": _is_trainable(layer),
        "axis": _axis(inner),
        "kernel_size": _sizes(getattr(inner, "kernel_size", getattr(inner, "pool_size", None))),
        "strides": _sizes(getattr(inner, "strides", None)),
    }
    for field, kind in (("units", int), ("filters", int), ("use_bias", bool), ("padding", str)):
        value = getattr(inner, field, None)
        facts[field] = value if isinstance(value, kind) else None
    rate = getattr(inner, "rate", None)
    facts["rate"] = float(rate) if op == "dropout" and isinstance(rate, (int, float)) else None
    return facts


def _is_trainable(layer: Any) -> bool:
    if getattr(layer, "weights", None):
        return bool(layer.trainable_weights)
    return bool(getattr(layer, "trainable", True))


def _axis(layer: Any) -> int | None:
    axis = getattr(layer, "axis", None)
    if isinstance(axis, (list, tuple)) and len(axis) == 1:
        axis = axis[0]
    return axis if isinstance(axis, int) else None


def input_channels(layer: Any, shape: list[int | None] | None) -> int | None:
    """Channels or features that enter, from the shape without the batch."""
    if not shape:
        return None
    first = getattr(layer, "data_format", None) == "channels_first" and len(shape) > 1
    return shape[0] if first else shape[-1]
