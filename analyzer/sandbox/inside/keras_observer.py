"""Observe programs that train with Keras 3, tf.keras or tf_keras.

`install` imports no framework. It asks to be called when the program has imported the modules that
hold the frameworks' base classes, and puts its hooks there before anything derives from them.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

from . import (
    keras_calls,
    keras_fit_hooks,
    keras_loop_hooks,
    keras_order,
    keras_order_clips,
    keras_session,
    keras_tap,
)
from .keras_facts import Facts
from .keras_fit import FitObserver
from .keras_loop import LoopObserver
from .keras_sampling import Sampler
from .keras_session import Session
from .keras_source import SourceCalls
from .keras_tap import LossTap
from .on_import import when_imported

CONSTRUCTED = {
    "keras.src.ops.operation": "Operation",
    "keras.src.optimizers.base_optimizer": "BaseOptimizer",
    "keras.src.losses.loss": "Loss",
    "tf_keras.src.engine.base_layer": "Layer",
    "tf_keras.src.optimizers.optimizer": "_BaseOptimizer",
    "tf_keras.src.optimizers.legacy.optimizer_v2": "OptimizerV2",
    "tf_keras.src.losses": "Loss",
    "keras.src.callbacks.callback": "Callback",
    "keras.src.optimizers.schedules.learning_rate_schedule": "LearningRateSchedule",
    "tf_keras.src.callbacks": "Callback",
    "tf_keras.src.optimizers.schedules.learning_rate_schedule": "LearningRateSchedule",
    "tensorflow.python.data.ops.shuffle_op": "_ShuffleDataset",
    "tensorflow.python.data.ops.zip_op": "_ZipDataset",
}
CALLBACKS = {
    "keras.src.callbacks.callback_list": "CallbackList",
    "tf_keras.src.callbacks": "CallbackList",
}
CALLED = ("keras.src.layers.layer", "tf_keras.src.engine.base_layer")
COMPILED = {"keras.src.trainers.trainer": "Trainer", "tf_keras.src.engine.training": "Model"}
TRAINED = {
    "keras.src.backend.tensorflow.trainer": "TensorFlowTrainer",
    "tf_keras.src.engine.training": "Model",
}
PIPELINES = {
    "keras.src.backend.tensorflow.trainer": (
        "TFEpochIterator",
        "__init__",
        "_distributed_dataset",
    ),
    "tf_keras.src.engine.data_adapter": (
        "DataHandler",
        "_configure_dataset_and_inferred_steps",
        "_dataset",
    ),
}


VERSIONED = ("tensorflow", "keras", "tf_keras", "numpy")
LOSSES = {"keras.src.losses.loss": "Loss", "tf_keras.src.losses": "Loss"}
APPLIED = {
    "keras.src.optimizers.base_optimizer": ("BaseOptimizer", "apply"),
    "tf_keras.src.optimizers.optimizer": ("Optimizer", "apply_gradients"),
    "tf_keras.src.optimizers.legacy.optimizer_v2": ("OptimizerV2", "apply_gradients"),
}


class Observers:
    """The parts that serve one session; those that need TensorFlow are made once it is there."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.calls = SourceCalls(session.recorder.sources.root)
        self.facts = Facts(session, self.calls)
        self._tap: LossTap | None = None
        self._fit: FitObserver | None = None
        self._loop: LoopObserver | None = None
        self.order = keras_order.KerasOrder(session)

    @property
    def tap(self) -> LossTap:
        """Where losses are read."""
        if self._tap is None:
            self._tap = LossTap(sys.modules["tensorflow"])
        return self._tap

    @property
    def fit(self) -> FitObserver:
        """Who follows fit and train_on_batch."""
        if self._fit is None:
            sampler = Sampler(self.session, sys.modules["tensorflow"], self.facts)
            self._fit = FitObserver(self.session, self.facts, self.tap, sampler)
        return self._fit

    @property
    def loop(self) -> LoopObserver:
        """Who follows hand-written loops."""
        if self._loop is None:
            tensorflow = sys.modules["tensorflow"]
            sampler = Sampler(self.session, tensorflow, self.facts)
            self._loop = LoopObserver(self.session, tensorflow, self.facts, self.tap, sampler)
            self._loop.on_apply = self.order.tapes.applied
        return self._loop


_observers: Observers | None = None


def _of(session: Session) -> Observers:
    observers = _observers
    if observers is None or observers.session is not session:
        raise RuntimeError("expected the observers of the active session")
    return observers


def _fit_observer(session: Session) -> FitObserver:
    return _of(session).fit


def _loop_observer(session: Session) -> LoopObserver:
    return _of(session).loop


def install(recorder: Any) -> None:
    """Observe the Keras program that runs next in this process."""
    global _observers
    session = Session(recorder)
    _observers = Observers(session)
    keras_session.activate(session)
    recorder.at_finish(_observers.facts.write_untrained)
    recorder.at_finish(_observers.order.finish)
    prepare()
    for name in VERSIONED:
        when_imported(name, _observers.facts.write_version)


def prepare() -> None:
    """Put the hooks where they belong; they do nothing until a program is observed."""
    hooked = {*CONSTRUCTED, *CALLED, *COMPILED, *TRAINED, *PIPELINES, *LOSSES, *APPLIED, *CALLBACKS}
    for name in sorted(hooked | {"tensorflow"}):
        when_imported(name, _hook)


def uninstall() -> None:
    """Stop observing; the hooks stay and do nothing."""
    global _observers
    _observers = None
    keras_session.activate(None)


def _hook(module: ModuleType) -> None:
    name = module.__name__
    if name in CONSTRUCTED:
        keras_session.watch_constructions(getattr(module, CONSTRUCTED[name]))
    if name in CALLED:
        keras_calls.watch_calls(module.Layer)
    if name in COMPILED:
        keras_fit_hooks.watch_compile(getattr(module, COMPILED[name]))
    if name in TRAINED:
        owner = getattr(module, TRAINED[name])
        keras_fit_hooks.watch_training(owner, "fit", _fit_observer)
        keras_fit_hooks.watch_training(owner, "train_on_batch", _fit_observer)
        keras_fit_hooks.watch_train_function(owner, _fit_observer)
    if name in PIPELINES:
        holder, method, attribute = PIPELINES[name]
        tensorflow = sys.modules["tensorflow"]
        keras_fit_hooks.watch_pipeline(tensorflow, getattr(module, holder), method, attribute)
    if name in LOSSES:
        keras_loop_hooks.watch_losses(getattr(module, LOSSES[name]), _loop_observer)
    if name in APPLIED:
        holder, method = APPLIED[name]
        keras_loop_hooks.watch_apply(getattr(module, holder), method, _loop_observer)
    if name in CALLBACKS:
        owner = getattr(module, CALLBACKS[name])
        keras_order.watch_callbacks(owner, lambda session: _of(session).order)
    if name == "tensorflow":
        keras_tap.watch_gradients(module, _gradient_taken)
        keras_order_clips.watch(module, lambda session: _of(session).order.clips)
        keras_loop_hooks.watch_functions(module, _loop_observer)


def _gradient_taken(target: Any, sources: list[Any], gradients: list[Any]) -> None:
    session = keras_session.current()
    variables = [source for source in sources if hasattr(source, "assign")]
    if session is None or not variables:
        return
    observers = _of(session)
    observers.tap.put(variables[0], target)
    if session.training:
        observers.fit.gradient_taken()
    else:
        observers.order.tapes.taken(sources, gradients)
        observers.loop.gradient_taken()


def _model_called(session: Session, layer: Any, inputs: Any) -> None:
    if not session.training:
        _of(session).loop.model_called(layer, inputs)


keras_calls.listeners.append(_model_called)
