"""The state of a model: read it, keep it, put it back bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Held = list[tuple[Any, Any]]


def trainable_of(model: Any) -> list[Any]:
    """The trainable variables; none before the model is built, which tf_keras calls an error."""
    try:
        return list(getattr(model, "trainable_weights", None) or [])
    except ValueError:
        return []


def state_of(tf: Any, model: Any, layers: list[Any]) -> list[Any]:
    """Every variable that a forward pass or the loss may change, each once."""
    found = list(model.variables)
    for metric in getattr(model, "metrics", None) or []:
        found += list(metric.variables)
    for layer in layers:
        if getattr(layer, "stateful", False):
            found += [state for state in tf.nest.flatten(layer.states) if hasattr(state, "assign")]
    return list({id(variable): variable for variable in found}.values())


def kernels_of(layer: Any, known: set[int]) -> list[Any]:
    """The layer's trainable kernels, or all its trainable weights when it has no kernel."""
    trainable = [v for v in getattr(layer, "trainable_weights", []) if id(v) in known]
    return [v for v in trainable if len(v.shape) > 1] or trainable


def raw(variable: Any) -> Any:
    """What TensorFlow knows: the value of a variable of Keras 3, else the variable itself."""
    return variable.value if type(variable).__module__.startswith("keras.") else variable


def array_of(tensor: Any) -> Any:
    """A tensor as an array without a copy; nothing here writes into it."""
    view = getattr(tensor, "_numpy", None)
    return tensor.numpy() if view is None else view()


def value_of(tf: Any, variable: Any) -> Any:
    """The present value as an array; the variable copies before it changes it."""
    held = raw(variable)
    handle = getattr(held, "handle", None)
    if handle is None:
        return array_of(tf.convert_to_tensor(held))
    return array_of(tf.raw_ops.ReadVariableOp(resource=handle, dtype=held.dtype))


def copies(tf: Any, variables: list[Any]) -> Held:
    """(variable, its value as a tensor) for each; later changes leave the tensors alone."""
    return [(variable, tf.identity(raw(variable))) for variable in variables]


def put_back(held: Held) -> None:
    """Give each variable the value that was copied."""
    for variable, value in held:
        variable.assign(value)


@contextmanager
def at_state(tf: Any, model: Any, held: Held) -> Iterator[None]:
    """The model at another state for this block."""
    now = copies(tf, [variable for variable, _ in held])
    try:
        put_back(held)
        yield
    finally:
        put_back(now)
        if hasattr(model, "_clear_losses"):
            model._clear_losses()
