"""Points of the trace, made of what was sampled: not at the step itself, but soon after.

Reading tensors is quick and must happen at the step; the arithmetic on them waits until there is a
fair amount of it, so that short steps stay short.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

from . import keras_points as points
from .keras_facts import Facts
from .keras_passed import Pass
from .keras_replay import Replay
from .keras_session import Session

HELD_BYTES = 2**25
HELD_SECONDS = 1.0
MOST_OUTPUTS = 16
SAME_LOSS = 5e-3
"""Relative difference of two losses that are the same, in half precision too."""
CHANCE = 0.5
"""The same for a model that draws random numbers: enough to tell another loss."""
DRAWING = ("dropout", "noise", "augment")

Arrays = dict[int, Any]


@dataclass
class Taken:
    """What was sampled at one step.

    Attributes:
        step: from 0.
        found: what the pass gave.
        before, after: weights by the identity of their variable; after is None when more happened
            between the two than this step.
        targets: of the whole batch.
        whole: whether the pass took the whole batch.
    """

    step: int
    found: Pass
    before: Arrays
    after: Arrays | None
    targets: Any
    whole: bool

    @property
    def bytes(self) -> int:
        """Size of all arrays held."""
        found = self.found
        arrays = [*self.before.values(), *(self.after or {}).values(), *found.gradients.values()]
        arrays += [s.values for s in (*found.outputs.values(), *found.output_gradients.values())]
        return sum(int(array.nbytes) for array in arrays)


class SampleWriter:
    """Writes layers and loss_seen of the trace.

    Attributes:
        own: whether code of the program's own computes the loss; then gradients are written only
            when the passes were seen to give that loss.
    """

    def __init__(self, session: Session, tf: Any, facts: Facts) -> None:
        self.recorder = session.recorder
        self.tf = tf
        self.facts = facts
        self.own = False
        self._replay: Replay | None = None
        self._waiting: list[Taken] = []
        self._since = time.monotonic()
        self._points: dict[int, list[dict[str, Any]]] = {}
        self._seen: dict[int, dict[str, Any]] = {}
        self._seen_at: list[int] = []
        self._passed: dict[int, float | None] = {}

    def take(self, taken: Taken, replay: Replay) -> None:
        """Hold a sample; write all of them when they are many or have waited for long."""
        if not self._waiting:
            self._since = time.monotonic()
        self._replay = replay
        self._waiting.append(taken)
        held = sum(each.bytes for each in self._waiting)
        waited = time.monotonic() - self._since
        if taken.step == 0 or held > HELD_BYTES or waited > HELD_SECONDS:
            self.write()

    def write(self) -> None:
        """Make the points of everything that waits."""
        waiting, self._waiting = self._waiting, []
        for taken in waiting:
            if taken.whole:
                self.compared(taken.step, taken.found.loss)
            if self.own and not self.faithful():
                taken.found.output_gradients, taken.found.gradients = {}, {}
            self._write_layers(taken)
            self._write_loss(taken)
        replay = self._replay
        if replay is not None and len(self.facts.graph_layers) > len(replay.layers):
            self.recorder.note(f"statistics of {len(replay.layers)} layers only")

    def faithful(self) -> bool | None:
        """Whether the passes gave the losses of their steps; None when none can be compared."""
        losses = self.recorder.trace()["loss"]
        pairs = [(passed, losses[i]) for i, passed in self._passed.items() if i < len(losses)]
        if not pairs:
            return None
        bound = CHANCE if self._draws() else SAME_LOSS
        return all(p is not None and same_loss(p, float(own), bound) for p, own in pairs)

    def _draws(self) -> bool:
        """Whether the model draws random numbers, which another pass draws anew."""
        layers = (self.recorder.facts["graph"] or {}).get("layers", [])
        return any(layer.get("op") in DRAWING for layer in layers)

    def compared(self, step: int, loss: float | None) -> None:
        """The loss of a pass over the whole batch of a step."""
        self._passed[step] = loss

    def _write_layers(self, taken: Taken) -> None:
        """One point per layer; layers without output and weights have none."""
        graph = (self.recorder.facts["graph"] or {}).get("layers", [])
        for index, kernels in self._replay.kernels.items() if self._replay is not None else ():
            activation = graph[index].get("activation") if index < len(graph) else None
            point = {"step": taken.step} | _outputs(taken.found, index, activation)
            point |= _weights(taken, [id(variable) for variable in kernels])
            if len(point) > 1:
                self._points.setdefault(index, []).append(point)
        trace = self.recorder.trace()
        trace["layers"] = [{"layer": i, "points": p} for i, p in sorted(self._points.items())]

    def _write_loss(self, taken: Taken) -> None:
        """What entered the loss, per output."""
        learner = self.recorder.facts["learner"] or {}
        sites = [use.get("site") for use in learner.get("losses", [])]
        targets = self.tf.nest.flatten(taken.targets)
        for index, prediction in enumerate(taken.found.predictions[:MOST_OUTPUTS]):
            if index < len(targets) and targets[index] is not None:
                entry = self._seen.setdefault(index, {"calls": 0})
                site = sites[min(index, len(sites) - 1)] if sites else None
                points.loss_seen(entry, prediction, targets[index])
                entry["site"] = site
                self._seen_at.append(taken.step)
        self.losses_seen()
        self.recorder.trace()["loss_seen"] = list(self._seen.values())

    def losses_seen(self) -> None:
        """The loss at the first and the last sampled step, from the losses of all steps."""
        losses = self.recorder.trace()["loss"]
        known = [losses[step] for step in self._seen_at if step < len(losses)]
        for entry in self._seen.values() if known else ():
            entry["first"], entry["last"] = known[0], known[-1]


def same_loss(one: float, other: float, bound: float = SAME_LOSS) -> bool:
    """Whether two losses differ by no more than the order of their sums explains."""
    if not math.isfinite(one) or not math.isfinite(other):
        return str(one) == str(other)
    return abs(one - other) <= bound * max(abs(one), abs(other), SAME_LOSS)


def _outputs(found: Pass, index: int, activation: str | None) -> dict[str, Any]:
    point: dict[str, Any] = {}
    if index in found.outputs:
        point |= points.output_statistics(found.outputs[index], activation)
    if index in found.output_gradients:
        point |= points.output_gradient_statistics(found.output_gradients[index])
    return point


def _weights(taken: Taken, keys: list[int]) -> dict[str, Any]:
    point: dict[str, Any] = {}
    if keys and all(key in taken.before for key in keys):
        after = None if taken.after is None else [taken.after[key] for key in keys]
        point |= points.weight_statistics([taken.before[key] for key in keys], after)
    gradients = taken.found.gradients
    if keys and all(key in gradients for key in keys):
        point |= points.gradient_statistics([gradients[key] for key in keys])
    return point
