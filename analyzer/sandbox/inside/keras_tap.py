"""The exact loss of every step: what the program asks the gradients of.

Keras reports a running mean. The target of `GradientTape.gradient` is the loss itself; in eager
code it is read there, and in a traced function it is written into a variable beside the training,
which nothing in the program reads. Both ways add no random operation and change no value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .keras_session import current, wrap

SLOTS = 8
"""Gradient calls with different variables that are kept apart (several models in one step)."""
LENGTH = 512
"""Losses kept per slot between two looks."""


class LossTap:
    """Losses that were differentiated, per set of variables.

    Attributes:
        tf: the TensorFlow module.
        fresh: (slot, loss) pairs of eager code since the last `take`.
    """

    def __init__(self, tf: Any) -> None:
        self.tf = tf
        self.fresh: list[tuple[int, float]] = []
        self._slots: dict[int, int] = {}
        self._held: list[Any] = []
        self._losses: Any = None
        self._counts: Any = None
        self._taken = [0] * SLOTS

    def prepare(self) -> None:
        """Make the variables, outside of any function that is being traced."""
        if self._losses is None:
            with self.tf.init_scope():
                zeros = self.tf.zeros([SLOTS, LENGTH], "float32")
                self._losses = self.tf.Variable(zeros, trainable=False, name="observed_losses")
                counts = self.tf.zeros([SLOTS], "int32")
                self._counts = self.tf.Variable(counts, trainable=False, name="observed_counts")

    def slot(self, source: Any) -> int | None:
        """The slot of the gradient calls whose first variable is this one."""
        if id(source) not in self._slots:
            if len(self._slots) >= SLOTS:
                return None
            self._slots[id(source)] = len(self._slots)
            self._held.append(source)  # an id is only unique while its object lives
        return self._slots[id(source)]

    def put(self, source: Any, target: Any) -> None:
        """Keep the loss whose gradient is being taken."""
        tf = self.tf
        slot = self.slot(source)
        if slot is None:
            return
        loss = tf.reduce_mean(tf.cast(target, tf.float32))
        if tf.executing_eagerly():
            self.fresh.append((slot, float(loss.numpy())))
            return
        self.prepare()
        place = tf.math.floormod(self._counts[slot], LENGTH)
        self._losses.scatter_nd_update([[slot, place]], [loss])
        self._counts.scatter_nd_add([[slot]], [1])

    def take(self) -> list[tuple[int, float]]:
        """The (slot, loss) pairs since the last call, each slot's in order."""
        found, self.fresh = self.fresh, []
        if self._counts is None:
            return found
        counts = self._counts.numpy()
        for slot in range(SLOTS):
            first, last = self._taken[slot], int(counts[slot])
            if last > first:
                row = self._losses[slot].numpy()
                first = max(first, last - LENGTH)
                found += [(slot, float(row[i % LENGTH])) for i in range(first, last)]
                self._taken[slot] = last
        return found


def means_of(model: Any) -> list[Any]:
    """The metrics of the model that are means, those inside a container too."""
    waiting, found = list(getattr(model, "metrics", None) or []), []
    while waiting:
        metric = waiting.pop()
        waiting += list(getattr(metric, "metrics", None) or [])
        if hasattr(metric, "total") and hasattr(metric, "count"):
            found.append(metric)
    return found


Watcher = Callable[[Any, list[Any], list[Any]], None]


def watch_gradients(tf: Any, told: Watcher) -> None:
    """Call `told(target, sources, gradients)` after every GradientTape.gradient of the program."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def gradient(self: Any, target: Any, sources: Any, *args: Any, **kwargs: Any) -> Any:
            found = original(self, target, sources, *args, **kwargs)
            session = current()
            if session is not None:
                leaves = tf.nest.flatten(sources)
                session.recorder.guarded(told, target, leaves, tf.nest.flatten(found))
            return found

        return gradient

    wrap(tf.GradientTape, "gradient", make)
