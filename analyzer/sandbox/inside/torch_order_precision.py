"""Hooks around mixed precision: the calls of a GradScaler, and regions of autocast."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, Protocol

from . import torch_layers as layers
from .torch_order import Order

ENABLED_POSITION = 5
"""Of `enabled` among the arguments of GradScaler behind itself."""


class Teller(Protocol):
    """What installs hooks and tells the order (`torch_order_hooks.Hooks`)."""

    order: Order

    def tell(self, told: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any: ...
    def wrap(self, owner: Any, name: str, make: Callable[[Any], Callable[..., Any]]) -> None: ...


def install(torch: Any, hooks: Teller) -> None:
    """Follow all scalers and all autocast regions."""
    scaler, autocast = torch.amp.GradScaler, torch.amp.autocast_mode.autocast
    made = _scaler_hooks(hooks)
    for name, make in made.items():
        hooks.wrap(scaler, name, make)
    for name, make in _autocast_hooks(hooks).items():
        hooks.wrap(autocast, name, make)


def _scaler_hooks(hooks: Teller) -> dict[str, Callable[[Any], Callable[..., Any]]]:
    return {
        "__init__": lambda original: _making(hooks, original),
        "scale": lambda original: _scaling(hooks, original),
        "step": lambda original: _stepping(hooks, original),
        "unscale_": lambda original: _unscaling(hooks, original),
        "update": lambda original: _updating(hooks, original),
    }


def _making(hooks: Teller, original: Any) -> Any:
    def __init__(self: Any, *arguments: Any, **keywords: Any) -> None:
        original(self, *arguments, **keywords)
        given = arguments[ENABLED_POSITION] if len(arguments) > ENABLED_POSITION else True
        hooks.tell(hooks.order.scaler_made, self, bool(keywords.get("enabled", given)))

    return __init__


def _scaling(hooks: Teller, original: Any) -> Any:
    def scale(self: Any, outputs: Any) -> Any:
        scaled = original(self, outputs)
        for tensor in layers.tensors_in(scaled):
            hooks.tell(hooks.order.graphs.note_scaled, tensor)
        return scaled

    return scale


def _stepping(hooks: Teller, original: Any) -> Any:
    order = hooks.order

    def step(self: Any, optimizer: Any, *arguments: Any, **keywords: Any) -> Any:
        hooks.tell(order.scaler_call, "scaler_step", optimizer)
        order.in_scaler += 1
        try:
            return original(self, optimizer, *arguments, **keywords)
        finally:
            order.in_scaler -= 1

    return step


def _unscaling(hooks: Teller, original: Any) -> Any:
    def unscale_(self: Any, optimizer: Any) -> Any:
        if not hooks.order.in_scaler:
            hooks.tell(hooks.order.scaler_call, "unscale", optimizer)
        return original(self, optimizer)

    return unscale_


def _updating(hooks: Teller, original: Any) -> Any:
    def update(self: Any, *arguments: Any, **keywords: Any) -> Any:
        hooks.tell(hooks.order.scaler_call, "scaler_update")
        return original(self, *arguments, **keywords)

    return update


def _autocast_hooks(hooks: Teller) -> dict[str, Callable[[Any], Callable[..., Any]]]:
    wanted: weakref.WeakKeyDictionary[Any, bool] = weakref.WeakKeyDictionary()

    def making(original: Any) -> Any:
        def __init__(
            self: Any, device: str, dtype: Any = None, enabled: bool = True, *rest: Any, **more: Any
        ) -> None:
            original(self, device, dtype, enabled, *rest, **more)
            wanted[self] = bool(enabled)

        return __init__

    def entering(original: Any) -> Any:
        def __enter__(self: Any) -> Any:
            if wanted.get(self):
                precision = str(getattr(self, "fast_dtype", "")).removeprefix("torch.")
                hooks.tell(hooks.order.autocast, precision)
            return original(self)

        return __enter__

    def leaving(original: Any) -> Any:
        def __exit__(self: Any, *trouble: Any) -> Any:
            if wanted.get(self):
                hooks.tell(hooks.order.autocast, None)
            return original(self, *trouble)

        return __exit__

    return {"__init__": making, "__enter__": entering, "__exit__": leaving}
