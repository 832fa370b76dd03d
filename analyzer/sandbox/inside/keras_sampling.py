"""Statistics of every layer at some of the training steps.

Which steps is decided by the sizes of model and batch alone, so that two runs look at the same
ones: the cheaper a sample is beside a step, the more there are, and the earlier ones lie closer.
Before a sampled step its batch runs once more beside the training (`keras_replay`) at the weights
that the step starts from. All state that the pass moves is put back bit for bit, and so is every
source of chance: the training cannot tell.
"""

from __future__ import annotations

import math
import threading
import time
from typing import Any

from . import keras_points as points
from .keras_facts import Facts
from .keras_random import untouched_randomness
from .keras_replay import Compute, Pass, Replay
from .keras_schedule import (
    BATCH_PART,
    FEWEST_SAMPLES,
    MOST_SAMPLES,
    affordable_samples,
    chosen_steps,
    operations_of,
)
from .keras_session import Session
from .keras_state import at_state, copies, raw, state_of

MOST_PARAMETERS = 40_000_000
"""Values read per sampled step; above, reading them would dominate the warm-up."""
BUDGET_SECONDS = 6.0
"""Wall time for all samples together, without the tracing of the first."""
MOST_COMPILED_LAYERS = 120
"""Tracing a larger model takes longer than running it eagerly at the fewest steps."""

Sides = tuple[Any, Any, Any]


class Sampler:
    """Samples one model's layers.

    Attributes:
        alone: whether the program surely draws no random numbers in the background.
        traced: whether the program trains in a traced function.
        compute: the loss of a hand-written loop; None for the compiled one.
        replay: the pass, None before the first sample.
        last: inputs, targets and sample weights of the last sampled step.
        initial: the state before the first step that could be sampled, and that step's number.
    """

    def __init__(self, session: Session, tf: Any, facts: Facts) -> None:
        self.session = session
        self.recorder = session.recorder
        self.tf = tf
        self.facts = facts
        request = self.recorder.request
        self._most = min(MOST_SAMPLES, int(request.get("sampled_steps", MOST_SAMPLES)))
        self.steps = chosen_steps(int(request["steps"]), self._most)
        self.alone = False
        self.traced = True
        self.compute: Compute | None = None
        self.replay: Replay | None = None
        self.last: Sides | None = None
        self.initial: list[tuple[Any, Any]] = []
        self.initial_step = 0
        self._due = False
        self._pending: tuple[Any, ...] = ()
        self._found: Pass | None = None
        self._kernels: dict[int, Any] = {}
        self._begun = 0
        self._spent = 0.0
        self._points: dict[int, list[dict[str, Any]]] = {}
        self._seen: dict[int, dict[str, Any]] = {}
        self._seen_at: list[int] = []
        self.recorder.at_finish(self.run_pending)

    def wants(self, step: int, count: int = 1) -> bool:
        """Whether one of the `count` steps from this one on is to be sampled."""
        while self.steps and self.steps[0] < step:
            self.steps.pop(0)
        self._due = bool(self.steps) and self.steps[0] < step + count
        if self._due and self._spent > BUDGET_SECONDS:
            self._give_up("statistics of layers end early: sampling took too long")
        return self._due

    def _give_up(self, reason: str) -> None:
        self.recorder.note(reason)
        self.steps, self._due = [], False
        self._kernels, self._found = {}, None

    # Before the step

    def begin(self, model: Any, step: int) -> None:
        """Keep the state that the first sampled step will start from, as soon as there is one.

        A model may be built while its first step is traced, which is before that step runs.
        """
        if self.replay is not None or not self.steps or model is None:
            return
        with self.tf.init_scope():
            if len(model.trainable_weights) <= self._begun or not self.tf.executing_eagerly():
                return
            self._begun = len(model.trainable_weights)
            variables = state_of(self.tf, model, self.facts.graph_layers)
            size = sum(math.prod(tuple(variable.shape)) for variable in variables)
            if size > MOST_PARAMETERS:
                self._give_up(f"no statistics of layers: the model has {size:,} values")
                return
            self.initial, self.initial_step = copies(self.tf, variables), step

    def before(self, model: Any, sides: Sides) -> None:
        """Run the batch of the step that comes, at the weights that it starts from."""
        if self.replay is None or sides[0] is None:
            return  # the first sample is taken after its step, when the program has built all
        started = time.monotonic()
        self._kernels = {id(v): _array(v) for v in model.trainable_weights}
        self._found = self._passed(sides)
        self._spent += time.monotonic() - started

    def _passed(self, sides: Sides) -> Pass | None:
        replay = self.replay
        if replay is None:
            return None
        kept = untouched_randomness(self.facts.graph_layers, alone=self.alone)
        try:
            with self.session.unobserved(), kept:
                return replay.run(sides, BATCH_PART)
        except Exception as error:
            self._give_up(f"no statistics of layers: {type(error).__name__}: {error}")
            raise

    # After it

    def after_step(self, model: Any, sides: Sides, step: int, whole: bool) -> None:
        """The step is done; what remains to be done is left for `run_pending`.

        Args:
            sides: inputs, targets and sample weights of the step's batch.
            step: its number from 0.
            whole: whether the execution was this one step.
        """
        if self._due:
            self._due = False
            self._pending = (model, sides, step, whole)

    def run_pending(self) -> None:
        """Make the point now: after the step was counted, or right before the result is written.

        Counting comes first, so that a sample that outlasts the time limit costs no loss.
        """
        pending, self._pending = self._pending, ()
        if pending and threading.current_thread() is threading.main_thread():
            self.recorder.guarded(self._after, *pending)

    def _after(self, model: Any, sides: Sides, step: int, whole: bool) -> None:
        started = time.monotonic()
        if self.replay is None:
            self._first(model, sides)
            started = time.monotonic()  # what tracing takes is a cost of the start
        found, before = self._found, self._kernels
        self._found, self._kernels = None, {}
        if found is None:
            return
        self.last = sides
        after = {id(v): _array(v) for v in model.trainable_weights} if whole else None
        self._keep(step, found, before, after)
        self._keep_loss(found.predictions, sides[1], step)
        self._spent += time.monotonic() - started

    def _first(self, model: Any, sides: Sides) -> None:
        """The first sample: the state before the step comes back for it."""
        layers = self.facts.graph_layers
        if sides[0] is None or not layers or not self.initial:
            return
        compiled = self.traced and len(layers) <= MOST_COMPILED_LAYERS
        self.replay = Replay(self.tf, model, layers, self.compute, traced=compiled)
        self._choose(sides)
        by_id = {id(variable): value for variable, value in self.initial}
        self._kernels = {
            id(v): by_id[id(v)].numpy() for v in model.trainable_weights if id(v) in by_id
        }
        with at_state(self.tf, model, self.initial):
            self._found = self._passed(sides)

    def _choose(self, sides: Sides) -> None:
        """The steps, now that the sizes of model and batch are known."""
        graph = self.recorder.facts["graph"] or {}
        rows = int(self.tf.nest.flatten(sides)[0].shape[0])
        operations = operations_of(graph.get("layers", []))
        steps = int(self.recorder.request["steps"])
        affordable = affordable_samples(steps, operations, rows, len(self.facts.graph_layers))
        if self.replay is not None and not self.replay.traced:
            affordable = FEWEST_SAMPLES
        self.steps = chosen_steps(steps, min(self._most, affordable))

    # What is made of it

    def _keep(self, step: int, found: Pass, before: Any, after: Any) -> None:
        """One point per layer; layers without output and weights have none."""
        graph = (self.recorder.facts["graph"] or {}).get("layers", [])
        layers = self.replay.layers if self.replay is not None else {}
        for index, layer in layers.items():
            activation = graph[index].get("activation") if index < len(graph) else None
            point = {"step": step} | self._point(index, found, activation)
            kernels = points.kernels_of(layer, before)
            if kernels:
                old = [before[id(v)] for v in kernels]
                new = None if after is None else [after[id(v)] for v in kernels]
                point |= points.weight_statistics(old, new)
            if kernels and all(id(v) in found.gradients for v in kernels):
                point |= points.gradient_statistics([found.gradients[id(v)] for v in kernels])
            if len(point) > 1:
                self._points.setdefault(index, []).append(point)
        trace = self.recorder.trace()
        trace["layers"] = [{"layer": i, "points": p} for i, p in sorted(self._points.items())]
        if len(self.facts.graph_layers) > len(layers):
            self.recorder.note(f"statistics of {len(layers)} layers only")

    def _point(self, index: int, found: Pass, activation: Any) -> dict[str, Any]:
        point: dict[str, Any] = {}
        if index in found.outputs:
            point |= points.output_statistics(found.outputs[index], activation)
        if index in found.output_gradients:
            point |= points.output_gradient_statistics(found.output_gradients[index])
        return point

    def _keep_loss(self, predictions: list[Any], y: Any, step: int) -> None:
        """What entered the loss, per output."""
        learner = self.recorder.facts["learner"] or {}
        sites = [use.get("site") for use in learner.get("losses", [])]
        targets = self.tf.nest.flatten(y)
        for index, prediction in enumerate(predictions[:16]):
            if index < len(targets) and targets[index] is not None:
                entry = self._seen.setdefault(index, {"calls": 0})
                site = sites[min(index, len(sites) - 1)] if sites else None
                points.loss_seen(entry, prediction, targets[index])
                entry["site"] = site
                self._seen_at.append(step)
        self.losses_seen()
        self.recorder.trace()["loss_seen"] = list(self._seen.values())

    def losses_seen(self) -> None:
        """The loss at the first and the last sampled step, from the losses of all steps."""
        losses = self.recorder.trace()["loss"]
        known = [losses[step] for step in self._seen_at if step < len(losses)]
        for entry in self._seen.values() if known else ():
            entry["first"], entry["last"] = known[0], known[-1]


def _array(variable: Any) -> Any:
    """The present value as an array; the variable copies before it changes it."""
    return raw(variable).read_value().numpy()
