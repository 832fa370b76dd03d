"""Loops without a loader: samples are held out by their content, row by row.

A loop that cuts batches out of arrays itself, or trains on the whole array at every step, gives no
place where batches could be left out. So the rows of what enters the model are told apart by a hash
of their bytes: a quarter of them, the same ones in every epoch however they are shuffled, is taken
out of what the loss sees. The model computes their predictions along with the others, which is
where the measure gets them from.
"""

from __future__ import annotations

from typing import Any

from .measure_rows import chance
from .measure_run import FEWEST_ROWS
from .measure_scores import Task
from .torch_measure_loss import array_of, joined, task_of

HASHED_VALUES = 4096
"""Of one row."""
MOST_PASSES = 4000
"""Calls of the model after which a measuring pass ends, whatever it has met."""


class Rows:
    """The held-out rows of one loop.

    Attributes:
        mask: which rows of the running step are held out; None when rows are not told apart.
    """

    def __init__(self, measure: Any) -> None:
        self.measure = measure
        self.mask: Any = None
        self._keys: list[int] = []
        self._kept: set[int] = set()
        self._latest: dict[int, tuple[Any, Any]] = {}
        self._trained: dict[int, tuple[Any, Any]] = {}
        self._collected: dict[int, tuple[Any, Any]] = {}
        self._task = Task()
        self._calls = 0
        self._whole = True

    @property
    def most(self) -> int:
        """Held-out rows at most."""
        request = self.measure.run.request
        return max(1, round(float(request["held_out"]) * int(request["samples"])))

    def entered(self, tensor: Any) -> None:
        """These rows enter the model."""
        self.mask, self._keys = None, []
        if self.measure.feeding is not None or tensor is None or not tensor.dim():
            return
        if self.measure.measuring:
            self._calls += 1
            if self._calls > MOST_PASSES:
                self._end()
        keys = row_keys(tensor)
        self._keys = keys
        if len(self._kept | set(keys)) < FEWEST_ROWS:
            self._kept.update(keys)
            return
        share = float(self.measure.run.request["held_out"])
        held = [
            key not in self._kept and chance(key, self.measure.run.seed) < share for key in keys
        ]
        self._kept.update(key for key, out in zip(keys, held, strict=True) if not out)
        if any(held):
            self.mask = held

    def compared(self, call: Any) -> None:
        """A loss of a training step is about to be computed: without the rows that are held out."""
        import torch

        count = len(self._keys)
        self._task = task_of(call, self.measure.pairs.problem)
        if not count or not _per_row(call, count):
            self._whole = self._whole and not count
            return
        if self.mask is None:
            self._keep(self._trained, call, range(count), 4 * self.most)
            return
        held = [i for i, out in enumerate(self.mask) if out]
        self._keep(self._latest, call, held, self.most)
        if len(held) == count:
            self.measure.skipping = True
            return
        rest = [i for i, out in enumerate(self.mask) if not out]
        call.keep_rows(torch.tensor(rest, device=call.prediction.device), count)

    def collect(self, call: Any) -> None:
        """A loss is computed while the held-out rows are measured."""
        count = len(self._keys)
        if not count or not _per_row(call, count):
            self._end()
            return
        wanted = list(range(count))
        if self._latest:
            wanted = [i for i in wanted if self.mask is not None and self.mask[i]]
        new = [i for i in wanted if self._keys[i] not in self._collected]
        if wanted and not new:
            self._end()
        self._keep(self._collected, call, new, self.most)
        if len(self._collected) >= self.most:
            self._end()

    def _keep(self, kept: dict[int, tuple[Any, Any]], call: Any, rows: Any, most: int) -> None:
        """The predictions and targets of these rows, the newest of each."""
        predictions, targets = array_of(call.prediction), array_of(call.target)
        for row in rows:
            if self._keys[row] in kept or len(kept) < most:
                kept[self._keys[row]] = (predictions[row : row + 1], targets[row : row + 1])

    def stepped(self) -> None:
        """A training step of a loop without a loader is complete."""
        if self.measure.run.ended and not self.measure.measuring:
            self._collected, self._calls = {}, 0
            self.measure.start_measuring()

    def _end(self) -> None:
        """The held-out rows have passed: that is the measure."""
        self.measure.recorder.guarded(self.finish)
        self.measure.recorder.stop(self.measure.run.ended or "steps")

    def finish(self) -> None:
        """Measure on what was collected, else on the rows' latest predictions in training."""
        run = self.measure.run
        held = bool(self._latest)
        found = self._collected or self._latest or self._trained
        if not found:
            if run.steps:
                run.fail("no loss of predictions against targets was seen, or not one per sample")
            return
        run.samples = len(self._kept | set(self._latest))
        predictions, targets = joined(list(found.values()))
        if predictions is None:
            run.fail("the samples have different shapes")
            return
        run.measure(predictions, targets, self._task, held_out=held)
        if not held and run.measured:
            run.explain(f"{run.samples} samples are too few to hold any out")


def row_keys(tensor: Any) -> list[int]:
    """A number per row that depends on its bytes alone, not on the batch around it."""
    import torch

    rows = tensor.detach().reshape(tensor.shape[0], -1)[:, :HASHED_VALUES]
    if rows.is_complex():
        rows = torch.view_as_real(rows).reshape(len(rows), -1)
    if rows.is_floating_point():
        rows = rows.float().contiguous().view(torch.int32)
    rows = rows.to(torch.int64)
    generator = torch.Generator().manual_seed(HASHED_VALUES)
    weights = torch.randint(1, 2**62, (rows.shape[1],), generator=generator).to(rows.device)
    keys: list[int] = (rows * weights).sum(dim=1).tolist()  # exact: integers wrap around
    return keys


def _per_row(call: Any, count: int) -> bool:
    sides = (call.prediction, call.target)
    return all(side is not None and side.dim() and side.shape[0] == count for side in sides)
