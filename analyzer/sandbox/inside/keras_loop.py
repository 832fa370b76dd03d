"""Follow hand-written training loops over `tf.GradientTape`, eager or inside `tf.function`.

The model is the one that owns the variables an optimizer is applied to, the loss is what the
gradients were asked of, a step is one application of the first optimizer. In eager code a step is
seen when it happens; steps inside a traced function are counted when the function returns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from weakref import WeakSet

from .keras_baselines import Baselines
from .keras_data import Batches, array_leaves, to_numpy
from .keras_facts import Facts
from .keras_ledger import Ledger
from .keras_sampling import Sampler
from .keras_session import Session
from .keras_tap import LossTap
from .keras_traced import Argument, fits, traced_site

DESCRIBE_STEPS = 2
"""Batches are described at once after so many first steps, later now and then and at the end."""
DESCRIBE_SECONDS = 2.0

SETTLED = 2
"""By this step every layer was applied after it had been built."""


class LossCall:
    """The first loss of the loop: its object or function, and where it is called."""

    def __init__(self, loss: Any, site: Any) -> None:
        self.loss = loss
        self.site = site


class LoopObserver:
    """Turns one program's own training loop into facts and steps.

    Attributes:
        model: the model in training, None before the first step.
        on_apply: told the variables of each application of an optimizer.
        inputs, targets: what last entered the model and the loss: arrays in eager code, the
            places of the traced function's arguments otherwise.
    """

    def __init__(
        self, session: Session, tf: Any, facts: Facts, tap: LossTap, sampler: Sampler
    ) -> None:
        self.session = session
        self.recorder = session.recorder
        self.tf = tf
        self.facts = facts
        self.tap = tap
        self.ledger = Ledger(self.recorder, tap)
        self.sampler = sampler
        self.model: Any = None
        self.on_apply: Callable[[list[Any]], None] = lambda _variables: None
        self.optimizer: Any = None
        self.inputs: Any = None
        self.targets: Any = None
        self.loss_call: LossCall | None = None
        self.gradient_site: Any = None
        self.called: WeakSet[Any] = WeakSet()
        self.batches = Batches()
        self._traced = False
        self._described = time.monotonic()
        self._stale = False
        self.recorder.at_finish(sampler.written.losses_seen)
        self.recorder.at_finish(self._describe_rest)
        self.recorder.at_finish(self._baselines)
        self._again: Callable[[], Any] | None = None

    @property
    def traced(self) -> bool:
        """Whether the optimizer is applied inside a traced function."""
        return self._traced

    # What the program does

    def model_called(self, layer: Any, inputs: Any) -> None:
        """A layer was called from outside of any other layer."""
        if layer not in self.session.models:
            return
        self.called.add(layer)
        if self.model is None or layer is self.model:
            self.inputs = self._locate(inputs)

    def loss_called(self, loss: Any, targets: Any) -> None:
        """A loss object or function was called."""
        if self.loss_call is None:
            self.loss_call = LossCall(loss, self._site())
        if self.loss_call.loss is loss:
            self.targets = self._locate(targets)

    def gradient_taken(self) -> None:
        """The gradients of the loss were asked for."""
        if self.gradient_site is None:
            self.gradient_site = self._site()

    def before_apply(self, optimizer: Any, variables: list[Any]) -> None:
        """An optimizer is about to change the variables."""
        self.on_apply(variables)
        if self.model is None and variables:
            self._begin(optimizer, variables)
        eager = self.tf.executing_eagerly()
        self._traced = self._traced or not eager
        if optimizer is self.optimizer:
            self.before_step(self.inputs, self.targets)

    def after_apply(self, optimizer: Any) -> None:
        """The optimizer is done; in eager code that completes a step."""
        if optimizer is self.optimizer and self.tf.executing_eagerly():
            self._done(self.ledger.applied())

    def before_call(self, arguments: Any, again: Callable[[], Any]) -> None:
        """A traced function that may train the model is about to be called."""
        sides = [self._argument(place, arguments) for place in (self.inputs, self.targets)]
        if self.before_step(*sides):
            self._again = again

    def _baselines(self) -> None:
        """Ask the trained model, when all is over."""
        if self.model is not None and self.sampler.replay is not None:
            self.ledger.read()
            further = self._further if self._again is not None else None
            Baselines(self.sampler).collect(self.model, further)

    def _further(self) -> Iterator[float]:
        """Call the program's traced step with the last sampled batch."""
        while self._again is not None:
            self._again()
            losses = self.ledger.fresh()
            if not losses:
                return
            yield losses[0]

    def before_step(self, inputs: Any, targets: Any) -> bool:
        """Run the batch of the coming step beside the training when it is to be sampled."""
        sampler, step = self.sampler, self.ledger.steps
        if self.model is None or not sampler.wants(step):
            return False
        call = self.loss_call
        sampler.compute = call.loss if call is not None and callable(call.loss) else no_loss
        sampler.traced, sampler.written.own = self._traced, True
        sampler.begin(self.model, step)
        if not isinstance(inputs, Argument):
            sampler.before((inputs, targets, None))
        return True

    def function_returned(self, arguments: Any) -> None:
        """A traced function that the program called has returned."""
        if not self._traced or self.model is None:
            return
        done = self.ledger.executed(most=None)
        if done:
            places = self.inputs, self.targets
            self.inputs, self.targets = (self._argument(place, arguments) for place in places)
            self._done(done)
            self.inputs, self.targets = places

    def _site(self) -> dict[str, Any] | None:
        """The user's place; in a traced function TensorFlow knows which line was rewritten."""
        return traced_site(self.recorder) or self.recorder.user_site()

    # What is made of it

    def _begin(self, optimizer: Any, variables: list[Any]) -> None:
        """The first step: write graph and learner."""
        self.model, self.optimizer = owner_of(self.called, variables), optimizer
        self.ledger.of_variable(self.tap.slot(variables[0]))
        self.recorder.training_started()
        guarded = self.recorder.guarded
        with self.tf.init_scope():
            guarded(self.facts.write_framework)
            if self.model is not None:
                guarded(self.facts.write_graph, self.model)
            guarded(self.facts.write_loop, self.model, optimizer, self.loss_call)
            learner = self.recorder.facts["learner"] or {}
            learner["fit_site"] = self.gradient_site or self._site()
        self.recorder.snapshot()

    def _done(self, count: int) -> None:
        self.recorder.guarded(self._describe)
        sides = (self.inputs, self.targets, None)
        self.sampler.after_step(self.model, sides, self.ledger.steps - count, count == 1)
        self.ledger.count(count)
        self.sampler.run_pending()
        self.recorder.resumed()

    def _describe(self) -> None:
        steps = self.ledger.steps
        if steps <= SETTLED and self.model is not None:
            self.facts.write_graph(self.model)
        sides = [
            [to_numpy(leaf, self.facts.limit) for leaf in array_leaves(side) or []]
            for side in (self.inputs, self.targets)
        ]
        if sides[0]:
            self.batches.add(*sides)
            self.facts.write_batch(sides[0])
            self._stale = True
        if steps <= DESCRIBE_STEPS or time.monotonic() - self._described > DESCRIBE_SECONDS:
            self._describe_rest()

    def _describe_rest(self) -> None:
        if self._stale:
            self._described, self._stale = time.monotonic(), False
            self.facts.write_stream(self.batches, None)
            self.facts.write_model_input(self.batches)

    # Arguments of a traced function

    def _locate(self, value: Any) -> Any:
        """The value itself in eager code; in a traced function which argument it is."""
        if self.tf.executing_eagerly() or not hasattr(value, "graph"):
            return value
        inputs = list(getattr(value.graph, "inputs", []))
        position = next((i for i, held in enumerate(inputs) if held is value), None)
        return Argument(position, tuple(value.shape))

    def _argument(self, place: Any, arguments: Any) -> Any:
        """The array that was given for the argument, None when it cannot be told."""
        if not isinstance(place, Argument):
            return place
        leaves = [leaf for leaf in self.tf.nest.flatten(arguments) if hasattr(leaf, "shape")]
        if place.position is not None and place.position < len(leaves):
            return place.taken(leaves[place.position])
        fitting = [leaf for leaf in leaves if fits(tuple(leaf.shape), place.shape)]
        return place.taken(fitting[0]) if len(fitting) == 1 else None


def no_loss(*_: Any) -> None:
    """Stands for a loss that is an expression: it cannot be evaluated again."""


def owner_of(models: Iterable[Any], variables: list[Any]) -> Any:
    """The smallest of these models that holds all the variables, else the one that holds most.

    Only models that the program itself called come into question: a sequential model has an inner
    functional one with the same variables.
    """
    wanted = {id(variable) for variable in variables}
    found: list[tuple[int, int, Any]] = []
    for model in list(models):
        held = {id(weight) for weight in model.trainable_weights}
        if held & wanted:
            found.append((-len(held & wanted), len(held), model))
    return min(found, key=lambda entry: entry[:2])[2] if found else None
