"""One step's forward and backward pass again, beside the training, with what each layer gave.

The pass runs as a function of its own: the program's training function keeps the very graph that it
has without the observer (a tensor that somebody else reads is fused differently, and then its bits
are others). It is traced once, takes a part of the batch, and gives a bounded number of values per
layer. What the pass itself moves, moving averages and seeds, it puts back before it ends.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from . import keras_calls
from .keras_passed import Pass, channels_first, read, sampled
from .keras_schedule import BATCH_PART, chosen_layers
from .keras_state import array_of, copies, kernels_of, put_back, raw, state_of

Compute = Callable[[Any, Any], Any]


class Replay:
    """Runs passes of one model.

    Attributes:
        layers: the layers that are looked at, by their index in the graph.
        kernels: per layer the weights whose statistics are taken.
        traced: whether the pass is a traced function.
        computes: whether the pass goes on to the loss and back.
    """

    def __init__(
        self, tf: Any, model: Any, layers: list[Any], compute: Compute | None, *, traced: bool
    ) -> None:
        """Prepare the pass.

        Args:
            layers: all layers in the graph's order.
            compute: the loss of a hand-written loop, of targets and predictions; None: compiled.
            traced: whether the program trains in a traced function; eager models may use what
                cannot be traced.
        """
        self.tf = tf
        self.model = model
        self.layers = chosen_layers(layers)
        self._compute = compute
        self._trainable = list(model.trainable_weights)
        trained = {id(variable) for variable in self._trainable}
        self.kernels = {i: kernels_of(layer, trained) for i, layer in self.layers.items()}
        self._restored = _untrained(tf, model, layers)
        self.traced = traced
        self.computes = True
        self._function: Any = None
        self._specifications: Any = None
        self._keys: dict[str, list[Any]] = {}

    def run(self, sides: Any, rows: int) -> Pass:
        """Run the first `rows` samples of (inputs, targets, sample weights) at the present state.

        Call it with the observer's hooks and every source of chance held still.
        """
        held = copies(self.tf, self._restored)
        with silent_warnings():
            try:
                return self._named(self._call(sides, rows))
            except (TypeError, ValueError, self.tf.errors.InvalidArgumentError):
                put_back(held)
                if not self.computes:
                    raise
            self.computes, self._function = False, None  # the loss may not be meant for this model
            try:
                return self._named(self._call(sides, rows))
            finally:
                put_back(held)

    def _call(self, sides: Any, rows: int) -> dict[str, list[Any]]:
        tf = self.tf
        leaves = tf.nest.flatten(sides)
        given = [leaf is not None for leaf in leaves]
        tensors = [_tensor(tf, leaf) for leaf in leaves if leaf is not None]

        def run(count: Any, *parts: Any) -> dict[str, list[Any]]:
            rest = iter(parts)
            cut = [next(rest)[:count] if present else None for present in given]
            return self._pass(tf.nest.pack_sequence_as(sides, cut))

        call = self._compiled(run, tensors) if self.traced else run
        found: dict[str, list[Any]] = call(tf.constant(rows), *tensors)
        return found

    def _compiled(self, run: Any, tensors: list[Any]) -> Any:
        """The traced function; sizes that change from batch to batch are left open."""
        tf = self.tf
        if self._function is None or not _fit(self._specifications, tensors):
            before = self._specifications or []
            known = before if len(before) == len(tensors) else tensors
            self._specifications = _opened(tf, tensors, known)
            self._function = tf.function(
                tf.autograph.experimental.do_not_convert(run)
            ).get_concrete_function(tf.TensorSpec([], tf.int32), *self._specifications)
        return self._function

    def _pass(self, sides: Any) -> dict[str, list[Any]]:
        tf, model = self.tf, self.model
        x, y, weights = sides
        kept = [tf.identity(raw(variable)) for variable in self._restored]
        by_id = {id(layer): layer for layer in self.layers.values()}
        with tf.GradientTape() as tape, keras_calls.capture(by_id) as captured:
            trains = getattr(model, "_call_has_training_arg", True)
            predictions = model(x, training=True) if trains else model(x)
            loss = self._loss(x, y, predictions, weights)
        outputs = self._first_outputs(captured)
        gradients, after = self._gradients(tape, loss, outputs)
        found = self._samples(outputs, gradients, after)
        found |= {"loss": [] if loss is None else [tf.reduce_mean(tf.cast(loss, tf.float32))]}
        found |= {"predictions": tf.nest.flatten(predictions)}
        for variable, value in zip(self._restored, kept, strict=True):
            variable.assign(value)
        if hasattr(model, "_clear_losses"):
            model._clear_losses()
        return found

    def _loss(self, x: Any, y: Any, predictions: Any, weights: Any) -> Any:
        if not self.computes:
            return None
        if self._compute is not None:
            return self._compute(y, predictions)
        return compiled_loss(self.model, x, y, predictions, weights)

    def _first_outputs(self, captured: dict[int, Any]) -> dict[int, Any]:
        """Per layer its first output, where it is a tensor of numbers of this very pass."""
        tf, found = self.tf, {}
        for index, layer in self.layers.items():
            leaves = tf.nest.flatten(captured.get(id(layer)))
            tensor = next((leaf for leaf in leaves if tf.is_tensor(leaf)), None)
            if not isinstance(tensor, tf.Tensor) or tensor.shape.rank is None:
                continue
            here = tf.executing_eagerly() or tensor.graph is tf.compat.v1.get_default_graph()
            if here and (tensor.dtype.is_floating or tensor.dtype.is_integer):
                found[index] = tensor
        return found

    def _gradients(self, tape: Any, loss: Any, outputs: dict[int, Any]) -> tuple[Any, Any]:
        """(by position among the trainable variables, by layer); None where nothing flows."""
        if loss is None:
            return [], {}
        places = [index for index, tensor in outputs.items() if tensor.dtype.is_floating]
        sources = [raw(v) for v in self._trainable] + [outputs[index] for index in places]
        found = tape.gradient(loss, sources) if sources else []
        count = len(self._trainable)
        return found[:count], dict(zip(places, found[count:], strict=True))

    def _samples(self, outputs: Any, gradients: Any, after: Any) -> dict[str, list[Any]]:
        tf = self.tf
        self._keys = {"outputs": [], "after": [], "gradients": []}
        found: dict[str, list[Any]] = {"outputs": [], "after": [], "gradients": []}
        for name, tensors in (("outputs", outputs), ("after", after)):
            for index, tensor in tensors.items():
                if tensor is not None:
                    first = channels_first(self.layers[index], tensor)
                    leaves = sampled(tf, tf.convert_to_tensor(tensor), first, BATCH_PART)
                    self._keys[name].append((index, len(found[name]), len(leaves), first))
                    found[name] += leaves
        wanted = {id(variable) for kernels in self.kernels.values() for variable in kernels}
        for variable, gradient in zip(self._trainable, gradients, strict=False):
            if gradient is not None and id(variable) in wanted:
                found["gradients"].append(tf.cast(tf.convert_to_tensor(gradient), tf.float32))
                self._keys["gradients"].append(id(variable))
        return found

    def _named(self, found: dict[str, list[Any]]) -> Pass:
        samples = {
            name: {
                index: read(found[name][start : start + count], first)
                for index, start, count, first in self._keys[name]
            }
            for name in ("outputs", "after")
        }
        gradients = map(array_of, found["gradients"])
        return Pass(
            loss=float(found["loss"][0]) if found["loss"] else None,
            predictions=list(found["predictions"]),
            outputs=samples["outputs"],
            output_gradients=samples["after"],
            gradients=dict(zip(self._keys["gradients"], gradients, strict=True)),
        )


def _untrained(tf: Any, model: Any, layers: list[Any]) -> list[Any]:
    trained = {id(variable) for variable in model.trainable_weights}
    return [variable for variable in state_of(tf, model, layers) if id(variable) not in trained]


def compiled_loss(model: Any, x: Any, y: Any, predictions: Any, weights: Any) -> Any:
    """The compiled loss with all its additions, None when the model was not compiled with one."""
    if getattr(model, "loss", None) in (None, {}) and not getattr(model, "losses", None):
        return None
    if any(base.__module__.startswith("keras.") for base in type(model).__mro__):
        return model.compute_loss(
            x=x, y=y, y_pred=predictions, sample_weight=weights, training=True
        )
    return model.compute_loss(x, y, predictions, weights)


@contextmanager
def silent_warnings() -> Iterator[None]:
    """Warnings of the observer's own passes are not the program's; its filters stay untouched."""
    shown = warnings.showwarning
    warnings.showwarning = lambda *_, **__: None
    try:
        yield
    finally:
        warnings.showwarning = shown


def _tensor(tf: Any, leaf: Any) -> Any:
    return leaf if isinstance(leaf, tf.Tensor) else tf.convert_to_tensor(leaf)


def _opened(tf: Any, tensors: list[Any], before: list[Any]) -> list[Any]:
    """Specifications with the batch open, and every other size that differs from before."""
    return [
        tf.TensorSpec(_open(tensor.shape, known.shape), tensor.dtype)
        for tensor, known in zip(tensors, before, strict=True)
    ]


def _open(shape: Any, before: Any) -> list[int | None]:
    sizes = zip(shape, before, strict=True)
    return [None if i == 0 or now != then else now for i, (now, then) in enumerate(sizes)]


def _fit(specifications: list[Any], tensors: list[Any]) -> bool:
    return len(specifications) == len(tensors) and all(
        spec.is_compatible_with(tensor)
        for spec, tensor in zip(specifications, tensors, strict=True)
    )
