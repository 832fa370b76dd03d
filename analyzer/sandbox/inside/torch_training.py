"""The training loop as it happens: losses, backward passes, clearing and steps in their order."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Set
from types import FrameType
from typing import Any

from . import processes
from . import torch_layers as layers
from .recorder import MOST_LOSSES, Recorder
from .torch_arguments import number_of
from .torch_calls import Calls
from .torch_census import Census
from .torch_listening import Listening
from .torch_losses import LossCall
from .torch_report import Report

CENSUS_STEPS = (1, 4, 16, 64)
"""An optimizer may be built, or get gradients, after the first step."""
UNSTEPPED = 4
"""A loop whose optimizer has not stepped in this many times the wanted steps never will."""


class Training:
    """The state of the running training.

    Attributes:
        order: writes down the order of calls, once it is installed.
        closed: whether the program has ended; what is called then is our own doing.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.report = Report(recorder)
        self.calls = Calls(recorder, self.report.constructed)
        self.calls.loss_of = self.report.losses.module_call
        self.calls.is_loss = self.report.losses.is_loss
        self.heard = Listening(self.report, self.calls)
        self.outputs: Any = None
        self.census = Census(recorder, self.report, self.calls, self.heard)
        self._pending: list[LossCall] = []
        self._loss: Any = None
        self._backward_since_step = False
        self._by_itself = False
        self._scaled: tuple[Any, Any] | None = None
        self._unstepped: list[Any] = []
        self._followed = -1
        self._pid = processes.current()
        self.order: Any = None
        self.closed = False

    def loss_function(self, name: str, function: Any, call: Any) -> LossCall | None:
        """The call of a loss function, None inside a loss module."""
        if self.closed:
            return None
        with self.calls.silence():
            found = self.recorder.guarded(self.report.losses.function_call, name, function, call)
        return found if isinstance(found, LossCall) else None

    # Backward

    def before_backward(
        self, tensor: Any, arguments: Any, keywords: Any, caller: FrameType
    ) -> None:
        """A backward pass begins from this tensor; the caller is the program or a library."""
        if self.closed:
            return
        if self.calls.ear is not None:
            self.calls.rest()
        self.recorder.training_started()
        self.calls.quietly(self._backward_begins, tensor, (arguments, keywords), caller)

    def _backward_begins(self, tensor: Any, given: Any, caller: FrameType) -> None:
        first = tensor if layers.is_tensor(tensor) else layers.first_tensor(tensor)
        if self._tells_order():
            order_backward(self.order, first, given, caller)
        in_eval_mode = self.heard.in_eval_mode()
        self.census.before_backward(first, in_eval_mode)
        if not self.recorder.over:
            self._before_backward(first, in_eval_mode)

    def _tells_order(self) -> bool:
        """Whether calls are written down: of this framework, process, and before the end."""
        order = self.order
        if order is None or order.closed or self.recorder.over or self.report.of_another:
            return False
        return processes.current() == self._pid

    def _before_backward(self, tensor: Any, in_eval_mode: bool) -> None:
        report = self.report
        if self._followed != report.constructed.count:
            self._followed = report.constructed.count
            report.cycle.follow(report.optimizers.living())
        report.cycle.before_backward(in_eval_mode)
        if tensor is None:
            return
        if self._by_itself:
            report.dynamics.after_step()
        self._loss = self._value_of(tensor)
        if report.losses.thin:
            return
        calls = report.losses.take(tensor) or [self.heard.by_hand.call_for(tensor)]
        if report.losses.measured:
            scaled = None if self._scaled is None else self._scaled[0]()
            self.heard.replays.backward(tensor, calls, scaled)
        if len(calls) == 1 and "first" not in calls[0].seen and self._loss is not None:
            calls[0].seen["first"] = calls[0].seen["last"] = self._loss
        self.heard.reach(tensor, calls)
        self._pending += calls

    def scaled(self, loss: Any, scaled: Any) -> None:
        """A GradScaler enlarged a loss."""
        if layers.is_tensor(scaled):
            self._scaled = (weakref.ref(scaled), loss.detach())

    def _value_of(self, tensor: Any) -> Any:
        if self._scaled is not None and self._scaled[0]() is tensor:
            tensor = self._scaled[1]
        return number_of(tensor) if tensor.numel() == 1 else None

    def _step_done(self, loss: Any) -> None:
        """One step is complete; a loss on a device is read when the trace is written."""
        if loss is not None and not isinstance(loss, float):
            losses = self.recorder.trace()["loss"]
            if len(losses) < MOST_LOSSES:
                losses.append(loss)
            loss = None
        self.recorder.step_done(loss)

    def after_backward(self) -> None:
        """A backward pass ended; if no optimizer ever steps, these passes are the steps."""
        if self.closed:
            return
        report = self.report
        if self.recorder.over:
            if self._by_itself:
                self.recorder.stop("steps")
            return
        self.calls.quietly(self._backward_ends)
        self._backward_since_step = True
        if (self.heard.stepped and not self._by_itself) or report.of_another:
            return
        if not report.optimizers.living():
            self._step_by_itself()
            return
        self._unstepped.append(self._loss)
        wanted = int(self.recorder.request["steps"]) * UNSTEPPED
        if len(self._unstepped) >= wanted:
            self.recorder.note(f"no optimizer stepped in {wanted} backward passes")
            for loss in self._unstepped:
                self._step_done(loss)

    def _backward_ends(self) -> None:
        self.report.cycle.after_backward()
        if len(self.heard.moved) < len(self.heard.called):
            self.heard.notice_moved()

    def _step_by_itself(self) -> None:
        """The program has no optimizer: it moves the weights itself after each backward pass."""
        self._by_itself = True
        with self.calls.silence():
            self.recorder.note("no optimizer: each backward pass counts as one step")
            parameters = [p for m in self.heard.called.values() for p in m.parameters()]
            stepping = {id(p) for p in parameters if p.grad is not None}
            self.recorder.guarded(self._take_step, stepping, first=True)
            self._pending = []
            if self.report.dynamics.step == 0 and self.report.has_graph:
                self.recorder.guarded(self.report.put_rest)
        self.heard.complete = True
        self._step_done(self._loss)

    def zero_grad(self, owner: Any, caller: FrameType) -> None:
        """Somebody clears gradients; the caller is the program or a library."""
        if not (self.recorder.over or self.closed):
            self.recorder.guarded(self._zero_grad, owner, caller)

    def _zero_grad(self, owner: Any, caller: FrameType) -> None:
        if self._tells_order():
            self.order.zero_grad(owner, caller)
        self.report.cycle.zero_grad()

    def zeroed(self, owner: Any) -> None:
        """PyTorch cleared the gradients of an optimizer or of a module."""
        if not self.recorder.over:
            self.recorder.guarded(self.report.cycle.zeroed, owner)

    # Step

    def before_step(self, optimizer: Any, arguments: Any, keywords: Any) -> None:
        """An optimizer is about to step."""
        if self.closed:
            return
        if self.recorder.over:
            stepping = self.report.optimizers.held(optimizer)
            self.calls.quietly(self.census.before_step, optimizer, stepping)
            self.recorder.stop("steps")
        has_closure, caller = _has_closure(arguments, keywords), sys._getframe(1)
        self.calls.quietly(self._before_step, optimizer, has_closure, caller)

    def _before_step(self, optimizer: Any, has_closure: bool, caller: FrameType) -> None:
        report = self.report
        stepping = report.optimizers.held(optimizer)
        self.census.before_step(optimizer, stepping)
        if self._tells_order():
            self.order.before_step(optimizer, has_closure=has_closure, caller=caller)
        report.cycle.before_step(optimizer, has_closure=has_closure)
        first = report.optimizers.enter(optimizer)
        if has_closure and self.heard.model is None:
            return  # nothing has run yet that this step trains
        self._take_step(stepping, first=first)

    def _take_step(self, stepping: Set[int], *, first: bool) -> None:
        report, heard = self.report, self.heard
        if not heard.settled:
            heard.take_model(stepping)
        report.loaders.stepped()
        if self._pending and heard.trains_model(stepping):
            self._count_losses(self._pending)
        if heard.model is not None and (first or report.dynamics.step in CENSUS_STEPS):
            report.census(heard.model, list(heard.moved.values()))
        if report.dynamics.step == 0:
            report.batches.settle()
            report.batches.profile(list(self.recorder.request.get("profiled_names", ())))
        if report.dynamics.sampled:
            report.dynamics.before_step(stepping)

    def _count_losses(self, calls: list[LossCall]) -> None:
        self.report.losses.enter(calls)
        for call in calls:
            if call.target is not None:
                self.report.batches.compared(call.key, call.target)
                self.recorder.guarded(self.report.loaders.compared, call.key, call.target)

    def after_step(self, optimizer: Any, arguments: Any, keywords: Any) -> None:
        """An optimizer has stepped; may end the program."""
        if self.closed:
            return
        closure = _has_closure(arguments, keywords)
        if self.calls.quietly(self._after_step, optimizer, closure):
            self._step_done(self._loss)

    def _after_step(self, optimizer: Any, has_closure: bool) -> bool:
        """Whether this completes a step of the trained model."""
        report = self.report
        report.cycle.after_step(optimizer, has_closure=has_closure)
        stepping = report.optimizers.held(optimizer)
        if self.heard.model is None:
            self._take_step(stepping, first=True)
        report.dynamics.after_step()
        self._pending = []
        trains, began = self.heard.trains_model(stepping), self._backward_since_step
        self._backward_since_step = False
        if not trains:
            self.recorder.note(f"a further model is stepped by {type(optimizer).__name__}")
        if report.of_another or not (trains and began):
            return False
        if report.dynamics.step == 0:
            report.put_rest()
        self.heard.complete = True
        return True

    def finish(self) -> None:
        """Fill in all facts, right before they are written."""
        self.census.after.finishing = True
        if self.report.of_another:
            return
        with self.calls.silence():
            if self.heard.model is None:
                self.heard.last_sketch()
                self._count_losses(self._pending or self.report.losses.waiting)
            if not self.report.has_graph:
                self.report.put_unrun()
            if self.recorder.facts["framework"] == "torch":
                self.report.put_rest()
                self.recorder.guarded(self.census.finish)


def order_backward(order: Any, tensor: Any, call: Any, caller: FrameType) -> None:
    """Tell the order of a backward pass; the call's arguments are those behind the tensor."""
    arguments, keywords = call
    if not arguments and not keywords:
        order.before_backward(tensor, retained=False, partly=False, caller=caller)
        return
    given = dict(zip(("gradient", "retain_graph", "create_graph"), arguments, strict=False))
    given |= keywords
    retained = given.get("retain_graph")
    retained = given.get("create_graph", False) if retained is None else retained
    partly = given.get("inputs") is not None
    order.before_backward(tensor, retained=bool(retained), partly=partly, caller=caller)


def _has_closure(arguments: Any, keywords: Any) -> bool:
    """Whether step was given a function that computes the loss; the optimizer comes first."""
    if len(arguments) == 1 and not keywords:
        return False
    return any(callable(a) for a in arguments[1:]) or callable(keywords.get("closure"))
