"""Losses and metrics of every step, read from the device only now and then.

Counting a step costs no read. The losses wait in the ring of the tap and the metrics as tensors
that nobody has asked for yet; both are fetched together when half a second has passed, before a
snapshot, and when the program ends.
"""

from __future__ import annotations

import time
from typing import Any

from .keras_tap import LENGTH, LossTap, means_of
from .plain import plain_float
from .recorder import MOST_LOSSES, SNAPSHOT_STEPS

READ_SECONDS = 0.5
"""Losses wait at most this long; snapshots are written once a second."""

UNSEEN = "the loss of single steps was not seen; Keras' running mean is given"
FIRST_STEPS = 2
"""Metrics of a model are complete after so many steps."""

Pair = tuple[float, float]


class Ledger:
    """Counts the steps of one model and writes their losses and metrics into the trace.

    Attributes:
        steps: steps completed.
    """

    def __init__(self, recorder: Any, tap: LossTap) -> None:
        self.recorder = recorder
        self.tap = tap
        self.steps = 0
        self._slot: int | None = None
        self._single = False
        self._unread = 0
        self._eager: list[Any] = []
        self._read_at = time.monotonic()
        self._model: Any = None
        self._means: list[Any] = []
        self._held: list[list[tuple[str, Any, Any]]] = []
        self._before: dict[str, Pair] = {}
        recorder.at_finish(self._finish)

    def begin(self) -> None:
        """A step is about to run; what the tap holds before the first one is not this model's."""
        if self._slot is None:
            self.tap.take()

    def of_variable(self, slot: int | None) -> None:
        """Only losses of this slot of the tap count."""
        self._slot = slot

    def executed(self, *, most: int | None = 1, fallback: Any = None) -> int:
        """The training function has returned; how many steps it made.

        Args:
            most: steps that one execution makes at most, None when that is unknown.
            fallback: gives Keras' own running mean when the tap saw nothing.
        """
        if self._single and most == 1:
            self._unread += 1
            self._counted(1)
            return 1
        self.read()
        losses = self._take()
        self._single = most == 1 and len(losses) == 1
        if not losses and fallback is not None:
            self.recorder.note(UNSEEN)
            losses = [fallback()]
        self._write(losses)
        self.steps += len(losses)
        return len(losses)

    def applied(self) -> int:
        """An optimizer was applied in eager code, which is one step; its loss stays unread."""
        waiting = self.tap.waiting(self._slot)
        self._eager.append(waiting[-1] if waiting else None)
        self._counted(1)
        return 1

    def _counted(self, steps: int) -> None:
        self.steps += steps
        late = time.monotonic() - self._read_at > READ_SECONDS
        if late or self._unread >= LENGTH // 2 or self.steps in SNAPSHOT_STEPS:
            self.read()

    def count(self, steps: int) -> None:
        """Tell the recorder; raises its Stop when the warm-up is complete."""
        for _ in range(steps):
            self.recorder.step_done(None)

    def _finish(self) -> None:
        self.read()
        trace = self.recorder.trace()
        del trace["loss"][trace["steps"] :]  # the last execution may have made more steps

    def read(self) -> None:
        """Fetch what waits on the device."""
        self._read_at = time.monotonic()
        if self._unread:
            self._unread = 0
            self._write(self._take())
        eager, self._eager = self._eager, []
        self._write([None if loss is None else float(loss.numpy()) for loss in eager])
        held, self._held = self._held, []
        for step in held:
            self._write_metrics(step)

    def follow_metrics(self, model: Any) -> None:
        """The metrics to hold from now on: the model was compiled, or its first steps made some."""
        self._model, self._means = model, _means(model)

    def hold_metrics(self) -> None:
        """Keep the state of every metric that is a sum over a count, without reading it."""
        if self.steps <= FIRST_STEPS and self._model is not None:
            self._means = _means(self._model)
        if self._means:
            self._held.append([(str(m.name), _now(m.total), _now(m.count)) for m in self._means])

    def fresh(self) -> list[float]:
        """Losses of steps that are not the program's; they are not written."""
        return [loss for loss in self._take() if loss is not None]

    def _take(self) -> list[float | None]:
        """The losses since the last time; of several gradients those of the first one's slot."""
        pairs = self.tap.take(self._slot)
        if self._slot is None and pairs:
            self._slot = pairs[0][0]
        return [loss for slot, loss in pairs if slot == self._slot]

    def _write(self, losses: list[float | None]) -> None:
        kept = self.recorder.trace()["loss"]
        for loss in losses:
            if loss is not None and len(kept) < MOST_LOSSES:
                kept.append(plain_float(float(loss)))

    def _write_metrics(self, step: list[tuple[str, Any, Any]]) -> None:
        """The step's own value: the metric's sums may have been cleared since the last one."""
        found = self.recorder.trace().setdefault("metrics", {})
        for name, held_total, held_count in step:
            total, count = float(held_total.numpy()), float(held_count.numpy())
            before = self._before.get(name, (0.0, 0.0))
            if count <= before[1]:
                before = (0.0, 0.0)
            values = found.setdefault(name, [])
            if count > before[1] and len(values) < MOST_LOSSES:
                values.append((total - before[0]) / (count - before[1]))
            self._before[name] = (total, count)


def _means(model: Any) -> list[Any]:
    return [mean for mean in means_of(model) if mean.name != "loss"]


def _now(variable: Any) -> Any:
    """The value as a tensor, not yet fetched; later changes of the variable leave it alone."""
    return getattr(variable, "_value", variable).read_value()
