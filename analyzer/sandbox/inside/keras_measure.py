"""Short trainings of Keras programs that use `fit`: train on a part, measure on the other.

The program's own fit runs with its batch size, its order, its class weights and its learning-rate
schedule on the training part, until a bound is reached; then the model predicts the held-out part.
Other callbacks are left out: they save files, stop early on scores that are not there, or print.
"""

from __future__ import annotations

import functools
import importlib
import math
from typing import Any

from . import keras_observer, keras_session
from .keras_fit_hooks import arguments_of
from .keras_measure_epochs import fed
from .keras_measure_loop import BatchCalls, Pipelines
from .keras_measure_parts import Parts, first_leaf, len_of, parts_of
from .keras_measure_parts import rows as rows_of
from .measure_run import MeasureRun, run_of
from .measure_scores import Task, Unmeasurable
from .on_import import when_imported
from .recorder import Recorder

KEPT_CALLBACKS = ("LearningRateScheduler",)
PREDICTED_ROWS = 256
"""Rows predicted at once."""


def install(recorder: Recorder) -> None:
    """Measure the Keras program that runs next in this process."""
    measure = KerasMeasure(recorder)
    keras_session.hand_over(measure)
    keras_observer.prepare()
    when_imported("tensorflow", _alone)
    when_imported("tensorflow", lambda tf: _watch_pipelines(tf, measure))


def _watch_pipelines(tf: Any, measure: KerasMeasure) -> None:
    original = tf.data.Dataset.__iter__

    @functools.wraps(original)
    def __iter__(dataset: Any) -> Any:
        if not tf.executing_eagerly():
            return original(dataset)
        return measure.iterate(original, dataset)

    tf.data.Dataset.__iter__ = __iter__


def _alone(tensorflow: Any) -> None:
    """One thread: runs of a pair may run side by side, and small steps lose by more."""
    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)


class KerasMeasure:
    """The experiment on one Keras program.

    Attributes:
        run: bounds and result.
        busy: while a training that is measured runs, or a measure is taken.
        batches, pipelines: training without `fit`.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.run = run_of(recorder)
        self.busy = False
        self.batches = BatchCalls(self.run)
        self.pipelines = Pipelines(self.run)
        self.run.before_writing.append(self.finish)

    def train(
        self, name: str, original: Any, signature: Any, model: Any, given: Any, keywords: Any
    ) -> Any:
        """The program calls `fit` or `train_on_batch`."""
        if self.busy or self.recorder.finished:
            return original(model, *given, **keywords)
        self.recorder.facts["framework"] = "keras"
        self.busy = True
        try:
            arguments = arguments_of(signature, model, given, keywords)
            if name == "fit":
                return self.fit(original, model, arguments)
            result = self.batches.train(original, model, arguments)
            if self.run.ended:
                self.batches.measure(self)
                self.recorder.stop(self.run.ended)
            return result
        finally:
            self.busy = False

    def finish(self) -> None:
        """The program ends by itself: measure what it has trained."""
        if self.run.measured or self.busy:
            return
        self.busy = True
        if self.batches.model is not None:
            self.batches.measure(self)
        else:
            self.pipelines.measure(self)

    def iterate(self, iterate: Any, dataset: Any) -> Any:
        """The program asks a dataset for an iterator."""
        if self.busy or self.recorder.finished:
            return iterate(dataset)
        return self.pipelines.feed(self, iterate, dataset)

    def score(self, model: Any, x: Any, y: Any, *, held_out: bool, loss: Any = None) -> None:
        """Measure the model on these samples."""
        busy, self.busy = self.busy, True
        try:
            problem = str(self.run.request.get("problem") or "unknown")
            threshold = threshold_of(loss if loss is not None else getattr(model, "loss", None))
            predictions = predicted(model, x)
        except (ValueError, TypeError) as error:
            self.run.fail(f"the model cannot be called on a held-out batch: {error}")
            return
        finally:
            self.busy = busy
        task = Task(problem=problem, threshold=threshold)
        self.run.measure(predictions, first_of(y), task, held_out=held_out)

    def fit(self, original: Any, model: Any, arguments: dict[str, Any]) -> Any:
        """Train the model on its part, measure it on the other, and end the program."""
        run = self.run
        run.begin()
        try:
            parts = parts_of(arguments, run.request, run.seed)
        except (Unmeasurable, ValueError, TypeError, IndexError, KeyError) as reason:
            run.fail(f"the data of fit cannot be cut: {reason}")
            self.recorder.stop("steps")
            return None
        run.samples = parts.samples
        per_epoch = max(1, math.ceil(_count(parts) / parts.batch_size))
        wanted = max(int(run.request["steps"]), int(run.request["epochs"]) * per_epoch)
        run.request = {**run.request, "steps": wanted}
        if parts.own_steps is not None:
            run.own_steps = parts.own_steps * int(run.request["own_times"])
        epochs = math.ceil(min(wanted, run.own_steps or wanted) / per_epoch)
        _plainly(model)
        self.recorder.guarded(_trace_once, model)
        callbacks = _callbacks(legacy=_is_legacy(model))
        kept = [c for c in arguments.get("callbacks") or [] if type(c).__name__ in KEPT_CALLBACKS]
        # in a pipeline Keras looks class weights up otherwise than beside arrays
        weighted = arguments.get("class_weight") is not None
        together = not kept and not weighted and _on_tensorflow(model)
        given = fed(
            parts, epochs, run.seed, shuffle=arguments.get("shuffle", True), together=together
        )
        original(
            model,
            **given.arguments,
            epochs=given.epochs,
            verbose=0,
            callbacks=[*kept, callbacks.bound(run, parts)],
            class_weight=arguments.get("class_weight"),
        )
        self.measure(model, parts)
        self.recorder.stop("steps")
        return None

    def measure(self, model: Any, parts: Parts) -> None:
        """Predict the held-out part; of several outputs the first counts."""
        run = self.run
        self.score(model, parts.held_x, parts.held_y, held_out=parts.held_out)
        if not parts.held_out and run.measured:
            run.explain(f"{parts.samples} samples are too few to hold any out")


def _count(parts: Parts) -> int:
    return len_of(first_leaf(parts.x))


def _on_tensorflow(model: Any) -> bool:
    if _is_legacy(model):
        return True
    return bool(importlib.import_module("keras").config.backend() == "tensorflow")


def _is_legacy(model: Any) -> bool:
    return any(base.__module__.startswith("tf_keras.") for base in type(model).__mro__)


def _plainly(model: Any) -> None:
    """Without XLA, whose compilation takes longer than these few steps."""
    if getattr(model, "jit_compile", False) in (True, "auto"):
        model.jit_compile = False


def _trace_once(model: Any) -> None:
    """Build the optimizer before its step is traced; one that makes variables is traced twice."""
    optimizer: Any = getattr(model, "optimizer", None)
    if _is_legacy(model) or not hasattr(optimizer, "build"):
        return
    make = model.make_train_function

    def made(*given: Any, **keywords: Any) -> Any:
        if model.built and not optimizer.built:
            optimizer.build(model.trainable_variables)
        return make(*given, **keywords)

    object.__setattr__(model, "make_train_function", made)


def first_of(value: Any) -> Any:
    """The first of several outputs or targets."""
    import numpy as np

    while isinstance(value, (dict, list, tuple)):
        if isinstance(value, dict):
            value = next(iter(value.values()))
        elif value and hasattr(value[0], "shape"):
            value = value[0]
        else:
            break
    if hasattr(value, "todense"):
        value = value.todense()
    for method in ("to_numpy", "numpy"):
        if hasattr(value, method):
            value = getattr(value, method)()
    return np.asarray(value)


def predicted(model: Any, x: Any) -> Any:
    """The model's predictions in inference mode, in pieces."""
    import numpy as np

    samples, found = len_of(first_leaf(x)), []
    for start in range(0, samples, PREDICTED_ROWS):
        piece = rows_of(x, np.arange(start, min(start + PREDICTED_ROWS, samples)))
        found.append(first_of(model.predict_on_batch(piece)))
    return np.concatenate(found)


def threshold_of(loss: Any) -> float | None:
    """0 for losses that take logits or signed scores; None: midway between the labels."""
    if isinstance(loss, (list, tuple)) and loss:
        loss = loss[0]
    if isinstance(loss, dict) and loss:
        loss = next(iter(loss.values()))
    called = getattr(loss, "name", getattr(loss, "__name__", ""))
    name = loss if isinstance(loss, str) else str(called)
    settings = getattr(loss, "_fn_kwargs", None) or {}
    logits = getattr(loss, "from_logits", None) or settings.get("from_logits")
    return 0.0 if logits is True or "hinge" in name else None


class _Callbacks:
    """Makes the callback that ends a training at its bound, of the framework's own class."""

    def __init__(self, base: Any) -> None:
        self.base = base

    def bound(self, run: MeasureRun, parts: Parts) -> Any:
        """The callback for this run: counts steps, keeps their losses, stops at a bound."""
        samples, total, rows = _count(parts), 0.0, 0
        per_epoch = max(1, math.ceil(samples / parts.batch_size))

        def begin(*_: Any, **__: Any) -> None:
            nonlocal total, rows
            total, rows = 0.0, 0

        def end(batch: int, logs: Any = None) -> None:
            nonlocal total, rows
            mean = float((logs or {}).get("loss", math.nan))
            own = min(parts.batch_size, max(1, samples - batch % per_epoch * parts.batch_size))
            rows += own
            summed = mean * rows  # Keras gives the mean over the rows since the epoch began
            run.step(own, (summed - total) / own)
            total = summed
            if run.ended:
                callback.model.stop_training = True

        callback = self.base()
        callback.on_epoch_begin, callback.on_train_batch_end = begin, end
        return callback


def _callbacks(*, legacy: bool) -> _Callbacks:
    name = "tf_keras.src.callbacks" if legacy else "keras.src.callbacks"
    return _Callbacks(importlib.import_module(name).Callback)
