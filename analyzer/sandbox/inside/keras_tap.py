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
"""Losses kept per slot between two looks; a power of two."""


class LossTap:
    """Losses that were differentiated, per set of variables.

    Attributes:
        tf: the TensorFlow module.
    """

    def __init__(self, tf: Any) -> None:
        self.tf = tf
        self._slots: dict[int, int] = {}
        self._held: list[Any] = []
        self._eager: list[list[Any]] = [[] for _ in range(SLOTS)]
        self._losses: dict[int, Any] = {}
        self._counts: dict[int, Any] = {}
        self._taken = [0] * SLOTS

    def _prepare(self, slot: int) -> None:
        """Make the variables of a slot, outside of the function that is being traced."""
        if slot not in self._counts:
            tf = self.tf
            with tf.init_scope():
                ring, zero = tf.zeros([LENGTH], "float32"), tf.zeros([], "int32")
                self._losses[slot] = tf.Variable(ring, trainable=False, name="observed_losses")
                self._counts[slot] = tf.Variable(zero, trainable=False, name="observed_count")

    def slot(self, source: Any) -> int | None:
        """The slot of the gradient calls whose first variable is this one."""
        if id(source) not in self._slots:
            if len(self._slots) >= SLOTS:
                return None
            self._slots[id(source)] = len(self._slots)
            self._held.append(source)  # an id is only unique while its object lives
        return self._slots[id(source)]

    def put(self, source: Any, target: Any) -> None:
        """Keep the loss whose gradient is being taken; nothing waits for its value."""
        tf = self.tf
        slot = self.slot(source)
        if slot is None:
            return
        loss = tf.cast(target, tf.float32)
        if loss.shape.rank != 0:
            loss = tf.reduce_mean(loss)
        if tf.executing_eagerly():
            self._eager[slot].append(loss)
            del self._eager[slot][:-LENGTH]
            return
        self._prepare(slot)
        count = self._counts[slot]
        place = tf.bitwise.bitwise_and(count, LENGTH - 1)
        self._losses[slot].scatter_update(tf.IndexedSlices(loss, place))
        count.assign_add(1, read_value=False)

    def waiting(self, slot: int | None) -> list[Any]:
        """The losses of eager code in this slot since the last look, still as tensors."""
        if slot is None:
            return []
        found, self._eager[slot] = self._eager[slot], []
        return found

    def take(self, slot: int | None = None) -> list[tuple[int, float]]:
        """(slot, loss) since the last call, of this slot or of all, each slot's in order."""
        found: list[tuple[int, float]] = []
        for each in range(SLOTS) if slot is None else (slot,):
            eager, self._eager[each] = self._eager[each], []
            found += [(each, float(loss.numpy())) for loss in eager]
            found += [(each, loss) for loss in self._traced(each)]
        return found

    def _traced(self, slot: int) -> list[float]:
        """What traced functions have put into a slot since the last look."""
        if slot not in self._counts:
            return []
        first, last = self._taken[slot], int(self._counts[slot].numpy())
        if last <= first:
            return []
        self._taken[slot] = last
        ring = self._losses[slot].numpy()
        return [float(ring[i % LENGTH]) for i in range(max(first, last - LENGTH), last)]


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
