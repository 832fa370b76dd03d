"""The order of clearing, backward and step, judged on the gradients themselves.

`optimizer.zero_grad()`, `model.zero_grad()` and `p.grad = None` all count, because what is looked
at is whether the parameters of an optimizer hold gradients, not which function was called.
"""

from __future__ import annotations

import weakref
from typing import Any

from .recorder import Recorder
from .torch_recording import Facts

MOST_ELEMENTS = 2**25
"""Gradient elements looked at before a set of gradients counts as zero."""


def holds_gradient(parameters: list[Any]) -> bool:
    """Whether any parameter holds a gradient that is not zero throughout."""
    looked_at = 0
    for parameter in parameters:
        gradient = parameter.grad
        if gradient is None:
            continue
        values = gradient._values() if gradient.is_sparse else gradient
        if values.numel() and bool(values.any()):
            return True
        looked_at += values.numel()
        if looked_at > MOST_ELEMENTS:
            return False
    return False


def parameters_of(optimizer: Any) -> list[Any]:
    """All parameters in all groups of an optimizer."""
    return [p for group in optimizer.param_groups for p in group["params"]]


class _State:
    """What is known of one optimizer since its last step."""

    def __init__(self) -> None:
        self.used = False  # gradients that its last step used are still there
        self.began_dirty = False  # a backward pass met them
        self.filled = False  # a backward pass since then left gradients
        self.backwards = 0


class Cycle:
    """Counts what `GradientCycle` holds."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._states: weakref.WeakKeyDictionary[Any, _State] = weakref.WeakKeyDictionary()
        self._in_step = self._in_eval_mode = 0
        counted = ("steps", "dirty_starts", "backward_calls", "zero_grad_calls", "cleared_between")
        self.facts: Facts = dict.fromkeys((*counted, "eval_at_backward"), 0)
        self.facts |= {"site": None, "backward_site": None, "zero_grad_site": None}

    def follow(self, optimizers: list[Any]) -> None:
        """Follow these optimizers too."""
        for optimizer in optimizers:
            self._states.setdefault(optimizer, _State())

    def before_backward(self, in_eval_mode: bool) -> None:
        """A backward pass begins."""
        self.facts["backward_calls"] += 1
        self._in_eval_mode = self._in_eval_mode + 1 if in_eval_mode else 0
        self._place("backward_site")
        for optimizer, state in list(self._states.items()):
            state.backwards += 1
            if state.used:
                state.used = state.began_dirty = holds_gradient(parameters_of(optimizer))

    def after_backward(self) -> None:
        """A backward pass ended."""
        if self._in_step:
            return
        for optimizer, state in list(self._states.items()):
            state.filled = state.filled or holds_gradient(parameters_of(optimizer))

    def before_step(self, optimizer: Any, *, has_closure: bool) -> None:
        """An optimizer is about to use the gradients; a closure does its own clearing inside."""
        self._in_step += 1
        self._place("site")
        self.facts["eval_at_backward"] += self._in_eval_mode
        self._in_eval_mode = 0
        state = self._states.setdefault(optimizer, _State())
        if has_closure or not state.backwards:
            return
        if state.began_dirty:
            self.facts["dirty_starts"] += 1
        elif state.filled and not holds_gradient(parameters_of(optimizer)):
            self.facts["cleared_between"] += 1

    def after_step(self, optimizer: Any, *, has_closure: bool) -> None:
        """An optimizer has used the gradients."""
        self._in_step -= 1
        self.facts["steps"] += 1
        state = self._states[optimizer] = _State()
        state.used = not has_closure and holds_gradient(parameters_of(optimizer))

    def zero_grad(self) -> None:
        """Somebody calls zero_grad, of an optimizer or of a module."""
        self.facts["zero_grad_calls"] += 1
        self._place("zero_grad_site")

    def _place(self, name: str) -> None:
        if self.facts[name] is None:
            self.facts[name] = self._recorder.user_site()
