"""The order of clearing, backward and step, judged on the gradients themselves.

`optimizer.zero_grad()`, `model.zero_grad()` and `p.grad = None` all count, because what is looked
at is whether the parameters of an optimizer hold gradients, not which function was called.

Reading a gradient waits for the device, so it is done only where nothing else can tell: PyTorch
counts how often a tensor was written, and gradients that are the same tensors with the same counts
hold what they held before. The first steps are read all the same, because a write through `.data`
is not counted; where such a step, or any later one, looks odd, all that follow are read.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import Any

from .recorder import Recorder
from .torch_recording import Facts

MOST_ELEMENTS = 2**25
"""Gradient elements looked at before a set of gradients counts as zero."""
READ_STEPS = 3
"""Steps of an optimizer whose gradients are always read."""
MOST_ZEROED = 20_000

Marks = list[tuple[int, int] | None]


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


def marks_of(parameters: list[Any]) -> Marks:
    """Which tensors the gradients are, and how often each was written."""
    return [None if (g := p.grad) is None else (id(g), g._version) for p in parameters]


def parameters_of(optimizer: Any) -> list[Any]:
    """All parameters in all groups of an optimizer."""
    return [p for group in optimizer.param_groups for p in group["params"]]


def _parameters(owner: Any) -> Iterator[Any]:
    """The parameters of an optimizer or a module, one by one."""
    groups = getattr(owner, "param_groups", None)
    return owner.parameters() if groups is None else (p for g in groups for p in g["params"])


class _State:
    """What is known of one optimizer since its last step."""

    def __init__(self) -> None:
        self.steps = 0
        self.exact = True  # whether gradients are read after each backward pass
        self.stepped(used=False)

    def stepped(self, *, used: bool) -> None:
        """Nothing is known of what comes now."""
        self.used = used  # gradients that its last step used may still be there
        self.began_dirty = False  # a backward pass met them
        self.filled = False  # a backward pass since then left gradients
        self.left: Marks | None = None  # the gradients that it left, where they were not read
        self.backwards = 0
        self.parameters: list[Any] = []  # as of the last backward pass


class Cycle:
    """Counts what `GradientCycle` holds."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._states: dict[int, tuple[weakref.ref[Any], _State]] = {}
        self._zeroed: dict[int, int] = {}
        self._in_step = self._in_eval_mode = 0
        counted = ("steps", "dirty_starts", "backward_calls", "zero_grad_calls", "cleared_between")
        self.facts: Facts = dict.fromkeys((*counted, "eval_at_backward"), 0)
        self.facts |= {"site": None, "backward_site": None, "zero_grad_site": None}

    def follow(self, optimizers: list[Any]) -> None:
        """Follow these optimizers too."""
        for optimizer in optimizers:
            self._state(optimizer)

    def _state(self, optimizer: Any) -> _State:
        known = self._states.get(id(optimizer))
        if known is None or known[0]() is not optimizer:
            known = self._states[id(optimizer)] = weakref.ref(optimizer), _State()
        return known[1]

    def _living(self) -> list[tuple[Any, _State]]:
        known = self._states.values()
        return [(owner, state) for reference, state in known if (owner := reference()) is not None]

    def before_backward(self, in_eval_mode: bool) -> None:
        """A backward pass begins."""
        self.facts["backward_calls"] += 1
        self._in_eval_mode = self._in_eval_mode + 1 if in_eval_mode else 0
        if self.facts["backward_site"] is None:
            self._place("backward_site")
        for optimizer, state in self._living():
            state.backwards += 1
            state.parameters = parameters_of(optimizer)
            if state.used:
                state.used = state.began_dirty = self._still_holds(state.parameters)

    def _still_holds(self, parameters: list[Any]) -> bool:
        """Like holds_gradient; what zero_grad left as zeros is not read."""
        for parameter in parameters:
            if parameter.grad is not None:
                break
        else:
            return False
        marks = [mark for mark in marks_of(parameters) if mark is not None]
        if all(self._zeroed.get(key) == version for key, version in marks):
            return False
        return holds_gradient(parameters)

    def after_backward(self) -> None:
        """A backward pass ended."""
        if self._in_step:
            return
        for _, state in self._living():
            if state.exact:
                state.filled = state.filled or holds_gradient(state.parameters)
            else:
                state.left = marks_of(state.parameters)

    def before_step(self, optimizer: Any, *, has_closure: bool) -> None:
        """An optimizer is about to use the gradients; a closure does its own clearing inside."""
        self._in_step += 1
        if self.facts["site"] is None:
            self._place("site")
        self.facts["eval_at_backward"] += self._in_eval_mode
        self._in_eval_mode = 0
        state = self._state(optimizer)
        if has_closure or not state.backwards:
            return
        if state.began_dirty:
            self.facts["dirty_starts"] += 1
        elif self._cleared(state):
            self.facts["cleared_between"] += 1

    @staticmethod
    def _cleared(state: _State) -> bool:
        """Whether a backward pass left gradients that are gone."""
        parameters = state.parameters
        if not state.exact:
            if marks_of(parameters) != state.left:
                state.exact = not holds_gradient(parameters)
            return False
        gone = state.filled and not holds_gradient(parameters)
        state.exact = gone or state.steps + 1 < READ_STEPS
        return gone

    def after_step(self, optimizer: Any, *, has_closure: bool) -> None:
        """An optimizer has used the gradients."""
        self._in_step -= 1
        self.facts["steps"] += 1
        state = self._state(optimizer)
        state.steps += 1
        state.stepped(used=not has_closure)

    def zero_grad(self) -> None:
        """Somebody calls zero_grad, of an optimizer or of a module."""
        self.facts["zero_grad_calls"] += 1
        if self.facts["zero_grad_site"] is None or self._erases():
            self._place("zero_grad_site")

    def _erases(self) -> bool:
        """Whether a backward pass waits for its step, and no gradients are known to be erased."""
        if self.facts["cleared_between"]:
            return False
        return any(state.backwards for _, state in self._states.values())

    def zeroed(self, owner: Any) -> None:
        """PyTorch's own zero_grad returned: gradients that it kept are zero."""
        if len(self._zeroed) > MOST_ZEROED:
            self._zeroed.clear()
        for parameter in _parameters(owner):
            gradient = parameter.grad
            if gradient is not None:
                self._zeroed[id(gradient)] = gradient._version
            elif parameter.requires_grad:
                return  # it sets them to None

    def _place(self, name: str) -> None:
        self.facts[name] = self._recorder.user_site()
