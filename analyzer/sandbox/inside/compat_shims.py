"""Small replacements for what has no successor of the same shape: made when first used.

Each maker takes the Keras root in use ("keras", "tensorflow.keras", "tf_keras", "" outside Keras)
and gives the object that the old name stood for.
"""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Callable
from typing import Any

ABSENT: Any = object()


def make(shim: str, root: str, name: str | None) -> Any:
    """The object for "shim:NAME"; for a whole module, its attribute `name`."""
    maker = _MODULES.get(shim)
    if maker is not None:
        return ABSENT if name is None else maker(root).get(name, ABSENT)
    return _OBJECTS[shim](root)


def keras_of(root: str) -> Any:
    """The Keras package behind a root: the real one, or tf_keras."""
    legacy = root.startswith("tf_keras") or (
        "tf_keras" in sys.modules and "keras.src" not in sys.modules
    )
    return importlib.import_module("tf_keras" if legacy else "keras")


def do_nothing(*_arguments: Any, **_keywords: Any) -> None:
    """Stands in for a call that only draws or configures."""


def unsupported(root: str) -> Any:
    """No stand-in: the name counts as missing."""
    raise AttributeError(f"removed, and nothing under {root or 'the library'} does its work")


def silent_callback(root: str, name: str) -> Any:
    """A callback class of that name which accepts everything and does nothing."""
    base = keras_of(root).callbacks.Callback

    def accept(self: Any, *_arguments: Any, **_keywords: Any) -> None:
        base.__init__(self)

    return type(name, (base,), {"__init__": accept, "__module__": f"{root}.callbacks"})


def merge(root: str) -> Any:
    """Keras 1's `Merge(mode=...)` as today's merging layer; models stand for their outputs."""
    layers = keras_of(root).layers
    modes = {
        "concat": layers.Concatenate,
        "sum": layers.Add,
        "mul": layers.Multiply,
        "ave": layers.Average,
        "max": layers.Maximum,
        "dot": layers.Dot,
    }

    def build(inputs: Any = None, mode: str = "sum", concat_axis: int = -1, **_old: Any) -> Any:
        layer = modes[mode](axis=concat_axis) if mode in ("concat", "dot") else modes[mode]()
        if inputs is None:
            return layer
        tensors = [getattr(item, "output", item) for item in inputs]
        return layer(tensors)

    return build


def time_distributed_dense(root: str) -> Any:
    """Keras 1's layer as `TimeDistributed(Dense(...))`."""
    layers = keras_of(root).layers

    def build(output_dim: int, **keywords: Any) -> Any:
        return layers.TimeDistributed(layers.Dense(output_dim, **keywords))

    return build


def thresholded_relu(root: str) -> Any:
    """`ThresholdedReLU(theta)` as `ReLU(threshold=theta)`."""
    layers = keras_of(root).layers

    def build(theta: float = 1.0, **keywords: Any) -> Any:
        return layers.ReLU(threshold=theta, **keywords)

    return build


def backend_function(root: str) -> Any:
    """`K.function(inputs, outputs)` as a functional model; a learning phase input is ignored."""
    keras = keras_of(root)

    def function(inputs: Any, outputs: Any, *_updates: Any, **_keywords: Any) -> Any:
        tensors = [item for item in _listed(inputs) if hasattr(item, "shape")]
        model = keras.Model(tensors, _listed(outputs))

        def call(values: Any) -> list[Any]:
            results = model(_listed(values)[: len(tensors)], training=False)
            return [
                keras.ops.convert_to_numpy(result) if hasattr(keras, "ops") else result.numpy()
                for result in _listed(results)
            ]

        return call

    return function


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def image_dim_ordering(root: str) -> Any:
    """Keras 1's "tf" or "th" for today's data format."""
    backend = keras_of(root).backend

    def ordering() -> str:
        return "th" if backend.image_data_format() == "channels_first" else "tf"

    return ordering


def set_image_dim_ordering(root: str) -> Any:
    """Keras 1's setter; the CPU can convolve channels last only, so "th" is kept as asked."""
    backend = keras_of(root).backend
    formats = {"th": "channels_first", "tf": "channels_last"}

    def choose(ordering: str) -> None:
        backend.set_image_data_format(formats.get(ordering, ordering))

    return choose


def logcosh(root: str) -> Any:
    """Today's log_cosh function under its old name."""
    losses = keras_of(root).losses
    return getattr(losses, "log_cosh", None) or losses.LogCosh()


def merge_call(root: str) -> Any:
    """Keras 1's functional `merge([...], mode=...)`."""
    return merge(root)


def _np_utils(root: str) -> dict[str, Any]:
    utils = keras_of(root).utils
    return {
        "categorical_probas_to_classes": lambda p: p.argmax(axis=1),
        "probas_to_classes": lambda p: p.argmax(axis=-1),
        "to_categorical": utils.to_categorical,
        "normalize": utils.normalize,
    }


def _scikit_learn(root: str) -> dict[str, Any]:
    from .compat_wrappers import wrappers

    return wrappers(keras_of(root))


def _scipy_misc(_root: str) -> dict[str, Any]:
    def imread(name: str, flatten: bool = False, mode: str | None = None) -> Any:
        import numpy
        from PIL import Image

        image = Image.open(name)
        return numpy.asarray(image.convert("F" if flatten else mode or image.mode))

    def imresize(array: Any, size: Any, interp: str = "bilinear", mode: str | None = None) -> Any:
        import numpy
        from PIL import Image

        image = Image.fromarray(numpy.uint8(array), mode)
        height, width = size[:2] if isinstance(size, tuple | list) else _scaled(image, size)
        return numpy.asarray(image.resize((width, height), _filter(interp)))

    return {"imread": imread, "imresize": imresize, "imshow": do_nothing, "imsave": do_nothing}


def _of_scipy_misc(name: str, root: str) -> Any:
    """One function, for releases that still have the module, emptied."""
    return _scipy_misc(root)[name]


def _scaled(image: Any, size: float) -> tuple[int, int]:
    factor = size / 100 if isinstance(size, int) else size
    return int(image.height * factor), int(image.width * factor)


def _filter(name: str) -> Any:
    from PIL import Image

    return getattr(Image.Resampling, name.upper(), Image.Resampling.BILINEAR)


def _torch_six(_root: str) -> dict[str, Any]:
    import collections.abc

    return {
        "string_classes": (str, bytes),
        "int_classes": int,
        "inf": float("inf"),
        "container_abcs": collections.abc,
    }


def _nothing(_root: str) -> dict[str, Any]:
    return {}


def _imputer(_root: str) -> Any:
    from sklearn.impute import SimpleImputer

    def build(missing_values: Any = "NaN", strategy: str = "mean", **_old: Any) -> Any:
        if missing_values == "NaN":
            missing_values = float("nan")
        return SimpleImputer(missing_values=missing_values, strategy=strategy)

    return build


def _numpy_cast(_root: str) -> Any:
    import numpy

    class Cast(dict[Any, Any]):
        def __missing__(self, kind: Any) -> Any:
            return lambda value: numpy.asarray(value).astype(kind)

    return Cast()


_MODULES: dict[str, Callable[[str], dict[str, Any]]] = {
    "np_utils": _np_utils,
    "visualize_util": lambda _root: {"plot": do_nothing, "model_to_dot": do_nothing},
    "scikit_learn": _scikit_learn,
    "interfaces": lambda _root: {},
    "scipy_misc": _scipy_misc,
    "torch_six": _torch_six,
    "mnist_tutorial": _nothing,
}

_OBJECTS: dict[str, Callable[[str], Any]] = {
    "unsupported": unsupported,
    "do_nothing": lambda _root: do_nothing,
    "nothing": lambda _root: ABSENT,
    "same_model": lambda _root: lambda model, *_a, **_k: model,
    "merge": merge,
    "merge_call": merge_call,
    "time_distributed_dense": time_distributed_dense,
    "thresholded_relu": thresholded_relu,
    "backend_function": backend_function,
    "learning_phase": lambda _root: lambda: 0,
    "image_dim_ordering": image_dim_ordering,
    "set_image_dim_ordering": set_image_dim_ordering,
    "logcosh": logcosh,
    "asscalar": lambda _root: lambda array: array.item(),
    "numpy_cast": _numpy_cast,
    "imputer": _imputer,
    **{
        f"scipy_{name}": functools.partial(_of_scipy_misc, name)
        for name in ("imread", "imresize", "imsave", "imshow")
    },
}


def register(name: str, maker: Callable[[str], Any]) -> None:
    """Adds a shim that another module provides (the missing data sets)."""
    _OBJECTS[name] = maker
