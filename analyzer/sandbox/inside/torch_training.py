"""The training loop as it happens: which pass led to which step, and what becomes of it.

Until the first step every pass with gradients is recorded. That step decides which model is
trained: the modules that the loop called, whose parameters hold gradients and are in the optimizer.
Optimizers that step on the same model before the next forward pass belong to it too. From then on
only every few steps are listened to.
"""

from __future__ import annotations

from typing import Any

from . import torch_graph
from . import torch_layers as layers
from .recorder import Recorder
from .torch_calls import Calls
from .torch_cycle import parameters_of
from .torch_dynamics import Sampler, output_statistics
from .torch_flow import Sources
from .torch_graph import Model
from .torch_handwritten import HandWritten
from .torch_losses import LossCall
from .torch_recording import Recording
from .torch_report import Report

MOST_SKETCHES = 50
UNSTEPPED = 4
"""A loop whose optimizer has not stepped in this many times the wanted steps never will."""


class Training:
    """The state of the running training.

    Attributes:
        model: the model that the steps train; None before the first step.
        settled: whether no later step can add to the model.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.report = report = Report(recorder)
        self.calls = Calls(recorder, report.constructed)
        self.calls.on_root = self._root_called
        self.calls.after_root = self._root_returned
        self.calls.on_value = self._value
        self.calls.loss_of = report.losses.module_call
        report.losses.on_call = self._loss_called
        self.by_hand = HandWritten(recorder, report.losses)
        self.model: Model | None = None
        self.settled = False
        self._recording: Recording | None = None
        self._reached: Sources = ()
        self._stepped: set[int] = set()
        self._called: dict[int, Any] = {}
        self._pending: list[LossCall] = []
        self._loss: float | None = None
        self._backward_since_step = False
        self._complete = False
        self._by_itself = False
        self._unstepped: list[float | None] = []
        self._sketches = 0

    # Forward

    def _root_called(self, module: Any, arguments: Any) -> bool:
        """Whether to listen to this call."""
        import torch

        if self.report.of_another:
            return False
        self.recorder.leave_if_finished()
        training = torch.is_grad_enabled()
        if training and self._stepped and not self.settled:
            self._settle()
        if training and self._complete:
            self._advance()
        self._note_batch(module, arguments, training)
        if not training and (self.report.has_graph or self._recording is not None):
            return False
        self._called[id(module)] = module
        self._choose_ear()
        return self.calls.ear is not None

    def _note_batch(self, module: Any, arguments: Any, training: bool) -> None:
        flow = getattr(self.calls.ear or self._recording, "flow", None)
        fresh = [t for t in layers.tensors_in(arguments) if flow is None or not flow.get(t)]
        entries = self.model.entries if self.settled and self.model is not None else [module]
        if fresh and any(module is entry for entry in entries):
            self.report.batches.entered(module, fresh, training=training)

    def _choose_ear(self) -> None:
        if self.settled:
            if self.model is None or not self.report.dynamics.sampled:
                self.calls.listen(None)
            elif not isinstance(self.calls.ear, Sampler):
                self.calls.listen(Sampler(self.model.positions, self.report.dynamics))
            return
        if self._recording is None or self._recording.full:
            self._recording = Recording(output_statistics)
            self.by_hand.forget()
        self.calls.listen(self._recording)

    def _root_returned(self, _module: Any) -> None:
        if self._recording is not None and self._recording.segments:
            self._sketch(self._recording.segments[-1].outputs)

    def _sketch(self, values: Sources) -> None:
        """A first picture of what led to these values, in case no step ever comes."""
        recording = self._recording
        if recording is None or self.model is not None or self._sketches >= MOST_SKETCHES:
            return
        self._sketches += 1
        segments = recording.segments_of(values) or [len(recording.segments) - 1]
        self.report.sketch(self.report.build(recording, segments, values))

    def _value(self, name: str, call: Any, output: Any) -> None:
        recording = self._recording
        if recording is not None and self.calls.ear is recording:
            self.by_hand.on_value(recording.flow, name, call, output)

    # Loss

    def loss_function(self, name: str, function: Any, call: Any) -> LossCall | None:
        """The call of a loss function, None inside a loss module."""
        with self.calls.silence():
            found = self.recorder.guarded(self.report.losses.function_call, name, function, call)
        return found if isinstance(found, LossCall) else None

    def _loss_called(self, call: LossCall) -> None:
        if self._recording is not None and call.prediction is not None:
            call.sources = self._recording.flow.get(call.prediction)
            if call.sources:
                self._sketch(call.sources)

    # Backward

    def before_backward(self, tensor: Any) -> None:
        """A backward pass begins from this tensor."""
        self.recorder.leave_if_finished()
        with self.calls.silence():
            self.recorder.training_started()
            self.recorder.guarded(self._before_backward, layers.first_tensor(tensor))

    def _before_backward(self, tensor: Any) -> None:
        report, recording = self.report, self._recording
        report.cycle.follow(report.optimizers.living())
        report.cycle.before_backward(self._in_eval_mode())
        if tensor is None:
            return
        if self._by_itself:
            report.dynamics.after_step(self._stepped)
        calls = report.losses.take(tensor) or [self.by_hand.call_for(tensor)]
        self._loss = float(tensor.detach()) if tensor.numel() == 1 else None
        if recording is not None and not self.settled:
            found = [call.sources for call in calls if call.sources] or [recording.flow.get(tensor)]
            self._reached += tuple(i for sources in found if sources for i in sources)
        self._pending += calls

    def _in_eval_mode(self) -> bool:
        roots = self.model.roots if self.model is not None else []
        if self._recording is not None:
            roots = [segment.module for segment in self._recording.segments]
        return bool(roots) and not any(m.training for root in roots for m in root.modules())

    def after_backward(self) -> None:
        """A backward pass ended; if no optimizer ever steps, these passes are the steps."""
        report = self.report
        with self.calls.silence():
            self.recorder.guarded(report.cycle.after_backward)
        self._backward_since_step = True
        if report.of_another or (self._stepped and not self._by_itself):
            return
        if not report.optimizers.living():
            self._step_by_itself()
            return
        self._unstepped.append(self._loss)
        wanted = int(self.recorder.request["steps"]) * UNSTEPPED
        if len(self._unstepped) >= wanted:
            self.recorder.note(f"no optimizer stepped in {wanted} backward passes")
            for loss in self._unstepped:
                self.recorder.step_done(loss)

    def _step_by_itself(self) -> None:
        """The program has no optimizer: it moves the weights itself after each backward pass."""
        self._by_itself = True
        with self.calls.silence():
            self.recorder.note("no optimizer: each backward pass counts as one step")
            parameters = [p for m in self._called.values() for p in m.parameters()]
            stepping = {id(p) for p in parameters if p.grad is not None}
            self.recorder.guarded(self._take_step, stepping, first=True)
            self._pending = []
            if self.report.dynamics.step == 0:
                self.recorder.guarded(self.report.put_rest)
        self._complete = True
        self.recorder.step_done(self._loss)

    def zero_grad(self) -> None:
        """Somebody clears gradients."""
        self.recorder.guarded(self.report.cycle.zero_grad)

    # Step

    def before_step(self, optimizer: Any, arguments: Any, keywords: Any) -> None:
        """An optimizer is about to step."""
        with self.calls.silence():
            closure = _has_closure(arguments, keywords)
            self.recorder.guarded(self._before_step, optimizer, closure)

    def _before_step(self, optimizer: Any, has_closure: bool) -> None:
        report = self.report
        report.cycle.before_step(optimizer, has_closure=has_closure)
        first = report.optimizers.enter(optimizer)
        if has_closure and self.model is None:
            return  # nothing has run yet that this step trains
        self._take_step({id(p) for p in parameters_of(optimizer)}, first=first)

    def _take_step(self, stepping: set[int], *, first: bool) -> None:
        report = self.report
        if not self.settled:
            self._take_model(stepping)
        if self._trains_model(stepping):
            self._count_losses(self._pending)
        if self.model is not None and (first or report.dynamics.sampled):
            report.census(self.model, list(self._called.values()))
        if report.dynamics.step == 0:
            report.batches.settle()
            report.batches.profile(list(self.recorder.request.get("profiled_names", ())))
        report.dynamics.before_step(stepping)

    def _take_model(self, stepping: set[int]) -> None:
        """The recorded passes, or what of them this step trains, are the model."""
        recording = self._recording
        self._stepped |= stepping
        if recording is None:
            return
        reached = recording.ancestors(self._reached)
        segments = torch_graph.trained_segments(recording, self._stepped, reached)
        if segments:
            self.model = self.report.build(recording, segments, self._reached)
            self.report.dynamics.attach(self.model.nodes)
            self.report.put_graph(self.model)

    def _count_losses(self, calls: list[LossCall]) -> None:
        self.report.losses.enter(calls)
        for call in calls:
            if call.target is not None:
                self.report.batches.compared(call.key, call.target)

    def _trains_model(self, stepping: set[int]) -> bool:
        if self.model is None:
            return True
        own = {id(p) for root in self.model.roots for p in root.parameters()}
        return bool(own & stepping) or not own & self._stepped

    def after_step(self, optimizer: Any, arguments: Any, keywords: Any) -> None:
        """An optimizer has stepped; may end the program."""
        with self.calls.silence():
            closure = _has_closure(arguments, keywords)
            counts = self.recorder.guarded(self._after_step, optimizer, closure)
        if counts:
            self.recorder.step_done(self._loss)

    def _after_step(self, optimizer: Any, has_closure: bool) -> bool:
        """Whether this completes a step of the trained model."""
        report = self.report
        report.cycle.after_step(optimizer, has_closure=has_closure)
        stepping = {id(p) for p in parameters_of(optimizer)}
        if self.model is None:
            self._take_step(stepping, first=True)
        report.dynamics.after_step(stepping)
        self._pending = []
        trains, began = self._trains_model(stepping), self._backward_since_step
        self._backward_since_step = False
        if not trains:
            self.recorder.note(f"a further model is stepped by {type(optimizer).__name__}")
        if report.of_another or not (trains and began):
            return False
        if report.dynamics.step == 0:
            report.put_rest()
        self._complete = True
        return True

    def _settle(self) -> None:
        """The next pass begins: the model is complete."""
        self.settled = True
        self._recording = None
        self._reached = ()

    def _advance(self) -> None:
        """The forward pass of the next step begins."""
        self._complete = False
        self.report.dynamics.step += 1
        self.report.losses.measured = self.report.dynamics.sampled
        self.calls.listen(None)

    def finish(self) -> None:
        """Fill in all facts, right before they are written."""
        if self.report.of_another:
            return
        with self.calls.silence():
            if self.model is None:
                self._count_losses(self._pending or self.report.losses.waiting)
            if not self.report.has_graph:
                self.report.put_unrun()
            if self.recorder.facts["framework"] == "torch":
                self.report.put_rest()


def _has_closure(arguments: Any, keywords: Any) -> bool:
    """Whether step was given a function that computes the loss; the optimizer comes first."""
    return any(callable(a) for a in arguments[1:]) or callable(keywords.get("closure"))
