"""Keras programs that train without `fit`: `train_on_batch`, and loops over a `tf.data` pipeline.

For `train_on_batch` single rows are held out, by their content. A loop that applies gradients
itself is given three of four batches of its dataset, again and again; the model is then called on
the others, with inputs and targets as the dataset gives them.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterator
from typing import Any

from .keras_loop import owner_of
from .keras_measure_parts import first_leaf, joined, len_of, numpy_of, rows, unpacked
from .measure_rows import array_keys, chance
from .measure_run import FEWEST_ROWS, MeasureRun
from .measure_scores import Unmeasurable


class BatchCalls:
    """The rows that a program gives to `train_on_batch`, some of them held out."""

    def __init__(self, run: MeasureRun) -> None:
        self.run = run
        self.model: Any = None
        self._held: dict[int, tuple[Any, Any]] = {}
        self._kept: set[int] = set()

    def train(self, original: Any, model: Any, arguments: dict[str, Any]) -> Any:
        """Train on the batch without its held-out rows."""
        self.model = self.model or model
        if model is not self.model:
            return original(model, **arguments)
        self.run.begin()
        kept = self._kept_rows(arguments["x"], arguments.get("y"))
        if not kept:
            return model.test_on_batch(arguments["x"], arguments.get("y"))
        for name in ("x", "y", "sample_weight"):
            if arguments.get(name) is not None and len(kept) < self._count:
                arguments[name] = rows(arguments[name], kept)
        result = original(model, **arguments)
        loss = result[0] if isinstance(result, (list, tuple)) else result
        self.run.step(len(kept), float(loss) if not isinstance(loss, dict) else None)
        return result

    def _kept_rows(self, x: Any, y: Any) -> list[int]:
        """Positions of the rows to train on; the others are put aside."""
        keys = array_keys(numpy_of(first_leaf(x)))
        self._count = len(keys)
        if y is None or len(self._kept | set(keys)) < FEWEST_ROWS:
            self._kept.update(keys)
            return list(range(len(keys)))
        share, seed = float(self.run.request["held_out"]), self.run.seed
        kept = []
        for position, key in enumerate(keys):
            if key in self._kept or chance(key, seed) >= share:
                self._kept.add(key)
                kept.append(position)
            elif len(self._held) < share * int(self.run.request["samples"]):
                self._held[key] = (rows(x, [position]), rows(y, [position]))
        return kept

    def measure(self, measure: Any) -> None:
        """Predict the rows that were put aside."""
        self.run.samples = len(self._kept) + len(self._held)
        if not self._held:
            self.run.fail("train_on_batch was given too few samples to hold any out")
            return
        x, y = (joined([pair[side] for pair in self._held.values()]) for side in range(2))
        measure.score(self.model, x, y, held_out=True)


class Pipelines:
    """The datasets that a program iterates over by itself.

    Attributes:
        variables: what its optimizer was applied to first.
        loss: the loss object that it called.
    """

    def __init__(self, run: MeasureRun) -> None:
        self.run = run
        self.variables: list[Any] = []
        self.loss: Any = None
        self._drawn: dict[int, tuple[Any, list[Any], list[Any]]] = {}
        self._current: Any = None
        self._trained: Any = None

    def applied(self, variables: list[Any]) -> None:
        """An optimizer was applied, or a function was traced that will apply it."""
        self.run.begin()
        self.variables = self.variables or list(variables)
        self._trained = self._trained if self._trained is not None else self._current

    def feed(self, measure: Any, iterate: Any, dataset: Any) -> Iterator[Any]:
        """What the loop gets in place of the dataset's own elements."""
        kept, held = self._draw(iterate, dataset)
        length, given = self._length(dataset, len(kept) + len(held)), 0
        while kept and given < length:
            for element in kept:
                if given >= length:
                    break
                self._current = dataset
                yield element
                given += 1
                if self._trained is dataset:
                    self.run.step(len_of(first_leaf(unpacked(element)[0])), None)
                    if self.run.ended:
                        self.measure(measure)
                        measure.recorder.stop(self.run.ended)

    def _draw(self, iterate: Any, dataset: Any) -> tuple[list[Any], list[Any]]:
        """The elements to train on, and those held out: every fourth, up to the bound."""
        if id(dataset) not in self._drawn:
            every = max(2, round(1 / float(self.run.request["held_out"])))
            sides: tuple[list[Any], list[Any]] = ([], [])
            taken = 0
            for number, element in enumerate(itertools.islice(iterate(dataset), 4096)):
                sides[number % every == self.run.seed % every].append(element)
                taken += len_of(first_leaf(unpacked(element)[0]))
                if taken >= int(self.run.request["samples"]):
                    break
            self._drawn[id(dataset)] = (dataset, *sides)
        return self._drawn[id(dataset)][1:]

    @staticmethod
    def _length(dataset: Any, drawn: int) -> int:
        """Training elements in one epoch."""
        try:
            whole = len(dataset)
        except TypeError:  # infinite, or not known
            whole = drawn
        return max(1, whole - whole // 4)

    def measure(self, measure: Any) -> None:
        """Call the model on the held-out elements."""
        if self._trained is None or self.run.measured:
            return
        _, kept, held = self._drawn[id(self._trained)]
        elements = [unpacked(element) for element in held or kept]
        if not elements or elements[0][1] is None:
            self.run.fail("the loop's dataset does not give inputs with their targets")
            return
        model = owner_of(_models(), self.variables)
        if model is None:
            self.run.fail("no model holds the variables that the optimizer changes")
            return
        try:
            x, y = (joined([element[side] for element in elements]) for side in range(2))
        except Unmeasurable as reason:
            self.run.fail(str(reason))
            return
        self.run.samples = sum(len_of(first_leaf(unpacked(e)[0])) for e in (*kept, *held))
        measure.score(model, x, y, held_out=bool(held), loss=self.loss)


def _models() -> list[Any]:
    """All Keras models that live; nobody has kept a list of them."""
    return [
        each
        for each in gc.get_objects()
        if hasattr(type(each), "train_step") and hasattr(type(each), "compile")
    ]
