"""Which forward passes are listened to, and the model that comes out of them.

Until the first step every pass with gradients is recorded. That step decides which model is
trained: the modules that the loop called, whose parameters hold gradients and are in the optimizer.
Optimizers that step on the same model before the next forward pass belong to it too. From then on
only every few steps are listened to.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Any

from . import torch_graph
from . import torch_layers as layers
from .torch_calls import Calls
from .torch_dynamics import look_at
from .torch_flow import Sources
from .torch_graph import Model
from .torch_handwritten import HandWritten
from .torch_losses import LossCall
from .torch_recording import Recording
from .torch_replay import Replays
from .torch_report import Report
from .torch_sampler import Sampler

MOST_SKETCHES = 50
MOST_CALLED = 500


class Listening:
    """The recorded passes and the trained model.

    Attributes:
        model: the model that the steps train; None before the first step.
        settled: whether no later step can add to the model.
        complete: whether a step was completed and the next pass has not begun.
        stepped: identities of the parameters in the optimizers that made the model.
        called: modules that the loop called; moved: those that got gradients.
        replays: the last step that can be computed again; outputs: gives the last outputs.
    """

    def __init__(self, report: Report, calls: Calls) -> None:
        self.report = report
        self.calls = calls
        calls.on_root, calls.after_root, calls.on_value = self._enter, self._leave, self._value
        report.losses.on_call = self._loss_called
        self.replays = Replays()
        self.outputs: Callable[[], list[tuple[int, Any]]] = list
        self.by_hand = HandWritten(report.recorder, report.losses)
        self.model: Model | None = None
        self.settled = self.complete = False
        self.stepped: set[int] = set()
        self.called: dict[int, Any] = {}
        self.moved: dict[int, Any] = {}
        self._recording: Recording | None = None
        self._reached: Sources = ()
        self._sketches = 0
        self._trains_in_train_mode = False
        self._own: tuple[Model, frozenset[int]] | None = None

    def _enter(self, module: Any, arguments: Any) -> bool:
        """Whether to listen to this call."""
        if self.report.of_another:
            return False
        if self.report.recorder.finished:
            self.report.recorder.leave_if_finished()
        training = self.calls.gradients_on() and not self._is_validation(module)
        if training and self.stepped and not self.settled:
            self._settle()
        if training and self.complete:
            self._advance()
        self._note_batch(module, arguments, training)
        self.calls.thin = self.report.losses.thin = training and self._is_thin()
        if training and self.report.losses.measured:
            self.replays.root_called(module, arguments)
        if not training and (self.report.has_graph or self._recording is not None):
            return False
        if self.settled and not self.report.dynamics.sampled and self.calls.ear is None:
            return False
        if len(self.called) < MOST_CALLED:
            self.called[id(module)] = module
        self._choose_ear()
        return self.calls.ear is not None

    def _is_thin(self) -> bool:
        """Whether nothing new is to be learned from this step's losses."""
        report = self.report
        if not self.settled or report.losses.measured:
            return False
        return report.batches.idle and report.loaders.idle

    def _is_validation(self, module: Any) -> bool:
        """Gradients may be on by oversight: what trains in train mode validates in eval mode."""
        return bool(self.stepped) and self._trains_in_train_mode and not module.training

    def _note_batch(self, module: Any, arguments: Any, training: bool) -> None:
        ear: Any = self.calls.ear or self._recording
        flow = None if ear is None else ear.flow
        fresh = layers.tensors_given(arguments)
        if flow is not None:
            fresh = [t for t in fresh if not flow.get(t)]
        entries = self.model.entries if self.settled and self.model is not None else [module]
        if fresh and any(entry is module for entry in entries):
            self.report.batches.entered(module, fresh, training=training)

    def _choose_ear(self) -> None:
        if self.settled:
            if self.model is None or not self.report.dynamics.sampled:
                self.calls.listen(None)
            elif not isinstance(self.calls.ear, Sampler):
                self.calls.listen(Sampler(self.model.positions, self.report.dynamics))
            return
        if self._recording is None or self._recording.full:
            self._recording = Recording(
                look_at(self.report.recorder.guarded, self.report.dynamics.room)
            )
            self.by_hand.forget()
        self.calls.listen(self._recording)

    def _leave(self, _module: Any) -> None:
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

    def last_sketch(self) -> None:
        """No pass reached a loss: parts that were tried alone show what the whole model has."""
        recording = self._recording
        if recording is None or not recording.segments or self._reached:
            return
        if self.report.losses.waiting:
            return
        last = recording.segments[-1].module
        (tree,) = self.report.trees([last])
        if tree is last:
            return
        parts = {id(module) for module in tree.modules()}
        segments = [i for i, part in enumerate(recording.segments) if id(part.module) in parts]
        everything = tuple(range(len(recording.nodes)))
        model = self.report.build(recording, segments, everything)
        self.report.put_graph(model)
        self.report.add_unrun(tree)

    def _value(self, name: str, call: Any, output: Any) -> None:
        if self._recording is not None and isinstance(self.calls.ear, Recording):
            self.by_hand.on_value(self._recording.flow, name, call, output)

    def _loss_called(self, call: LossCall) -> None:
        if self.report.losses.measured:
            self.report.recorder.guarded(self.replays.loss_called, call, self.outputs())
        if self._recording is not None and call.prediction is not None:
            call.sources = self._recording.flow.get(call.prediction)
            if call.sources:
                self._sketch(call.sources)

    # What backward passes and steps tell

    def reach(self, tensor: Any, calls: list[LossCall]) -> None:
        """A backward pass begins from these losses, or from this tensor."""
        recording = self._recording
        if recording is not None and not self.settled:
            found = [call.sources for call in calls if call.sources] or [recording.flow.get(tensor)]
            self._reached += tuple(i for sources in found if sources for i in sources)
            recording.next_pass()
            self._trains_in_train_mode = not self.in_eval_mode()

    def notice_moved(self) -> None:
        """A backward pass ended."""
        if len(self.moved) == len(self.called):
            return
        for key, module in self.called.items():
            if key not in self.moved and any(p.grad is not None for p in module.parameters()):
                self.moved[key] = module

    def in_eval_mode(self) -> bool:
        """Whether every part of what is trained is in eval mode."""
        roots = self.model.roots if self.model is not None else []
        if self._recording is not None:
            roots = [segment.module for segment in self._recording.segments]
        for root in roots:
            if root.training:
                return False
        return bool(roots) and not any(m.training for root in roots for m in root.modules())

    def take_model(self, stepping: Set[int]) -> None:
        """The recorded passes, or what of them this step trains, are the model."""
        if self.settled:
            return
        recording = self._recording
        self.stepped |= stepping
        if recording is None:
            return
        reached = recording.ancestors(self._reached)
        segments = torch_graph.trained_segments(recording, self.stepped, reached)
        if segments:
            self.model = self.report.build(recording, segments, self._reached)
            self.report.dynamics.attach(self.model.nodes)
            self.report.put_graph(self.model)

    def trains_model(self, stepping: Set[int]) -> bool:
        """Whether a step on these parameters is a step of the model."""
        if self.model is None:
            return True
        if self._own is None or self._own[0] is not self.model:
            found = frozenset(id(p) for root in self.model.roots for p in root.parameters())
            self._own = self.model, found
        own = self._own[1]
        return not own.isdisjoint(stepping) or own.isdisjoint(self.stepped)

    def _settle(self) -> None:
        """The next pass begins: the model is complete."""
        self.settled = True
        self._recording = None
        self._reached = ()

    def _advance(self) -> None:
        """The forward pass of the next step begins."""
        self.complete = False
        self.report.dynamics.advance()
        self.report.losses.measured = self.report.dynamics.sampled
        self.replays.begin()
        self.calls.listen(None)
