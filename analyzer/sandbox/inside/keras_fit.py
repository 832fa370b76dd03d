"""Follow `fit` and `train_on_batch`: facts before the first step, then every step as it ends.

The program's own fit runs with its own training function; that function is only enclosed, so that
the observer gets its turn between two steps.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .keras_census import TrainableMarks
from .keras_data import Batches, array_leaves, to_numpy
from .keras_facts import Facts
from .keras_loader import FitData
from .keras_sampling import Sampler
from .keras_session import Session, current, experiment, wrap
from .keras_stream import Passing, watched
from .keras_tap import LossTap, means_of

DESCRIBE_AT = (1, 2, 4, 8, 16, 32)
"""Steps after which a stream is described again with the batches seen so far."""


class Run:
    """One model in training.

    Attributes:
        model: the trained model.
        passing: the batches that its training function receives.
        streamed: True when the data cannot be described as arrays.
        awaits_data: True until the pipeline of this fit call is built.
        steps: steps completed.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.passing = Passing()
        self.batches = Batches()
        self.streamed = True
        self.samples: int | None = None
        self.awaits_data = False
        self.steps = 0
        self.metrics: dict[str, tuple[float, float]] = {}


class FitObserver:
    """Turns the calls of one program's training into facts and steps.

    Attributes:
        main: the run whose steps are the warm-up's; other models' steps only count.
        given: the data of the first fit call.
    """

    def __init__(self, session: Session, facts: Facts, tap: LossTap, sampler: Sampler) -> None:
        self.session = session
        self.recorder = session.recorder
        self.facts = facts
        self.tap = tap
        self.sampler = sampler
        self.main: Run | None = None
        self.given = FitData(self.recorder)
        self.recorder.at_finish(self.given.collect)
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
        run.awaits_data = True
        self.recorder.guarded(self.given.given, arguments, run.batches)
        self._begin(run, arguments)

    def begin_batch(self, run: Run, arguments: dict[str, Any]) -> None:
        """Write what is known before a train_on_batch call; its batch is the data."""
        x, y, weights = (arguments.get(name) for name in ("x", "y", "sample_weight"))
        run.passing.show((x, y, weights))
        self._begin(run, arguments | {"epochs": None, "x": None})

    def _begin(self, run: Run, arguments: dict[str, Any]) -> None:
        self.recorder.training_started()
        if self.main is None:
            self.main = run
        if run is not self.main or run.steps or self.recorder.facts["learner"] is not None:
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
        if run is self.main and not run.steps:
            self.facts.write_graph(run.model)

    def before_step(self, run: Run) -> None:
        """Right before the training function runs."""
        self.tap.take()
        self.sampler.alone = not run.streamed
        if run is self.main and self.sampler.wants(run.steps):
            self.sampler.before(run.model)

    def after_step(self, run: Run, logs: Any) -> None:
        """Right after the training function; raises the recorder's Stop at the end."""
        if run is not self.main:
            self._count_other()
            return
        guarded = self.recorder.guarded
        losses = self._losses(logs)
        run.steps += len(losses)
        guarded(self._describe, run)
        guarded(self._record_metrics, run)
        sides = run.passing.sides()
        self.sampler.after_step(run.model, sides, run.steps - 1, losses[-1])
        for loss in losses:
            self.recorder.step_done(loss)
        self.sampler.run_pending()

    def _count_other(self) -> None:
        """A second model that trains on and on must not keep the warm-up from ending."""
        self._others += 1
        if self._others >= self.recorder.request["steps"]:
            self.recorder.stop("steps")

    def _losses(self, logs: Any) -> list[float | None]:
        """The loss of each step in this execution; of several gradients the first one's."""
        pairs = self.tap.take()
        if pairs:
            first = pairs[0][0]
            return [loss for slot, loss in pairs if slot == first]
        self.recorder.note("the loss of single steps was not seen; Keras' running mean is given")
        loss = logs.get("loss") if isinstance(logs, dict) else None
        return [None if loss is None else float(loss)]

    def _describe(self, run: Run) -> None:
        """Keep the batch; describe all batches so far after some of the steps."""
        due = run.steps in DESCRIBE_AT or not run.batches.inputs
        if not due and not run.streamed:
            return
        sides = [
            [to_numpy(leaf, self.facts.limit) for leaf in array_leaves(side) or []]
            for side in run.passing.sides()[:2]
        ]
        if not sides[0]:
            return
        run.batches.add(*sides)
        if not due:
            return
        if run.steps == 1:
            self.facts.write_graph(run.model)
        self.facts.write_batch(sides[0])
        self.facts.write_model_input(run.batches)
        if run.streamed:
            self.facts.write_stream(run.batches, run.samples)

    def _record_metrics(self, run: Run) -> None:
        """The step's own value of every metric that is a sum over a count."""
        found = self.recorder.trace().setdefault("metrics", {})
        for metric in means_of(run.model):
            total, count = float(metric.total.numpy()), float(metric.count.numpy())
            before = run.metrics.get(metric.name, (0.0, 0.0))
            if count <= before[1]:
                before = (0.0, 0.0)
            if count > before[1] and metric.name != "loss":
                share = (total - before[0]) / (count - before[1])
                found.setdefault(str(metric.name), []).append(share)
            run.metrics[metric.name] = (total, count)


def watch_compile(owner: Any) -> None:
    """Keep the arguments and the site of every compile call."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def compile(self: Any, *args: Any, **kwargs: Any) -> Any:
            session = current()
            if session is not None:
                session.recorder.guarded(_keep_compile, session, signature, self, args, kwargs)
            return original(self, *args, **kwargs)

        return compile

    wrap(owner, "compile", make)


def _keep_compile(session: Session, signature: Any, model: Any, args: Any, kwargs: Any) -> None:
    site = session.recorder.user_site()
    arguments = arguments_of(signature, model, args, kwargs)
    order = [name for name in signature.parameters if name != "self"]
    session.compiled[model] = {"site": site, "arguments": arguments, "order": order}


def arguments_of(signature: Any, model: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    """The arguments by name; what does not bind is left to the call itself to refuse."""
    try:
        bound = signature.bind_partial(model, *args, **kwargs)
    except TypeError:
        return dict(kwargs)
    bound.apply_defaults()
    arguments = dict(bound.arguments)
    arguments.pop("self", None)
    return arguments | arguments.pop("kwargs", {})


def watch_training(owner: Any, name: str, observer_of: Callable[[Session], FitObserver]) -> None:
    """Follow `fit` or `train_on_batch` of this base class."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)

        def train(self: Any, *args: Any, **kwargs: Any) -> Any:
            session = current()
            if experiment() is not None:
                return experiment().train(name, original, signature, self, args, kwargs)
            if session is None or session.training:
                return original(self, *args, **kwargs)
            observer = observer_of(session)
            run = observer.enter(self)
            begin = observer.begin_fit if name == "fit" else observer.begin_batch
            session.training.append(run)
            try:
                arguments = arguments_of(signature, self, args, kwargs)
                session.recorder.guarded(begin, run, arguments)
                return original(self, *args, **kwargs)
            finally:
                session.training.pop()

        return train

    wrap(owner, name, make)


def watch_train_function(owner: Any, observer_of: Callable[[Session], FitObserver]) -> None:
    """Enclose the function that runs one step, wherever the framework makes it."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def make_train_function(self: Any, *args: Any, **kwargs: Any) -> Any:
            made = original(self, *args, **kwargs)
            session = current()
            if session is None or not session.training:
                return made
            function = made if made is not None else self.train_function
            if not getattr(function, "observed", False):
                function = _enclosed(function, observer_of)
                self.train_function = function
            session.recorder.guarded(observer_of(session).built, session.training[-1])
            return None if made is None else function

        return make_train_function

    wrap(owner, "make_train_function", make)


def _enclosed(function: Any, observer_of: Callable[[Session], FitObserver]) -> Any:
    def train_function(iterator: Any) -> Any:
        session = current()
        if session is None or not session.training:
            return function(iterator)
        observer, run = observer_of(session), session.training[-1]
        session.recorder.guarded(observer.before_step, run)
        logs = function(iterator)
        session.recorder.guarded(observer.after_step, run, logs)
        return logs

    train_function.observed = True  # type: ignore[attr-defined]
    return train_function


def watch_pipeline(tf: Any, owner: Any, method: str, attribute: str) -> None:
    """Put the pass-through at the end of the pipeline that this method has just built."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def build(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            session = current()
            if session is not None and session.training and session.training[-1].awaits_data:
                session.training[-1].awaits_data = False
                session.recorder.guarded(attach, session, self)
            return result

        def attach(session: Session, holder: Any) -> None:
            passing = session.training[-1].passing
            setattr(holder, attribute, watched(tf, getattr(holder, attribute), passing))

        return build

    wrap(owner, method, make)
