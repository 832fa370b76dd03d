"""Predictions and targets as they enter the loss, collected while held-out samples pass."""

from __future__ import annotations

from typing import Any

from . import torch_names as names
from .measure_run import MeasureRun
from .measure_scores import Task
from .torch_arguments import bound_arguments
from .torch_arrays import to_array
from .torch_layers import is_tensor, tensors_in
from .torch_losses import PREDICTIONS, TARGETS
from .torch_losses import _loss_class as loss_class
from .torch_losses import _pick as pick_argument

LOGIT_LOSSES = frozenset(
    {"bce_with_logits", "multilabel_soft_margin", "soft_margin", "hinge_embedding", "multi_margin"}
)
"""Losses whose single scores turn at zero."""
MOST_PAIRS = 4096
MOST_VALUES = 2**24


class Call:
    """One call of a loss: its name, what it was given, and the tensors that are compared."""

    def __init__(self, name: str, given: dict[str, Any], arguments: Any, keywords: Any) -> None:
        self.name = name
        self.arguments = tuple(arguments)
        self.keywords = dict(keywords)
        self.prediction = pick_argument(given, PREDICTIONS, 0)
        self.target = pick_argument(given, TARGETS, 1)
        ignored = given.get("ignore_index")
        self.ignored = ignored if isinstance(ignored, int) else None

    def keep_rows(self, rows: Any, count: int) -> None:
        """Give the loss these rows alone of every tensor that has so many rows."""

        def cut(value: Any) -> Any:
            per_row = is_tensor(value) and value.dim() and value.shape[0] == count
            return value[rows] if per_row else value

        self.arguments = tuple(cut(value) for value in self.arguments)
        self.keywords = {name: cut(value) for name, value in self.keywords.items()}


def loss_of(called: Any, arguments: Any, keywords: Any, *, name: str | None = None) -> Call | None:
    """The call of a loss; None when the called module is no loss.

    Args:
        name: of a loss function; a module is recognised by its class.
    """
    if name is not None:
        return Call(name, bound_arguments(called, arguments, keywords), arguments, keywords)
    kind = loss_class(called)
    if kind is None:
        return None
    given = bound_arguments(type(called).forward, (called, *arguments), keywords)
    given.pop("self", None)
    call = Call(names.LOSS_MODULES.get(kind, kind), given, arguments, keywords)
    ignored = getattr(called, "ignore_index", None)
    call.ignored = ignored if isinstance(ignored, int) else None
    return call


class Pairs:
    """The pairs of one pass over held-out samples, by the place of the loss in a step.

    Attributes:
        inside: while a loss is being computed; what it calls is not another one.
        batch, output: the loader's batch, and what the model made of it.
    """

    def __init__(self, problem: str) -> None:
        self.problem = problem
        self.inside = False
        self.output: Any = None
        self._batch: Any = None
        self._found: dict[Any, list[tuple[Any, Any]]] = {}
        self._tasks: dict[Any, Task] = {}
        self._by_output: list[tuple[Any, Any]] = []
        self._number = self._values = 0

    def clear(self) -> None:
        """Forget an earlier pass."""
        self._found, self._tasks, self._by_output = {}, {}, []
        self._batch = self.output = None
        self._number = self._values = 0

    @property
    def batch(self) -> Any:
        """The batch that passes."""
        return self._batch

    @batch.setter
    def batch(self, batch: Any) -> None:
        self._keep_output()
        self._batch, self.output, self._number = batch, None, 0

    def _keep_output(self) -> None:
        """For losses written by hand: what the model gave for the batch, and its last tensor."""
        tensors = tensors_in(self._batch)
        if self.output is not None and len(tensors) > 1 and not self._number:
            self._by_output.append((array_of(self.output), array_of(tensors[-1])))

    def add(self, call: Call) -> None:
        """A loss is called."""
        prediction, target = call.prediction, call.target
        if prediction is None or target is None or self._values > MOST_VALUES:
            return
        key = (self._number, call.name)
        self._number += 1
        self._tasks[key] = task_of(call, self.problem)
        self._values += prediction.numel() + target.numel()
        self._found.setdefault(key, []).append((array_of(prediction), array_of(target)))

    def score(self, run: MeasureRun, *, held_out: bool) -> None:
        """Measure on the pairs of the first loss in a step that can be measured."""
        self._keep_output()
        reason = "no loss was computed on the held-out samples"
        groups = [(self._found[key], self._tasks[key]) for key in sorted(self._found)]
        if not groups and self._by_output:
            groups = [(self._by_output, Task(problem=self.problem))]
        for pairs, task in groups:
            predictions, targets = joined(pairs)
            if predictions is None:
                reason = "the held-out batches have different shapes"
                continue
            run.measure(predictions, targets, task, held_out=held_out)
            if run.measured:
                return
        if not groups:
            run.fail(reason)


def task_of(call: Call, problem: str) -> Task:
    """What the measure must know about the call's predictions."""
    return Task(
        problem=problem,
        threshold=0.0 if call.name in LOGIT_LOSSES else None,
        class_axis=1 if call.name in names.CLASS_AXIS_LOSSES else -1,
        ignored=call.ignored,
    )


def joined(pairs: list[tuple[Any, Any]]) -> tuple[Any, Any]:
    """All predictions and all targets, row after row; (None, None) when their shapes differ."""
    import numpy as np

    sides = []
    for side in range(2):
        arrays = [np.atleast_1d(pair[side]) for pair in pairs]
        if len({array.shape[1:] for array in arrays}) > 1:
            return None, None
        sides.append(np.concatenate(arrays)[:MOST_PAIRS])
    return sides[0], sides[1]


def array_of(tensor: Any) -> Any:
    return to_array(tensor).copy()
