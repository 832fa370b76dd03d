"""The state of a model: read it, keep it, put it back bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Held = list[tuple[Any, Any]]


def state_of(tf: Any, model: Any, layers: list[Any]) -> list[Any]:
    """Every variable that a forward pass or the loss may change, each once."""
    found = list(model.variables)
    for metric in getattr(model, "metrics", None) or []:
        found += list(metric.variables)
    for layer in layers:
        if getattr(layer, "stateful", False):
            found += [state for state in tf.nest.flatten(layer.states) if hasattr(state, "assign")]
    return list({id(variable): variable for variable in found}.values())


def raw(variable: Any) -> Any:
    """What TensorFlow knows: the value of a variable of Keras 3, else the variable itself."""
    return variable.value if type(variable).__module__.startswith("keras.") else variable


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
