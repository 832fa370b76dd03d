"""Short trainings of Keras programs that use `fit`: train on a part, measure on the other.

The program's own fit runs with its batch size, its order, its class weights and its learning-rate
schedule on the training part, until a bound is reached; then the model predicts the held-out part.
Other callbacks are left out: they save files, stop early on scores that are not there, or print.
"""

from __future__ import annotations

import importlib
import inspect
import math
from types import ModuleType
from typing import Any

from . import keras_measure_loop
from .keras_fit import arguments_of
from .keras_measure_parts import Parts, first_leaf, len_of, parts_of
from .keras_measure_parts import rows as rows_of
from .keras_session import wrap
from .measure_run import MeasureRun, run_of
from .measure_scores import Task, Unmeasurable
from .on_import import when_imported
from .recorder import Recorder

TRAINERS = {
    "keras.src.backend.tensorflow.trainer": "TensorFlowTrainer",
    "tf_keras.src.engine.training": "Model",
}
KEPT_CALLBACKS = ("LearningRateScheduler",)
PREDICTED_ROWS = 256
"""Rows predicted at once."""


def install(recorder: Recorder) -> None:
    """Measure the Keras program that runs next in this process."""
    measure = KerasMeasure(recorder)
    for name in TRAINERS:
        when_imported(name, measure.hook)
    keras_measure_loop.install(measure)


class KerasMeasure:
    """The experiment on one Keras program.

    Attributes:
        run: bounds and result.
        busy: while a training that is measured runs.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder
        self.run = run_of(recorder)
        self.busy = False

    def hook(self, module: ModuleType) -> None:
        """Take over `fit` of this module's trainer."""
        owner = getattr(module, TRAINERS[module.__name__])
        legacy = module.__name__.startswith("tf_keras")
        self.recorder.facts["framework"] = self.recorder.facts["framework"] or "keras"
        measure = self

        def make(original: Any) -> Any:
            signature = inspect.signature(original)

            def fit(model: Any, *given: Any, **keywords: Any) -> Any:
                if measure.busy or measure.recorder.finished:
                    return original(model, *given, **keywords)
                measure.busy = True
                try:
                    arguments = arguments_of(signature, model, given, keywords)
                    callbacks = _callbacks(legacy=legacy)
                    return measure.fit(original, model, arguments, callbacks)
                finally:
                    measure.busy = False

            return fit

        wrap(owner, "fit", make)

    def fit(self, original: Any, model: Any, arguments: dict[str, Any], callbacks: Any) -> Any:
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
        run.own_steps = parts.own_steps
        epochs = math.ceil(min(wanted, parts.own_steps or wanted) / per_epoch)
        _plainly(model)
        kept = [c for c in arguments.get("callbacks") or [] if type(c).__name__ in KEPT_CALLBACKS]
        original(
            model,
            parts.x,
            parts.y,
            sample_weight=parts.weights,
            batch_size=parts.batch_size,
            epochs=epochs,
            verbose=0,
            callbacks=[*kept, callbacks.bound(run, parts)],
            shuffle=arguments.get("shuffle", True),
            class_weight=arguments.get("class_weight"),
        )
        self.measure(model, parts)
        self.recorder.stop("steps")
        return None

    def measure(self, model: Any, parts: Parts) -> None:
        """Predict the held-out part; of several outputs the first counts."""
        run = self.run
        predictions = predicted(model, parts.held_x)
        targets = first_of(parts.held_y)
        run.measure(predictions, targets, task_of(model, run), held_out=parts.held_out)
        if not parts.held_out:
            run.explain(f"{parts.samples} samples are too few to hold any out")


def _count(parts: Parts) -> int:

    return len_of(first_leaf(parts.x))


def _plainly(model: Any) -> None:
    """Without XLA, whose compilation takes longer than these few steps."""
    if getattr(model, "jit_compile", False) in (True, "auto"):
        model.jit_compile = False


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


def task_of(model: Any, run: MeasureRun) -> Task:
    """What the measure needs to know of the task: its problem, and where a single score turns."""
    problem = str(run.request.get("problem") or "unknown")
    return Task(problem=problem, threshold=threshold_of(getattr(model, "loss", None)))


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
        samples, total = _count(parts), 0.0

        def begin(*_: Any, **__: Any) -> None:
            nonlocal total
            total = 0.0

        def end(batch: int, logs: Any = None) -> None:
            nonlocal total
            mean = float((logs or {}).get("loss", math.nan))
            summed = mean * (batch + 1)  # Keras gives the mean since the epoch began
            run.step(
                min(parts.batch_size, max(1, samples - batch * parts.batch_size)), summed - total
            )
            total = summed
            if run.ended:
                callback.model.stop_training = True

        callback = self.base()
        callback.on_epoch_begin, callback.on_train_batch_end = begin, end
        return callback


def _callbacks(*, legacy: bool) -> _Callbacks:
    name = "tf_keras.src.callbacks" if legacy else "keras.src.callbacks"
    return _Callbacks(importlib.import_module(name).Callback)
