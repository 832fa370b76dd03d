"""The data of a Keras fit call as a part to train on and a part to measure on.

Arrays are cut by rows; a stream (tf.data, Sequence, generator) is drawn up to the bound and cut by
whole batches, every fourth of which is held out.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from .keras_data import array_leaves
from .measure_run import held_out_rows
from .measure_scores import Unmeasurable

DEFAULT_BATCH = 32
MOST_BYTES = 2**29
"""Of drawn batches and of taken rows."""
FEWEST_BATCHES = 8
"""Drawn whatever the clock says; every run of a pair draws as many as the first one did."""


class Parts(NamedTuple):
    """What a fit call trains on and what its model is measured on.

    Attributes:
        x, y, weights: training part; held_x, held_y: held-out part, the same as the training part
            when `held_out` is False.
        samples: rows of both parts.
        own_steps: training steps of the program's own call on these rows; None when unknown.
    """

    x: Any
    y: Any
    weights: Any
    held_x: Any
    held_y: Any
    held_out: bool
    samples: int
    batch_size: int
    own_steps: int | None


def parts_of(arguments: dict[str, Any], request: dict[str, Any], seed: int) -> Parts:
    """Cut the data of this fit call.

    Raises:
        Unmeasurable: the data cannot be cut.
    """
    if array_leaves(arguments.get("x")):
        return _of_arrays(arguments, request, seed)
    return _of_stream(arguments, request, seed)


def _of_arrays(arguments: dict[str, Any], request: dict[str, Any], seed: int) -> Parts:
    x, y, weights = (arguments.get(name) for name in ("x", "y", "sample_weight"))
    if y is None:
        raise Unmeasurable("fit was given no targets")
    samples = len_of(first_leaf(x))
    room = max(1, MOST_BYTES // max(1, _row_bytes(x) + _row_bytes(y)))
    most = min(int(request["samples"]), room)
    train, held = held_out_rows(samples, {**request, "samples": most}, seed)
    size = int(arguments.get("batch_size") or DEFAULT_BATCH)
    split = float(arguments.get("validation_split") or 0.0)
    seen = len(train) if samples <= most else math.floor(samples * (1 - split))
    steps = math.ceil(seen / size) * int(arguments.get("epochs") or 1)
    return Parts(
        rows(x, train),
        rows(y, train),
        None if weights is None else rows(weights, train),
        rows(x, held),
        rows(y, held),
        held_out=not (len(train) == len(held) and (train == held).all()),
        samples=min(samples, most),
        batch_size=size,
        own_steps=steps,
    )


def _of_stream(arguments: dict[str, Any], request: dict[str, Any], seed: int) -> Parts:
    batches = list(_drawn(arguments, request))
    if len(batches) < 2:
        raise Unmeasurable("the stream gave fewer than two batches")
    every = max(2, round(1 / float(request["held_out"])))
    kept = [batch for i, batch in enumerate(batches) if i % every != seed % every]
    held = [batch for i, batch in enumerate(batches) if i % every == seed % every]
    if not held:
        kept, held = batches[:-1], batches[-1:]
    x, y, weights = (joined([batch[side] for batch in kept]) for side in range(3))
    held_x, held_y = (joined([batch[side] for batch in held]) for side in range(2))
    if y is None:
        raise Unmeasurable("the stream gives no targets")
    count = arguments.get("steps_per_epoch") or _length(arguments["x"])
    epochs = int(arguments.get("epochs") or 1)
    samples = sum(len_of(first_leaf(batch[0])) for batch in batches)
    size = len_of(first_leaf(batches[0][0]))
    steps = None if count is None else int(count) * epochs
    return Parts(x, y, weights, held_x, held_y, True, samples, size, steps)


def _drawn(arguments: dict[str, Any], request: dict[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """(x, y, sample weights) of the first batches, up to the bound on rows, bytes and time."""
    stream, limit = arguments["x"], arguments.get("steps_per_epoch") or _length(arguments["x"])
    taken, size, started = 0, 0, time.monotonic()
    for number in itertools.count():
        if limit is not None and number >= int(limit):
            return
        element = _element(stream, number) if _indexed(stream) else next(_iterator(stream), None)
        if element is None:
            return
        batch = unpacked(element)
        yield batch
        taken += len_of(first_leaf(batch[0]))
        size += _bytes(batch[0]) + _bytes(batch[1])
        late = time.monotonic() - started > float(request["seconds"]) / 2
        if taken >= int(request["samples"]) or size >= MOST_BYTES:
            return
        if late and number + 1 >= FEWEST_BATCHES:
            return


def _indexed(stream: Any) -> bool:
    return hasattr(stream, "__getitem__") and hasattr(stream, "__len__")


def _element(stream: Any, number: int) -> Any:
    return stream[number] if number < len(stream) else None


_iterators: dict[int, tuple[Any, Iterator[Any]]] = {}


def _iterator(stream: Any) -> Iterator[Any]:
    """One iterator per stream; generators are their own."""
    if id(stream) not in _iterators:
        _iterators[id(stream)] = (stream, iter(stream))
    return _iterators[id(stream)][1]


def _length(stream: Any) -> int | None:
    """Batches in one epoch, when the stream knows."""
    try:
        length = len(stream)
    except (TypeError, NotImplementedError):
        return None
    return length if length > 0 else None


def unpacked(element: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample weights) of one element, as NumPy arrays."""
    if not isinstance(element, (tuple, list)):
        return numpy_of(element), None, None
    x, y, weights = [*element, None, None][:3]
    return numpy_of(x), numpy_of(y), numpy_of(weights)


# Structures of arrays


def numpy_of(value: Any) -> Any:
    """The structure with NumPy arrays for leaves."""
    import numpy as np

    if value is None:
        return None
    if isinstance(value, dict):
        return {name: numpy_of(leaf) for name, leaf in value.items()}
    if isinstance(value, (list, tuple)) and value and hasattr(value[0], "shape"):
        return type(value)(numpy_of(leaf) for leaf in value)
    return np.asarray(value.numpy() if hasattr(value, "numpy") else value)


def rows(value: Any, chosen: Any) -> Any:
    """These rows of every array in the structure."""
    import numpy as np

    if isinstance(value, dict):
        return {name: rows(leaf, chosen) for name, leaf in value.items()}
    if isinstance(value, (list, tuple)) and value and all(hasattr(v, "shape") for v in value):
        return type(value)(rows(leaf, chosen) for leaf in value)
    if hasattr(value, "iloc"):
        return value.iloc[chosen]
    if hasattr(value, "tocsr"):
        return value.tocsr()[chosen]
    if hasattr(value, "numpy"):
        value = value.numpy()
    return (value if hasattr(value, "shape") else np.asarray(value))[chosen]


def first_leaf(value: Any) -> Any:
    """The first array of the structure."""
    leaves = array_leaves(value)
    if not leaves:
        raise Unmeasurable(f"expected arrays, received {type(value).__name__}")
    return leaves[0]


def len_of(array: Any) -> int:
    """Rows of an array, data frame or sparse matrix."""
    shape = getattr(array, "shape", None)
    return int(shape[0]) if shape else len(array)


def joined(parts: list[Any]) -> Any:
    """One structure of all batches, row after row."""
    import numpy as np

    first = parts[0]
    if first is None:
        return None
    if isinstance(first, dict):
        return {name: joined([part[name] for part in parts]) for name in first}
    if isinstance(first, (list, tuple)):
        return type(first)(joined([part[i] for part in parts]) for i in range(len(first)))
    if len({part.shape[1:] for part in parts}) > 1:
        raise Unmeasurable("batches of different shapes cannot be put together")
    return np.concatenate(parts)


def _bytes(value: Any) -> int:
    return sum(int(getattr(leaf, "nbytes", 0)) for leaf in array_leaves(value) or [])


def _row_bytes(value: Any) -> int:
    leaves = array_leaves(value) or []
    sizes = [math.prod(tuple(leaf.shape)[1:]) * 8 for leaf in leaves if hasattr(leaf, "shape")]
    return sum(sizes)
