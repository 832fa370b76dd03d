"""How a program writes its classes or targets, decided from the values alone.

A float array that holds only integers counts by its values, and a single column counts as scalars.
What the values leave open is "unknown", never a guess: three samples with the labels 0, 1, 2 may be
classes or numbers. The order of the questions matters and is that of `_scalar` and `_rows`.
"""

from __future__ import annotations

import math
from typing import Any

from .label_columns import column_of
from .statistics import (
    MAX_BALANCE,
    MAX_LISTED,
    WHOLE_LABELS,
    as_array,
    number,
    subsample,
)

DENSE = 0.8
"""Class numbers use at least this share of the numbers between the smallest and the largest."""
SUM_TOLERANCE = 1e-4
"""A row of probabilities in single precision sums to one within this."""
LARGEST_STREAMED_CLASS = 100_000
"""In a few batches of unknown total, integers of an integer type below this are class numbers."""
BYTE_VALUES = 200
"""Whole numbers 0..255 with this many distinct ones, in a picture, are brightness, not classes."""


def describe(
    array: Any, *, samples: int | None, name: str | None, limit: int, inputs: Any
) -> dict[str, Any]:
    """LabelStats of the array (samples, ...); arguments as of `statistics.describe_labels`."""
    given = as_array(array)
    given = given.reshape(1) if given.ndim == 0 else given
    part = given if given.size <= WHOLE_LABELS else subsample(given, limit)
    stats: dict[str, Any] = {
        "name": name,
        "samples": samples,
        "inspected": len(part),
        "shape": [int(length) for length in part.shape[1:]],
        "dtype": str(getattr(getattr(array, "dtype", None), "name", None) or given.dtype),
    }
    if part.dtype.kind in "USO":
        return stats | _describe_texts(part)
    if part.dtype.kind not in "iuf" or not part.size:
        return stats
    if inputs is not None and _equal_inputs(part, given, inputs, limit):
        return stats | _summary(part) | {"encoding": "inputs"}
    stats |= _summary(part) | _encoding(part, streamed=samples is None)
    return stats | {"input_position": _position(part, given, inputs, limit)}


def _position(part: Any, given: Any, inputs: Any, limit: int) -> int | None:
    """Which value of a sample's input is its label."""
    others = None if inputs is None else as_array(inputs)
    if others is None or len(others) != len(given):
        return None
    return column_of(subsample(others, limit) if len(part) < len(given) else others, part)


def _describe_texts(part: Any) -> dict[str, Any]:
    """Labels that are no numbers; classes are counted when every label is a text."""
    values = [value for value in part.ravel() if isinstance(value, (str, bytes))]
    if not values or len(values) < part.size:
        return {"encoding": "unknown"}
    return {"encoding": "text", "classes": len(set(values))}


def _equal_inputs(part: Any, given: Any, inputs: Any, limit: int) -> bool:
    """Whether each sample's label is its own input; one number per sample is no autoencoder."""
    import numpy as np

    others = as_array(inputs)
    size = math.prod(given.shape[1:])
    if others.dtype.kind not in "iuf" or len(others) != len(given) or size < 2:
        return False
    if others.size != given.size:
        return False
    if len(part) < len(given):
        others = subsample(others, limit)
    return bool(np.array_equal(part.reshape(len(part), -1), others.reshape(len(part), -1)))


def _summary(part: Any) -> dict[str, Any]:
    """Bounds, moments and the listed distinct values of the finite labels."""
    import numpy as np

    finite = part[np.isfinite(part)]
    stats: dict[str, Any] = {"nan": float(np.isnan(part).mean())}
    if not finite.size:
        return stats
    values = np.unique(finite)
    listed = [float(value) for value in values] if len(values) <= MAX_LISTED else None
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = finite.mean(dtype=np.float64), finite.std(dtype=np.float64)
    return stats | {
        "values": listed,
        "min": number(values[0]),
        "max": number(values[-1]),
        "mean": number(mean),
        "std": number(std),
    }


def _encoding(part: Any, *, streamed: bool) -> dict[str, Any]:
    """Encoding, classes, balance and order of numeric labels; samples with gaps are left out."""
    import numpy as np

    whole = np.isfinite(part.reshape(len(part), -1)).all(axis=1)
    rows = part[whole]
    if not len(rows):
        return {"encoding": "unknown"}
    if math.prod(rows.shape[1:]) == 1:
        return _scalar(rows.reshape(-1), streamed=streamed)
    return _rows(rows, streamed=streamed)


def _scalar(labels: Any, *, streamed: bool) -> dict[str, Any]:
    """One number per sample."""
    import numpy as np

    values = np.unique(labels)
    if len(values) == 1:
        return {"encoding": "constant" if len(labels) > 1 else "unknown"}
    if np.array_equal(values, [0, 1]):
        return {"encoding": "binary"} | _classes(labels, values)
    if np.array_equal(values, [-1, 1]):
        return {"encoding": "plus_minus_one"} | _classes(labels, values)
    encoding = _integer_kind(labels, values, streamed=streamed)
    if encoding != "integer":
        return {"encoding": encoding}
    return {"encoding": encoding} | _classes(labels, np.arange(values[0], values[-1] + 1))


def _integer_kind(labels: Any, values: Any, *, streamed: bool) -> str:
    """Whether these numbers are class numbers ("integer"), "continuous", or cannot be told.

    Class numbers are whole, not negative, repeat (two samples per class on average) and leave few
    gaps. A stream shows few of its samples, so there an integer type stands for the repetition.
    """
    import numpy as np

    if not (values == np.rint(values)).all():
        return "continuous"
    few = len(values) * 2 <= labels.size
    dense = len(values) >= DENSE * (float(values[-1]) - float(values[0]) + 1)
    if values[0] >= 0 and streamed and labels.dtype.kind in "iu":
        return "integer" if values[-1] < LARGEST_STREAMED_CLASS else "continuous"
    if values[0] < 0:
        return "unknown" if few and len(values) <= MAX_LISTED else "continuous"
    if dense:
        return "integer" if few else "unknown"
    return "unknown" if few and len(values) <= MAX_LISTED else "continuous"


def _classes(labels: Any, classes: Any) -> dict[str, Any]:
    """Number, balance and order of classes that are written as numbers."""
    import numpy as np

    facts: dict[str, Any] = {"classes": len(classes), "ordered": _is_ordered(labels)}
    if len(classes) <= MAX_BALANCE:
        counts = [int(np.count_nonzero(labels == value)) for value in classes]
        facts["balance"] = [count / labels.size for count in counts]
    return facts


def _is_ordered(labels: Any) -> bool:
    """Whether each class is one unbroken run, with at least two samples per class on average."""
    import numpy as np

    distinct = len(np.unique(labels))
    runs = 1 + int(np.count_nonzero(labels[1:] != labels[:-1]))
    return distinct >= 2 and runs == distinct and len(labels) >= 2 * distinct


def _rows(rows: Any, *, streamed: bool) -> dict[str, Any]:
    """Several numbers per sample: the last axis holds classes, or each number is its own label."""
    import numpy as np

    values = np.unique(rows)
    width = int(rows.shape[-1])
    if len(values) == 1:
        return {"encoding": "constant"}
    if np.array_equal(values, [0, 1]):
        return _zeros_and_ones(rows, width)
    if np.array_equal(values, [-1, 1]):
        return {"encoding": "plus_minus_one", "classes": 2}
    sums = rows.sum(axis=-1, dtype=np.float64)
    if width > 1 and values[0] >= 0 and bool(np.allclose(sums, 1, rtol=0, atol=SUM_TOLERANCE)):
        return {"encoding": "probabilities", "classes": width}
    if _is_picture(rows, values):
        return {"encoding": "continuous"}
    return _tokens(rows.reshape(-1), values, streamed=streamed)


def _zeros_and_ones(rows: Any, width: int) -> dict[str, Any]:
    """Rows of 0 and 1; a balance is the share of rows in which the class is set."""
    import numpy as np

    flat = rows.reshape(-1, width)
    if rows.ndim == 4 and rows.shape[1] == 1:  # masks with the channel first, as PyTorch has them
        flat, width = rows.reshape(-1, 1), 1
    if width == 1:
        return {"encoding": "binary", "classes": 2, "balance": _shares(flat)}
    single = bool((flat.sum(axis=1, dtype=np.int64) == 1).all())
    facts: dict[str, Any] = {"encoding": "one_hot" if single else "multi_hot", "classes": width}
    if single and rows.ndim == 2:
        facts["ordered"] = _is_ordered(flat.argmax(axis=1))
    if width <= MAX_BALANCE:
        facts["balance"] = [float(share) for share in flat.mean(axis=0, dtype=np.float64)]
    return facts


def _shares(flat: Any) -> list[float]:
    import numpy as np

    ones = float(flat.mean(dtype=np.float64))
    return [1.0 - ones, ones]


def _is_picture(rows: Any, values: Any) -> bool:
    """Brightness values of an image: (height, width, 1 or 3), whole numbers up to 255."""
    if rows.ndim != 4 or rows.shape[-1] not in (1, 3, 4):
        return False
    return rows.shape[-1] != 1 or (len(values) >= BYTE_VALUES and values[-1] <= 255)


def _tokens(labels: Any, values: Any, *, streamed: bool) -> dict[str, Any]:
    """A class number per position, or plain numbers."""
    import numpy as np

    encoding = _integer_kind(labels, values, streamed=streamed)
    if encoding != "integer":
        return {"encoding": encoding}
    classes = np.arange(values[0], values[-1] + 1)
    return {"encoding": "tokens"} | _classes(labels, classes) | {"ordered": False}
