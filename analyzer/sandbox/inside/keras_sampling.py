"""Statistics of every layer at some of the training steps.

At a sampled step the model's whole state is copied before the step. After it the observer puts that
state back, runs the same batch forward and backward by itself, outside of the training function,
and then restores the state that the step had left. All restored values are bit for bit those that
were there, and every source of chance is put back too, so the training cannot tell.
"""

from __future__ import annotations

import math
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from . import keras_calls
from .keras_facts import Facts
from .keras_points import loss_seen, output_statistics, weight_statistics
from .keras_random import untouched_randomness
from .keras_session import Session

Compute = Callable[[Any, Any], Any]

FIRST_STEPS = 5
"""The first steps are all sampled: most things that go wrong go wrong there."""
MOST_SAMPLES = 20
MOST_TRACED_LAYERS = 100
MOST_PARAMETERS = 40_000_000
"""Values copied three times per sampled step; above, copies would dominate the warm-up."""
BATCH_PART = 64
"""Samples of the batch that are run again."""
BUDGET_SECONDS = 6.0
"""Wall time for all samples together."""


def chosen_steps(steps: int, most: int = MOST_SAMPLES) -> set[int]:
    """The sampled steps of a warm-up of this length, from 0: the first and then evenly."""
    first = min(FIRST_STEPS, steps, most)
    rest = range(first, steps)
    if most <= first:
        return set(range(first))
    stride = max(1, math.ceil(len(rest) / (most - first)))
    return set(range(first)) | set(rest[::stride])


class Sampler:
    """Samples one model's layers.

    Attributes:
        alone: whether the program surely draws no random numbers in the background.
    """

    def __init__(self, session: Session, tf: Any, facts: Facts) -> None:
        self.session = session
        self.recorder = session.recorder
        self.tf = tf
        self.facts = facts
        request = self.recorder.request
        most = min(MOST_SAMPLES, int(request.get("sampled_steps", MOST_SAMPLES)))
        self.steps = chosen_steps(int(request["steps"]), most)
        self.alone = False
        self._pending: tuple[Any, ...] = ()
        self._before: list[tuple[Any, Any]] = []
        self._spent = 0.0
        self._points: dict[int, list[dict[str, Any]]] = {}
        self._seen: dict[int, dict[str, Any]] = {}
        self.recorder.at_finish(self.run_pending)

    @property
    def holds(self) -> bool:
        """Whether a copy of the state before this step is held."""
        return bool(self._before)

    def wants(self, step: int) -> bool:
        """Whether this step is to be sampled."""
        if step not in self.steps:
            return False
        if self._spent > BUDGET_SECONDS:
            self._give_up("statistics of layers end early: sampling took too long")
            return False
        return True

    def _give_up(self, reason: str) -> None:
        self.recorder.note(reason)
        self.steps = set()
        self._before = []

    def after_step(self, *sample: Any) -> None:
        """Remember a sampled step until its loss is written; arguments as of `after`."""
        if self.holds:
            self._pending = sample

    def run_pending(self) -> None:
        """Take the sample now: after the step was counted, or right before the result is written.

        Counting comes first, so that a sample that outlasts the time limit costs no loss.
        """
        pending, self._pending = self._pending, ()
        if pending and threading.current_thread() is threading.main_thread():
            self.recorder.guarded(self.after, *pending)

    def before(self, model: Any) -> None:
        """Copy the state that the step will start from."""
        variables = state_of(self.tf, model, self.facts.graph_layers)
        size = sum(math.prod(tuple(variable.shape)) for variable in variables)
        if size > MOST_PARAMETERS:
            self._give_up(f"no statistics of layers: the model has {size:,} values")
            return
        self._before = copies(self.tf, variables)

    def after(
        self,
        model: Any,
        sides: tuple[Any, Any, Any],
        step: int,
        loss: Any,
        compute: Compute | None = None,
    ) -> None:
        """Run the step's batch from the copied state and keep the statistics of all layers.

        Args:
            sides: inputs, targets and sample weights of the step's batch.
            loss: the step's loss; compute: the loss function of a hand-written loop, of targets
                and predictions; None for the compiled loss.
        """
        started = time.monotonic()
        before, self._before = self._before, []
        if not before:  # the model had no variables before its first step
            return
        after = copies(self.tf, state_of(self.tf, model, self.facts.graph_layers))
        x, y, weights = self.tf.nest.map_structure(self._part, sides)
        try:
            layers = self.facts.graph_layers
            kept = untouched_randomness(layers, alone=self.alone)
            with self.session.unobserved(), kept, silent_warnings():
                put_back(before)
                outputs, predictions, gradients = self._run(model, x, y, weights, compute)
        except Exception as error:
            self._give_up(f"no statistics of layers: {type(error).__name__}: {error}")
            raise
        finally:
            put_back(after)
            if hasattr(model, "_clear_losses"):
                model._clear_losses()
        self._keep(step, outputs, gradients, _by_identity(before), _by_identity(after))
        self._keep_loss(predictions, y, sides[1], loss)
        self._spent += time.monotonic() - started

    def _part(self, leaf: Any) -> Any:
        return None if leaf is None else self.tf.convert_to_tensor(leaf[:BATCH_PART])

    def _run(
        self, model: Any, x: Any, y: Any, weights: Any, compute: Compute | None
    ) -> tuple[Any, Any, Any]:
        """(outputs by layer, predictions, gradients by variable) of one forward and backward."""
        traced = {id(layer): layer for layer in self.facts.graph_layers[:MOST_TRACED_LAYERS]}
        variables = list(model.trainable_weights)
        with self.tf.GradientTape() as tape, keras_calls.capture(traced) as outputs:
            trains = getattr(model, "_call_has_training_arg", True)
            predictions = model(x, training=True) if trains else model(x)
            if compute is not None:
                loss = compute(y, predictions)
            else:
                loss = _loss(model, x, y, predictions, weights)
        if loss is None or not variables:
            return outputs, predictions, {}
        found = tape.gradient(
            loss, [getattr(v, "value", v) if _is_keras3(v) else v for v in variables]
        )
        return outputs, predictions, dict(zip(map(id, variables), found, strict=True))

    def _keep(
        self, step: int, outputs: Any, gradients: Any, before: dict[int, Any], after: dict[int, Any]
    ) -> None:
        """One point per layer; layers without output and weights have none."""
        for index, layer in enumerate(self.facts.graph_layers[:MOST_TRACED_LAYERS]):
            point: dict[str, Any] = {"step": step}
            if id(layer) in outputs:
                point |= output_statistics(self.tf, outputs[id(layer)])
            point |= weight_statistics(self.tf, layer, gradients, before, after)
            if len(point) > 1:
                self._points.setdefault(index, []).append(point)
        trace = self.recorder.trace()
        trace["layers"] = [{"layer": i, "points": p} for i, p in sorted(self._points.items())]
        if len(self.facts.graph_layers) > MOST_TRACED_LAYERS:
            self.recorder.note(f"statistics of the first {MOST_TRACED_LAYERS} layers only")

    def _keep_loss(self, predictions: Any, y: Any, whole: Any, loss: Any) -> None:
        """What entered the loss, per output."""
        learner = self.recorder.facts["learner"] or {}
        sites = [use.get("site") for use in learner.get("losses", [])]
        targets, wholes = self.tf.nest.flatten(y), self.tf.nest.flatten(whole)
        for index, prediction in enumerate(self.tf.nest.flatten(predictions)[:16]):
            if index < len(targets) and targets[index] is not None:
                entry = self._seen.setdefault(index, {"calls": 0})
                site = sites[min(index, len(sites) - 1)] if sites else None
                samples = int(wholes[index].shape[0])
                loss_seen(entry, prediction, targets[index], samples, loss)
                entry["site"] = site
        self.recorder.trace()["loss_seen"] = list(self._seen.values())


@contextmanager
def silent_warnings() -> Iterator[None]:
    """Warnings of the observer's own passes are not the program's; its filters stay untouched."""
    shown = warnings.showwarning
    warnings.showwarning = lambda *_, **__: None
    try:
        yield
    finally:
        warnings.showwarning = shown


def _is_keras3(variable: Any) -> bool:
    return type(variable).__module__.startswith("keras.")


def _loss(model: Any, x: Any, y: Any, predictions: Any, weights: Any) -> Any:
    """The compiled loss with all its additions, None when the model was not compiled with one."""
    if getattr(model, "loss", None) in (None, {}) and not getattr(model, "losses", None):
        return None
    if _is_keras3_model(model):
        return model.compute_loss(
            x=x, y=y, y_pred=predictions, sample_weight=weights, training=True
        )
    return model.compute_loss(x, y, predictions, weights)


def _is_keras3_model(model: Any) -> bool:
    return any(base.__module__.startswith("keras.") for base in type(model).__mro__)


def state_of(tf: Any, model: Any, layers: list[Any]) -> list[Any]:
    """Every variable that a forward pass or the loss may change, each once."""
    found = list(model.variables)
    for metric in getattr(model, "metrics", None) or []:
        found += list(metric.variables)
    for layer in layers:
        if getattr(layer, "stateful", False):
            found += [state for state in tf.nest.flatten(layer.states) if hasattr(state, "assign")]
    return list({id(variable): variable for variable in found}.values())


def copies(tf: Any, variables: list[Any]) -> list[tuple[Any, Any]]:
    """(variable, copy of its value) for each; text variables (lookup tables) are left out."""
    return [(v, tf.identity(getattr(v, "value", v) if _is_keras3(v) else v)) for v in variables]


def put_back(held: list[tuple[Any, Any]]) -> None:
    """Give each variable the value that was copied."""
    for variable, value in held:
        variable.assign(value)


def _by_identity(held: list[tuple[Any, Any]]) -> dict[int, Any]:
    return {id(variable): value for variable, value in held}
