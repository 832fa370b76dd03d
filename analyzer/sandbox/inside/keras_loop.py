"""Follow hand-written training loops over `tf.GradientTape`, eager or inside `tf.function`.

The model is the one that owns the variables an optimizer is applied to, the loss is what the
gradients were asked of, a step is one application of the first optimizer. In eager code a step is
seen when it happens; steps inside a traced function are counted when the function returns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakSet

from .keras_data import Batches, array_leaves, to_numpy
from .keras_facts import Facts
from .keras_sampling import Sampler
from .keras_session import Session, current, experiment, wrap
from .keras_tap import LossTap
from .keras_traced import Argument, fits, traced_site

DESCRIBE_AT = (1, 2, 4, 8, 16, 32)
"""Steps after which the data is described again with the batches seen so far."""

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
        self.sampler = sampler
        self.model: Any = None
        self.on_apply: Callable[[list[Any]], None] = lambda _variables: None
        self.optimizer: Any = None
        self.steps = 0
        self.inputs: Any = None
        self.targets: Any = None
        self.loss_call: LossCall | None = None
        self.gradient_site: Any = None
        self.called: WeakSet[Any] = WeakSet()
        self.batches = Batches()
        self._slot: int | None = None
        self._traced = False

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
        self._traced = self._traced or not self.tf.executing_eagerly()
        if optimizer is self.optimizer and self.tf.executing_eagerly():
            self.before_step()

    def after_apply(self, optimizer: Any) -> None:
        """The optimizer is done; in eager code that completes a step."""
        if optimizer is self.optimizer and self.tf.executing_eagerly():
            losses = self._losses()
            self._step(losses[-1] if losses else None)

    def before_step(self) -> None:
        """Copy the model's state when this step is to be sampled."""
        if self.model is not None and self.sampler.wants(self.steps):
            self.sampler.before(self.model)

    def function_returned(self, arguments: Any) -> None:
        """A traced function that the program called has returned."""
        if not self._traced or self.model is None:
            return
        losses = self._losses()
        if losses:
            self.inputs = self._argument(self.inputs, arguments)
            self.targets = self._argument(self.targets, arguments)
        for loss in losses:
            self._step(loss)

    def _site(self) -> dict[str, Any] | None:
        """The user's place; in a traced function TensorFlow knows which line was rewritten."""
        return traced_site(self.recorder) or self.recorder.user_site()

    # What is made of it

    def _begin(self, optimizer: Any, variables: list[Any]) -> None:
        """The first step: write graph and learner."""
        self.model, self.optimizer = owner_of(self.called, variables), optimizer
        self._slot = self.tap.slot(variables[0])
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

    def _losses(self) -> list[float]:
        return [loss for slot, loss in self.tap.take() if slot == self._slot]

    def _step(self, loss: float | None) -> None:
        self.steps += 1
        self.recorder.guarded(self._describe)
        call = self.loss_call
        compute = call.loss if call is not None and callable(call.loss) else _no_loss
        sides = (self.inputs, self.targets, None)
        self.sampler.after_step(self.model, sides, self.steps - 1, loss, compute)
        self.recorder.step_done(loss)
        self.sampler.run_pending()

    def _describe(self) -> None:
        if self.steps <= SETTLED and self.model is not None:
            self.facts.write_graph(self.model)
        sides = [
            [to_numpy(leaf, self.facts.limit) for leaf in array_leaves(side) or []]
            for side in (self.inputs, self.targets)
        ]
        if sides[0]:
            self.batches.add(*sides)
        if self.batches.inputs and self.steps in DESCRIBE_AT:
            self.facts.write_batch(sides[0])
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


def _no_loss(*_: Any) -> None:
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


def watch_losses(owner: Any, observer_of: Callable[[Session], LoopObserver]) -> None:
    """Follow the calls of loss objects outside of fit."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(self, *args, **kwargs)
            session = current()
            if experiment() is not None:
                experiment().pipelines.loss = self
            if session is not None and not session.training:
                targets = args[0] if args else kwargs.get("y_true")
                loop = observer_of(session)
                session.recorder.guarded(loop.loss_called, self, targets)
            return result

        return __call__

    wrap(owner, "__call__", make)


def watch_apply(owner: Any, name: str, observer_of: Callable[[Session], LoopObserver]) -> None:
    """Follow the outermost application of optimizers outside of fit.

    Keras 3's `apply` takes gradients and variables, tf_keras' `apply_gradients` pairs of them; an
    iterator of pairs is made a list, because it can be read only once.
    """

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def apply(self: Any, given: Any, *args: Any, **kwargs: Any) -> Any:
            session = current()
            if experiment() is not None and not experiment().busy:
                given = list(given)
                second = args[0] if args else kwargs.get("trainable_variables")
                changed = second if name == "apply" else [pair[1] for pair in given]
                experiment().pipelines.applied(list(changed or []))
            if session is None or session.training or session.applying:
                return original(self, given, *args, **kwargs)
            given = list(given)
            if name == "apply":
                variables = list((args[0] if args else kwargs.get("trainable_variables")) or [])
            else:
                variables = [pair[1] for pair in given]
            loop = observer_of(session)
            session.recorder.guarded(loop.before_apply, self, variables)
            with session.one_application():
                result = original(self, given, *args, **kwargs)
            session.recorder.guarded(loop.after_apply, self)
            return result

        return apply

    wrap(owner, name, make)


def watch_functions(tf: Any, observer_of: Callable[[Session], LoopObserver]) -> None:
    """Get a turn before and after each traced function that eager code calls outside of fit."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
            session = current()
            if session is None or session.training or not tf.executing_eagerly():
                return original(self, *args, **kwargs)
            loop = observer_of(session)
            if loop.traced:
                session.recorder.guarded(loop.before_step)
            result = original(self, *args, **kwargs)
            session.recorder.guarded(loop.function_returned, (args, kwargs))
            return result

        return __call__

    wrap(type(tf.function(_no_loss)), "__call__", make)
