"""The data that a Keras program trains on, as the JSON form of `observed.DataProfile`.

Arrays are described as they are given; of a stream only the batches that the program itself drew
are described, so nothing is consumed on its behalf.
"""

from __future__ import annotations

import math
from types import FrameType
from typing import Any

from .statistics import as_array, data_kind, describe_array, describe_labels

MOST_ARRAYS = 32
KEPT_VALUES = 2**22
"""Values kept of a stream's batches; later batches are not kept."""


def array_leaves(value: Any) -> list[Any] | None:
    """The arrays in the argument of fit, one per input or output; None when it is a stream.

    A list of arrays stands for several inputs, a list of numbers or rows for one array.
    """
    if value is None:
        return []
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in array_leaves(item) or []]
    if isinstance(value, (list, tuple)):
        if value and all(_is_array(item) for item in value):
            return list(value)
        return [value]
    return [value] if _is_array(value) else None


def _is_array(value: Any) -> bool:
    """An array, eager tensor, data frame or sparse matrix: it has a shape and rows."""
    shape = getattr(value, "shape", None)
    return (
        shape is not None and hasattr(value, "__getitem__") and not hasattr(value, "element_spec")
    )


def to_numpy(value: Any, limit: int) -> Any:
    """At most `limit` samples as a NumPy array; data frames, tensors and sparse matrices too."""
    if hasattr(value, "tocsr"):
        value = value.tocsr()[:limit].toarray()
    for method in ("to_numpy", "numpy"):
        convert = getattr(value, method, None)
        if callable(convert):
            value = convert()
    array = as_array(value)
    return array if array.ndim else array.reshape(1)


class Names:
    """What the user's frame calls its values.

    Attributes:
        variables: name → value, locals before globals.
    """

    def __init__(self, frame: FrameType | None) -> None:
        self.variables: dict[str, Any] = {}
        if frame is not None:
            self.variables = {**frame.f_globals, **frame.f_locals}

    def of(self, value: Any) -> str | None:
        """The variable that holds this very object."""
        for name, held in self.variables.items():
            if held is value and not name.startswith("__"):
                return name
        return None

    def get(self, name: str) -> Any:
        """The value of a variable, None when there is none."""
        return self.variables.get(name)


def split_at(samples: int, share: float) -> int:
    """Training samples that remain when Keras splits off the last share for validation."""
    return math.floor(samples * (1.0 - share))


def describe_sides(
    x: Any, y: Any, names: Names, limit: int, part: slice = slice(None)
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """ArrayStats of the inputs and LabelStats of the labels, of the samples in `part`."""
    inputs, labels = array_leaves(x) or [], array_leaves(y) or []
    arrays = [to_numpy(value, limit)[part] for value in inputs[:MOST_ARRAYS]]
    targets = [to_numpy(value, limit)[part] for value in labels[:MOST_ARRAYS]]
    own = arrays[0] if len(arrays) == len(targets) == 1 else None
    return (
        [
            describe_array(array, samples=len(array), name=names.of(value), limit=limit)
            for array, value in zip(arrays, inputs, strict=False)
        ],
        [
            describe_labels(
                array, samples=len(array), name=names.of(value), limit=limit, inputs=own
            )
            for array, value in zip(targets, labels, strict=False)
        ],
    )


class Batches:
    """The first batches of a stream, kept until their values reach a bound.

    Attributes:
        inputs, labels: per input or output the arrays of the batches so far.
    """

    def __init__(self) -> None:
        self.inputs: list[list[Any]] = []
        self.labels: list[list[Any]] = []
        self._values = 0

    def add(self, inputs: list[Any], labels: list[Any]) -> None:
        """Keep copies of one batch; its arrays may be reused by the program."""
        import numpy as np

        size = sum(array.size for array in (*inputs, *labels))
        if self._values and self._values + size > KEPT_VALUES:
            return
        self._values += size
        for kept, arrays in ((self.inputs, inputs), (self.labels, labels)):
            if not kept:
                kept.extend([] for _ in arrays)
            for batches, array in zip(kept, arrays, strict=False):
                batches.append(np.array(array))

    def describe(
        self, samples: int | None, limit: int
    ) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """ArrayStats and LabelStats over all batches kept."""
        arrays = [_joined(batches) for batches in self.inputs[:MOST_ARRAYS]]
        targets = [_joined(batches) for batches in self.labels[:MOST_ARRAYS]]
        own = arrays[0] if len(arrays) == len(targets) == 1 else None
        return (
            [describe_array(array, samples=samples, limit=limit) for array in arrays],
            [describe_labels(a, samples=samples, limit=limit, inputs=own) for a in targets],
        )


def _joined(batches: list[Any]) -> Any:
    """One array of all batches with the shape of the first; others (padded longer) are left out."""
    import numpy as np

    shape = batches[0].shape[1:]
    return np.concatenate([batch for batch in batches if batch.shape[1:] == shape])


def kind_of(inputs: list[dict[str, Any]], graph: dict[str, Any] | None, first: bool) -> str:
    """The DataKind of the first input; an embedding at the start reads word numbers."""
    if not inputs:
        return "unknown"
    layers = [layer for layer in (graph or {}).get("layers", []) if layer["op"] != "input"]
    if layers and layers[0]["op"] == "embedding" and len(inputs) == 1:
        return "text"
    stats = inputs[0]
    return data_kind(stats["shape"], stats["dtype"], stats, channels_first=first)


def profiled(names: Names, wanted: Any, limit: int) -> list[dict[str, Any]]:
    """ArrayStats of the variables that the parent asked for by name (test inputs)."""
    found = []
    for name in list(wanted or [])[:MOST_ARRAYS]:
        value = names.get(name)
        if _is_array(value) or (isinstance(value, list) and value):
            array = to_numpy(value, limit)
            found.append(describe_array(array, samples=len(array), name=name, limit=limit))
    return found
