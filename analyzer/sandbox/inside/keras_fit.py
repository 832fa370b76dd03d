"""Follow `fit` and `train_on_batch`: facts before the first step, then every step as it ends.

The program's own fit runs with its own training function; that function is only enclosed, so that
the observer gets its turn between two steps.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from .keras_baselines import Baselines
from .keras_census import TrainableMarks
from .keras_data import Batches, array_leaves, to_numpy
from .keras_facts import Facts
from .keras_feed import Feed
from .keras_ledger import Ledger
from .keras_loader import FitData
from .keras_order import is_library
from .keras_sampling import Sampler
from .keras_session import Session
from .keras_stream import Passing
from .keras_tap import LossTap

DESCRIBE_STEPS = 2
"""Batches are described at once after so many first steps, later now and then and at the end."""
DESCRIBE_SECONDS = 2.0


class Run:
    """One model in training.

    Attributes:
        model: the trained model.
        passing: the batches that its training function receives, as far as they are looked at.
        batches: those of them that are kept.
        streamed: True when the data cannot be described as arrays.
        awaits_data: True until the pipeline of this fit call is built.
        given: the batch of a `train_on_batch` call.
        element: the batch of the running step, None when it is not known before.
        sampled: the batch of the last sampled step, in the structure that train_step gets.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.passing = Passing()
        self.batches = Batches()
        self.streamed = True
        self.samples: int | None = None
        self.awaits_data = False
        self.given: Any = None
        self.element: Any = None
        self.sampled: Any = None


class FitObserver:
    """Turns the calls of one program's training into facts and steps.

    Attributes:
        main: the run whose steps are the warm-up's; other models' steps only count.
        given: the data of the first fit call.
        ledger: counts the steps of the main run.
        feed: hands on the batches that were drawn ahead.
    """

    def __init__(self, session: Session, facts: Facts, tap: LossTap, sampler: Sampler) -> None:
        self.session = session
        self.recorder = session.recorder
        self.facts = facts
        self.sampler = sampler
        self.main: Run | None = None
        self.ledger = Ledger(self.recorder, tap)
        self.feed = Feed(tap.tf)
        self.given = FitData(self.recorder)
        self.recorder.at_finish(sampler.written.losses_seen)
        self.recorder.at_finish(self._describe_rest)
        self.recorder.at_finish(self.given.collect)
        self.recorder.at_finish(self._baselines)
        self._described = time.monotonic()
        self._stale = False
        self._others = 0
        self.marks = TrainableMarks(self.recorder)

    def enter(self, model: Any) -> Run:
        """The run of this model, the one it had before when it trains again."""
        if self.main is not None and self.main.model is model:
            return self.main
        return Run(model)

    def begin_fit(self, run: Run, arguments: dict[str, Any]) -> None:
        """Write what is known before the first step of a fit call."""
        self.recorder.guarded(self.marks.begins, run.model)
        self.recorder.guarded(self.given.given, arguments, run.batches)
        run.given = None
        self._begin(run, arguments)
        run.awaits_data = run is self.main and run.streamed

    def begin_batch(self, run: Run, arguments: dict[str, Any]) -> None:
        """Write what is known before a train_on_batch call; its batch is the data."""
        run.given = tuple(arguments.get(name) for name in ("x", "y", "sample_weight"))
        run.passing.show(run.given)
        self._begin(run, arguments | {"epochs": None, "x": None})

    def _begin(self, run: Run, arguments: dict[str, Any]) -> None:
        self.recorder.training_started()
        if self.main is None:
            self.main = run
        if run is not self.main or self.ledger.steps or self.recorder.facts["learner"] is not None:
            return
        guarded = self.recorder.guarded
        run.streamed = not array_leaves(x := arguments.get("x"))
        run.samples = next((n for n in (getattr(x, "n", None),) if isinstance(n, int)), None)
        guarded(self.facts.write_framework)
        guarded(self.facts.write_graph, run.model)
        guarded(self.facts.write_learner, run.model, arguments)
        guarded(self.facts.write_arrays, arguments)
        self.recorder.snapshot()

    def built(self, run: Run) -> None:
        """The training function exists, so the model is built as far as it will be."""
        self.marks.made(run.model)
        if run is self.main and not self.ledger.steps:
            self.facts.write_graph(run.model)
        if run is self.main:
            self.ledger.follow_metrics(run.model)

    def gradient_taken(self) -> None:
        """The loss of a step was differentiated, for the first time while the step is traced."""
        if self.main is not None and self.session.training[-1] is self.main:
            self.sampler.begin(self.main.model, self.ledger.steps)

    def before_step(self, run: Run, iterator: Any) -> Any:
        """Right before the training function runs; the iterator to give it in place of its own."""
        if run is not self.main:
            return None
        self.ledger.begin()
        sampler, step, count = self.sampler, self.ledger.steps, _steps_of(run.model)
        run.element = run.given
        if not sampler.wants(step, count):
            return None
        sampler.alone = not run.streamed
        sampler.written.own = not is_library(getattr(type(run.model), "train_step", None))
        sampler.traced = not getattr(run.model, "run_eagerly", False)
        sampler.begin(run.model, step)
        made = self._drawn(run, iterator, count)
        if run.element is not None:
            run.sampled = run.element
            self.recorder.guarded(sampler.before, sides_of(run.element))
        return made

    def _drawn(self, run: Run, iterator: Any, count: int) -> Any:
        """The iterator that hands on what was drawn; None when nothing was."""
        if not self.feed.ready(iterator):
            return None
        elements = self.feed.draw(iterator, count)
        if not elements:
            return None  # the training function meets the end by itself
        run.element = elements[0]
        run.passing.element = elements[-1]
        return self.feed.iterator(elements, count)

    def after_step(self, run: Run, logs: Any) -> None:
        """Right after the training function; raises the recorder's Stop at the end."""
        if run is not self.main:
            self._count_other()
            return
        guarded, step = self.recorder.guarded, self.ledger.steps
        count = _steps_of(run.model)
        done = self.ledger.executed(most=count, fallback=lambda: _mean_loss(logs)) or 0
        if step == 0:
            guarded(self.marks.made, run.model)
        guarded(self._describe, run)
        if step == 0 and count == 1:
            self.recorder.step_estimate = guarded(self.sampler.estimate, run.element) or 0.0
        guarded(self.ledger.hold_metrics)
        self.sampler.after_step(run.model, sides_of(run.element), step, done == 1)
        self.ledger.count(done)
        self.sampler.run_pending()
        self.recorder.resumed()

    def _baselines(self) -> None:
        """Ask the trained model, when all is over."""
        run = self.main
        if run is not None and run.sampled is not None:
            self.ledger.read()
            Baselines(self.sampler).collect(run.model, lambda: self._further(run))

    def _further(self, run: Run) -> Iterator[float]:
        """Train on the last sampled batch with the program's own training function."""
        function = getattr(run.model.train_function, "inner", None)
        if function is None:
            return
        count = _steps_of(run.model)
        while True:
            if self.feed.gives(run.sampled):
                function(self.feed.iterator([run.sampled] * count, count))
            else:
                function(iter([run.sampled] * count))
            losses = self.ledger.fresh()
            if not losses:
                return
            yield losses[0]

    def _count_other(self) -> None:
        """A second model that trains on and on must not keep the warm-up from ending."""
        self._others += 1
        if self._others >= self.recorder.request["steps"]:
            self.recorder.stop("steps")

    def _describe(self, run: Run) -> None:
        """Keep the batch, if it is known; describe the batches of the first steps at once."""
        first = self.ledger.steps <= DESCRIBE_STEPS
        if run.passing.element is None:
            return
        sides = [
            [to_numpy(leaf, self.facts.limit) for leaf in array_leaves(side) or []]
            for side in sides_of(run.passing.element)[:2]
        ]
        run.passing.element = None
        if not sides[0]:
            return
        run.batches.add(*sides)
        self._stale = True
        if self.ledger.steps == 1:
            self.facts.write_graph(run.model)
        if first or time.monotonic() - self._described > DESCRIBE_SECONDS:
            self.facts.write_batch(sides[0])
            self._describe_all(run)

    def _describe_rest(self) -> None:
        if self.main is not None and self._stale:
            self._describe_all(self.main)

    def _describe_all(self, run: Run) -> None:
        self._described, self._stale = time.monotonic(), False
        self.facts.write_model_input(run.batches)
        if run.streamed:
            self.facts.write_stream(run.batches, run.samples)


def sides_of(element: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight) of a batch, as Keras unpacks it."""
    if not isinstance(element, (tuple, list)):
        return element, None, None
    x, y, weights = [*element, None, None][:3]
    return x, y, weights


def _steps_of(model: Any) -> int:
    """Steps that one call of the training function makes at most."""
    given: Any = getattr(model, "steps_per_execution", None)
    if given is None:
        given = getattr(model, "_steps_per_execution", None)
    return int(given.numpy() if hasattr(given, "numpy") else given or 1)


def _mean_loss(logs: Any) -> float | None:
    loss = logs.get("loss") if isinstance(logs, dict) else None
    return None if loss is None else float(loss)
