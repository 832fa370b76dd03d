"""Statistics of every layer at some of the training steps.

Which steps is decided by the sizes of model and batch alone, so that two runs look at the same
ones: the cheaper a sample is beside a step, the more there are, and the earlier ones lie closer.
Before a sampled step its batch runs once more beside the training (`keras_replay`) at the weights
that the step starts from. All state that the pass moves is put back bit for bit, and so is every
source of chance: the training cannot tell.
"""

from __future__ import annotations

import math
import os
import threading
import time
from typing import Any

from .keras_facts import Facts
from .keras_passed import Pass
from .keras_random import untouched_randomness
from .keras_replay import Compute, Replay
from .keras_samples import SampleWriter, Taken
from .keras_schedule import (
    BATCH_PART,
    FEWEST_SAMPLES,
    MOST_SAMPLES,
    affordable_samples,
    chosen_steps,
    part_of,
    row_seconds,
)
from .keras_session import Session
from .keras_state import array_of, at_state, copies, state_of, trainable_of, value_of

MOST_PARAMETERS = 40_000_000
"""Values read per sampled step; above, reading them would dominate the warm-up."""
LONGEST_REASON = 300
FAILURES = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError),
    *(RuntimeError, TypeError, ValueError),
)
"""What a model may raise when it is called outside of its training."""
BUDGET_SECONDS = 6.0
"""Wall time for all samples together, without the tracing of the first."""
MOST_COMPILED_LAYERS = 120
"""Tracing a larger model takes longer than running it eagerly at the fewest steps."""

ESTIMATED_CORES = 2
"""Of the machine that the rates in keras_schedule are from."""

Sides = tuple[Any, Any, Any]


class Sampler:
    """Samples one model's layers.

    Attributes:
        alone: whether the program surely draws no random numbers in the background.
        traced: whether the program trains in a traced function.
        written: makes the points of what was sampled.
        compute: the loss of a hand-written loop; None for the compiled one.
        replay: the pass, None before the first sample.
        part: rows of a batch that a pass takes.
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
        self.part = BATCH_PART
        self.last: Sides | None = None
        self.initial: list[tuple[Any, Any]] = []
        self.initial_step = 0
        self._due = self._asked = False
        self._pending: tuple[Any, ...] = ()
        self._found: Pass | None = None
        self._kernels: dict[int, Any] = {}
        self._begun = 0
        self._spent = 0.0
        self.written = SampleWriter(session, tf, facts)
        self.recorder.at_finish(self.finish)

    def wants(self, step: int, count: int = 1) -> bool:
        """Whether one of the `count` steps from this one on is to be sampled."""
        while self.steps and self.steps[0] < step:
            self.steps.pop(0)
        self._due = bool(self.steps) and self.steps[0] < step + count
        self._asked = self._asked or self._due
        if self._due and self._spent > BUDGET_SECONDS:
            self._give_up("statistics of layers end early: sampling took too long")
        return self._due

    def _give_up(self, reason: str) -> None:
        self.recorder.note(reason)
        self.steps, self._due = [], False
        self._kernels, self._found = {}, None

    # Before the step

    def estimate(self, element: Any) -> float:
        """Seconds of a step on this batch by the sizes alone; 0 where a GPU does the work."""
        first = next(iter(self.tf.nest.flatten(element)), None)
        shape = list(getattr(first, "shape", None) or [])
        if not shape or shape[0] is None or self.tf.config.list_logical_devices("GPU"):
            return 0.0
        cores = len(os.sched_getaffinity(0))
        return self._row_seconds() * int(shape[0]) * ESTIMATED_CORES / cores

    def _row_seconds(self) -> float:
        graph = self.recorder.facts["graph"] or {}
        return row_seconds(graph.get("layers", []))

    def begin(self, model: Any, step: int) -> None:
        """Keep the state that the first sampled step will start from, as soon as there is one.

        A model may be built while its first step is traced, which is before that step runs.
        """
        if self.replay is not None or not self.steps or model is None:
            return
        with self.tf.init_scope():
            trainable = len(trainable_of(model))
            if trainable <= self._begun or not self.tf.executing_eagerly():
                return
            variables = state_of(self.tf, model, self.facts.graph_layers)
            size = sum(math.prod(tuple(variable.shape)) for variable in variables)
            if size > MOST_PARAMETERS:
                self._give_up(f"no statistics of layers: the model has {size:,} values")
                return
            held = copies(self.tf, variables)
            if all(value.shape == variable.shape for variable, value in held):  # else not yet set
                self.initial, self.initial_step = held, step
                self._begun = trainable

    def before(self, sides: Sides) -> None:
        """Run the batch of the step that comes, at the weights that it starts from."""
        if self.replay is None or sides[0] is None:
            return  # the first sample is taken after its step, when the program has built all
        started = time.monotonic()
        self._kernels = self._weights()
        self._found = self._passed(sides)
        self._spent += time.monotonic() - started

    def _passed(self, sides: Sides, rows: int | None = None) -> Pass | None:
        replay = self.replay
        if replay is None:
            return None
        rows = self.part if rows is None else rows
        kept = untouched_randomness(self.facts.graph_layers, alone=self.alone)
        try:
            with self.session.unobserved(), kept:
                return replay.run(sides, rows)
        except (*FAILURES, self.tf.errors.OpError) as error:
            first_line = str(error).partition("\n")[0][:LONGEST_REASON]
            self._give_up(f"no statistics of layers: {type(error).__name__}: {first_line}")
            return None

    def _weights(self) -> dict[int, Any]:
        """The kernels of all layers that are looked at, as they are now."""
        replay = self.replay
        kernels = [] if replay is None else replay.kernels.values()
        return {id(v): value_of(self.tf, v) for found in kernels for v in found}

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

    def finish(self) -> None:
        """The result is about to be written."""
        self.run_pending()
        self.written.write()
        if self._asked and self.replay is None and self.steps:
            self.recorder.note("no statistics of layers: no batch of the training was seen")

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
            self._first(model, sides, step)
            started = time.monotonic()  # what tracing takes is a cost of the start
        found, before = self._found, self._kernels
        self._found, self._kernels = None, {}
        if found is None:
            return
        self.last = sides
        after = self._weights() if whole else None
        if self.replay is not None:
            rows = int(self.tf.nest.flatten(sides)[0].shape[0])
            self.written.take(
                Taken(step, found, before, after, sides[1], rows <= self.part), self.replay
            )
        self._spent += time.monotonic() - started

    def _first(self, model: Any, sides: Sides, step: int) -> None:
        """The first sample: the state before the step comes back for it."""
        layers = self.facts.graph_layers
        if sides[0] is None or not layers or not self.initial:
            return
        compiled = self.traced and len(layers) <= MOST_COMPILED_LAYERS
        self.replay = Replay(self.tf, model, layers, self.compute, traced=compiled)
        self._choose(sides)
        by_id = {id(variable): value for variable, value in self.initial}
        self._kernels = {key: array_of(by_id[key]) for key in self._weights() if key in by_id}
        rows = int(self.tf.nest.flatten(sides)[0].shape[0])
        with at_state(self.tf, model, self.initial):
            self._found = self._passed(sides)
            if self.written.own and rows > self.part and self.replay is not None:
                whole = self._passed(sides, rows)
                self.written.compared(step, None if whole is None else whole.loss)

    def _choose(self, sides: Sides) -> None:
        """The steps, now that the sizes of model and batch are known."""
        rows = int(self.tf.nest.flatten(sides)[0].shape[0])
        seconds = self._row_seconds()
        self.part = part_of(seconds)
        steps = int(self.recorder.request["steps"])
        affordable = affordable_samples(steps, seconds, rows, len(self.facts.graph_layers))
        if self.replay is not None and not self.replay.traced:
            affordable = FEWEST_SAMPLES
        self.steps = chosen_steps(steps, min(self._most, affordable))
