"""The training loss on one batch under other circumstances, when the warm-up is over.

The batch is that of the last sampled step. The pass that the samples took is run again at the
weights that the training has reached: as it is, with zeros for inputs, with the labels of other
rows. Then the program's own training function is given this one batch again and again; weights,
optimizer and every other variable are put back afterwards. Where the pass does not give the loss
that the program's own step has, it is not the program's loss, and nothing is said.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .keras_random import untouched_randomness
from .keras_samples import same_loss
from .keras_sampling import Sampler
from .keras_state import array_of, copies, put_back, state_of

FURTHER_STEPS = 60
SECONDS = 1.5
"""Time for the further steps."""
LONGEST_STEP = 0.5
"""Seconds, by the model's sizes, of a step of which half a dozen more would keep people waiting."""
FEWEST_ROWS = 4
MOST_VALUES = 20_000_000
"""Values of a model, with its optimizer, that is trained further."""

Facts = dict[str, Any]
Further = Callable[[], Iterator[float]]


class Baselines:
    """Asks a trained model; nothing of the program follows.

    Attributes:
        sampler: has the pass and the last sampled batch.
    """

    def __init__(self, sampler: Sampler) -> None:
        self.sampler = sampler
        self.recorder = sampler.recorder
        self.tf = sampler.tf

    def collect(self, model: Any, further: Further | None) -> None:
        """Fill in facts["probes"]["baselines"].

        Args:
            further: trains on the last sampled batch, giving each step's loss; None when that
                cannot be done.
        """
        replay, sides = self.sampler.replay, self.sampler.last
        if replay is None or sides is None or self.recorder.facts["trouble"] is not None:
            return
        if threading.current_thread() is not threading.main_thread():
            return
        rows = int(self.tf.nest.flatten(sides)[0].shape[0])
        losses = self.recorder.trace()["loss"]
        if rows < FEWEST_ROWS or not losses:
            return
        if self.sampler.estimate(sides) > LONGEST_STEP:
            self.recorder.note("the trained model was not asked further: its steps are too long")
            return
        self.recorder.snapshot()
        facts: Facts = {"rows": rows, "initial": losses[0]}
        kept = untouched_randomness(self.sampler.facts.graph_layers, alone=True)
        with self.sampler.session.unobserved(), kept:
            self.recorder.guarded(self._compare, facts, sides, rows)
            if further is not None:
                facts["one_batch"] = self.recorder.guarded(self._further, model, further) or []
        faithful = self.sampler.written.faithful()
        if self.sampler.written.own and not (_is_first_of(facts) if faithful is None else faithful):
            for name in ("trained", "zeroed", "shuffled"):
                facts.pop(name, None)
        probes = self.recorder.facts.get("probes") or {}
        self.recorder.facts["probes"] = {**probes, "baselines": facts}

    def _compare(self, facts: Facts, sides: Any, rows: int) -> None:
        import numpy as np

        x, y, weights = sides
        trained = self._loss(sides, rows)
        facts["trained"] = trained[0]
        if trained[1]:
            outputs = np.asarray(array_of(trained[1][0]), np.float64)
            facts["spread_inputs"] = float(outputs.std(axis=0).mean())
            facts["output_std"] = float(outputs.std())
        if trained[0] is None:
            return
        if self._zeros_are_numbers(x):
            zeros = self.tf.nest.map_structure(self.tf.zeros_like, x)
            facts["zeroed"] = self._loss((zeros, y, weights), rows)[0]
        other = None if y is None else self.tf.nest.map_structure(self._rolled, y)
        if other is not None and not self._same(y, other):
            facts["shuffled"] = self._loss((x, other, weights), rows)[0]

    def _loss(self, sides: Any, rows: int) -> tuple[float | None, list[Any]]:
        """(loss, predictions) of these sides; None for a model that has no loss of its own."""
        replay = self.sampler.replay
        if replay is None:
            return None, []
        found = replay.run(sides, rows)
        return found.loss, found.predictions

    def _zeros_are_numbers(self, x: Any) -> bool:
        """Whether zero is a number (or a dark pixel), not the first word of a vocabulary."""
        layers = (self.recorder.facts["graph"] or {}).get("layers", [])
        if any(layer.get("op") == "embedding" for layer in layers):
            return False
        leaves = [self.tf.convert_to_tensor(leaf) for leaf in self.tf.nest.flatten(x)]
        return all(leaf.dtype.is_floating or leaf.shape.rank > 2 for leaf in leaves)

    def _rolled(self, labels: Any) -> Any:
        tensor = self.tf.convert_to_tensor(labels)
        return self.tf.roll(tensor, max(1, int(tensor.shape[0]) // 3), axis=0)

    def _same(self, one: Any, other: Any) -> bool:
        import numpy as np

        pairs = zip(self.tf.nest.flatten(one), self.tf.nest.flatten(other), strict=True)
        return all(np.array_equal(np.asarray(a), np.asarray(b)) for a, b in pairs)

    def _further(self, model: Any, further: Further) -> list[float]:
        """Losses of further steps on the one batch; everything is put back."""
        found: list[float] = []
        state = whole_state(self.tf, model, self.sampler.facts.graph_layers)
        if sum(math.prod(tuple(variable.shape)) for variable in state) > MOST_VALUES:
            return found
        ends = time.monotonic() + SECONDS
        with kept(self.tf, state):
            for loss in further():
                found.append(loss)
                if len(found) >= FURTHER_STEPS or time.monotonic() > ends:
                    break
        return found


def whole_state(tf: Any, model: Any, layers: list[Any]) -> list[Any]:
    """The variables of the model and of its optimizer."""
    found = state_of(tf, model, layers)
    variables = getattr(getattr(model, "optimizer", None), "variables", None) or []
    found += list(variables() if callable(variables) else variables)
    return list({id(variable): variable for variable in found}.values())


@contextmanager
def kept(tf: Any, variables: list[Any]) -> Iterator[None]:
    """Put the variables back after this block."""
    held = copies(tf, variables)
    try:
        yield
    finally:
        put_back(held)


def _is_first_of(facts: Facts) -> bool:
    """Whether the pass gave the loss with which the program's own step began to go on."""
    trained, steps = facts.get("trained"), facts.get("one_batch") or []
    return trained is not None and bool(steps) and same_loss(trained, steps[0])
