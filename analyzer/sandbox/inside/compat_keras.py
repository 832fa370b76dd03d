"""Old spellings of Keras, for Keras 3 and tf_keras alike: called once a Keras was imported."""

from __future__ import annotations

import inspect
import re
from typing import Any

from . import compat_fit, compat_shims
from .compat_arguments import CALLBACKS, EVERY_LAYER, KEPT_BY_KERAS_TWO, LAYERS, OPTIMIZERS, PAIRS
from .compat_calls import translated
from .compat_record import Uses

SINCE_LAYERS = "Keras 2"


def adapt(keras: Any, uses: Uses) -> None:
    """Teaches one Keras package the old keywords, methods and attributes.

    Args:
        keras: the imported package, `keras` or `tf_keras`.
        uses: where old spellings are reported.
    """
    _layers(keras, uses)
    _optimizers(keras, uses)
    _callbacks(keras, uses)
    _layer_shapes(keras, uses)
    compat_fit.adapt(keras, uses)


def _layers(keras: Any, uses: Uses) -> None:
    done: set[type] = set()
    for _, cls in sorted(vars(keras.layers).items()):
        if not inspect.isclass(cls) or cls in done or cls is keras.layers.Layer:
            continue
        done.add(cls)
        if "__init__" not in vars(cls):
            continue
        own = cls.__name__
        table = {**EVERY_LAYER, **LAYERS.get(own, {})}
        if keras.__version__.startswith("2"):
            table = {old: new for old, new in table.items() if old not in KEPT_BY_KERAS_TWO}
        wrapped = translated(
            cls.__init__, table, uses, own, SINCE_LAYERS, PAIRS.get(own), _old_style(own, uses)
        )
        setattr(cls, "__init__", wrapped)  # noqa: B010
    _function(keras, "Input", uses)


def _function(keras: Any, name: str, uses: Uses) -> None:
    """`Input` is a function; it is public in two places."""
    wrapped = translated(getattr(keras, name), LAYERS[name], uses, name)
    setattr(keras, name, wrapped)
    setattr(keras.layers, name, wrapped)


def _old_style(owner: str, uses: Uses) -> Any:
    """Keras 1 wrote kernel height and width as two numbers: Conv2D(32, 3, 3, padding="same")."""
    if owner not in ("Conv2D", "Conv2DTranspose", "SeparableConv2D"):
        return None

    def join(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        numbers = arguments[1:4]
        if len(arguments) != 4 or not all(type(number) is int for number in numbers):
            return arguments, keywords
        if numbers[1] != numbers[2] or ("strides" not in keywords and numbers[1] == 1):
            return arguments, keywords
        uses.record(
            f"{owner}(filters, rows, columns)", f"{owner}(filters, (rows, columns))", SINCE_LAYERS
        )
        return (*arguments[:2], (numbers[1], numbers[2])), keywords

    return join


def _optimizers(keras: Any, uses: Uses) -> None:
    base = keras.optimizers.Optimizer
    for cls in {c for c in vars(keras.optimizers).values() if inspect.isclass(c)}:
        if not issubclass(cls, base) or cls is base or "__init__" not in vars(cls):
            continue
        decay = _decay(keras, cls, uses)
        wrapped = translated(cls.__init__, OPTIMIZERS, uses, cls.__name__, extra=decay)
        setattr(cls, "__init__", wrapped)  # noqa: B010
    if not hasattr(base, "lr"):
        base.lr = _alias(base, "learning_rate", uses)


def _alias(base: type, new: str, uses: Uses) -> property:
    def read(self: Any) -> Any:
        uses.record("optimizer.lr", "optimizer.learning_rate", "Keras 3")
        return getattr(self, new)

    def write(self: Any, value: Any) -> None:
        uses.record("optimizer.lr", "optimizer.learning_rate", "Keras 3")
        setattr(self, new, value)

    return property(read, write, doc=f"The old name of {base.__name__}.{new}.")


def _decay(keras: Any, cls: Any, uses: Uses) -> Any:
    """Keras 2's `decay`: the rate of step t is learning_rate / (1 + decay * t)."""
    default = inspect.signature(cls.__init__).parameters.get("learning_rate")

    def schedule(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        if "decay" not in keywords:
            return arguments, keywords
        keywords = dict(keywords)
        decay = keywords.pop("decay")
        uses.record(f"{cls.__name__}(decay=)", "learning_rate=InverseTimeDecay(...)", "Keras 2.11")
        rate = arguments[1] if len(arguments) > 1 else keywords.get("learning_rate")
        if rate is None and default is not None:
            rate = default.default
        if not decay or not isinstance(rate, int | float):
            return arguments, keywords
        keywords["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(
            float(rate), decay_steps=1, decay_rate=float(decay)
        )
        return arguments[:1] + arguments[2:] if len(arguments) > 1 else arguments, keywords

    return schedule


def _callbacks(keras: Any, uses: Uses) -> None:
    for name, table in CALLBACKS.items():
        cls = getattr(keras.callbacks, name, None)
        if cls is not None:
            cls.__init__ = translated(cls.__init__, table, uses, name)


def unknown_callback(uses: Uses) -> Any:
    """For a name that keras.callbacks never had: a class that does nothing.

    Programs import such names from patched copies of Keras that research tools ship. A name without
    a capital letter is one when the program calls it right there.
    """

    def answer(module: str, name: str) -> Any:
        if not name[:1].isupper() and not re.search(rf"\b{name}\s*\(", uses.line()):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        uses.note(f"{module} has no {name}; a callback that does nothing takes its place")
        return compat_shims.silent_callback(module.rpartition(".")[0], name)

    return answer


def _layer_shapes(keras: Any, uses: Uses) -> None:
    """`layer.input_shape` and `layer.output_shape`, which Keras 3 layers no longer have."""
    for name, tensor in (("input_shape", "input"), ("output_shape", "output")):
        if hasattr(keras.layers.Layer, name):
            continue
        setattr(keras.layers.Layer, name, _shape(name, tensor, uses))


def _shape(name: str, tensor: str, uses: Uses) -> property:
    def read(self: Any) -> Any:
        if not uses.by_user():  # Keras itself asks whether a layer has such an attribute
            raise AttributeError(name)
        try:
            value = getattr(self, tensor)
        except (AttributeError, ValueError) as error:
            raise AttributeError(f"{name}: {error}") from error
        uses.record(f"layer.{name}", f"layer.{tensor}.shape", "Keras 3")
        if isinstance(value, list):
            return [tuple(item.shape) for item in value]
        return tuple(value.shape)

    return property(read)
