"""Where PyTorch is taken hold of for an experiment: modules, losses, and everything that learns."""

from __future__ import annotations

import functools
from typing import Any

from . import torch_names as names
from .torch_measure_loss import loss_of


def wrap_modules(torch: Any, measure: Any) -> None:
    original = torch.nn.Module.__call__

    def __call__(module: Any, *arguments: Any, **keywords: Any) -> Any:
        if measure.depth and not measure.pairs.inside:
            # Inside a model only the program's own loss modules would matter, and they are rare.
            return original(module, *arguments, **keywords)
        return measure.call(original, module, arguments, keywords)

    torch.nn.Module.__call__ = __call__


def wrap_losses(torch: Any, measure: Any) -> None:
    functional = torch.nn.functional

    def wrapped(name: str, original: Any) -> Any:
        @functools.wraps(original)
        def loss(*arguments: Any, **keywords: Any) -> Any:
            if measure.pairs.inside:
                return original(*arguments, **keywords)
            call = loss_of(original, arguments, keywords, name=names.LOSS_FUNCTIONS[name])
            return measure.loss(call, original)

        return loss

    for name in names.LOSS_FUNCTIONS:
        if hasattr(functional, name):
            setattr(functional, name, wrapped(name, getattr(functional, name)))


def wrap_learning(torch: Any, measure: Any) -> None:
    """Everything that learns does nothing while held-out samples pass."""

    def idle(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        @functools.wraps(original)
        def method(*arguments: Any, **keywords: Any) -> Any:
            return None if measure.idle else original(*arguments, **keywords)

        setattr(owner, name, method)

    for owner, method in (
        (torch.Tensor, "backward"),
        (torch.autograd, "backward"),
        (torch.nn.Module, "zero_grad"),
        (torch.optim.Optimizer, "zero_grad"),
        (torch.amp.GradScaler, "unscale_"),
        (torch.amp.GradScaler, "update"),
    ):
        idle(owner, method)
    scaler_step = torch.amp.GradScaler.step
    torch.amp.GradScaler.step = lambda scaler, optimizer, *a, **k: (
        None if measure.idle else scaler_step(scaler, optimizer, *a, **k)
    )
    _wrap_steps(torch, measure)
    _wrap_schedulers(torch, measure)


def _wrap_steps(torch: Any, measure: Any) -> None:
    """`step` of every optimizer class, wrapped when the first of its kind is made."""
    patch = torch.optim.Optimizer._patch_step_function

    def _patch_step_function(optimizer: Any) -> None:
        patch(optimizer)
        cls = type(optimizer)
        inner = cls.step
        if getattr(inner, "measured", False):
            return

        @functools.wraps(inner)
        def step(self: Any, *arguments: Any, **keywords: Any) -> Any:
            if measure.idle:
                closure = arguments[0] if arguments else keywords.get("closure")
                return closure() if callable(closure) else None
            measure.before_step()
            result = inner(self, *arguments, **keywords)
            measure.after_step(self)
            return result

        step.hooked = True  # type: ignore[attr-defined]
        step.measured = True  # type: ignore[attr-defined]
        cls.step = step

    torch.optim.Optimizer._patch_step_function = _patch_step_function


def _wrap_schedulers(torch: Any, measure: Any) -> None:
    base = torch.optim.lr_scheduler.LRScheduler
    initialize = base.__init__

    @functools.wraps(initialize)
    def __init__(self: Any, *arguments: Any, **keywords: Any) -> None:
        initialize(self, *arguments, **keywords)
        step = self.step

        def guarded(*given: Any, **named: Any) -> Any:
            return None if measure.idle else step(*given, **named)

        self.step = guarded

    base.__init__ = __init__
