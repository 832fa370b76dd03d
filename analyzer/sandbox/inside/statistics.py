"""Statistics of arrays of inputs and labels, as the JSON forms of ArrayStats and LabelStats.

Pure: nothing here changes an array, draws from a random generator of the program or keeps state.
NumPy is the one of the user's environment and is imported when a function is first called.
The first axis of every array counts samples. Statistics of a large array are taken from a bounded
number of its samples, chosen by a private generator with a fixed seed and kept in order: evenly
spaced samples would miss a class when labels repeat with a period.

Moments and bounds are those of the finite values; the shares of NaN and infinity stand beside
them. A quantity that does not exist (the mean of nothing) is None.
"""

from __future__ import annotations

import math
from typing import Any

LIMIT = 4096
"""Samples inspected by default."""
MAX_VALUES = 2**23
"""Values inspected of one array of inputs, so that huge images cost no more than small ones."""
WHOLE_LABELS = 2**22
"""Labels up to this many values are inspected whole: counting classes needs the rare ones too."""
MAX_DISTINCT = 1000
MAX_FEATURES = 256
MAX_BALANCE = 256
MAX_LISTED = 32
_CHUNK = 2**16
_MODULE_SEED = 20_190_511


def as_array(values: Any) -> Any:
    """The values as a NumPy array that holds numbers where numbers are meant.

    Lists of unequal length become a one-dimensional array of objects; booleans become integers,
    objects that are all numbers become floats, and half-precision types become single.
    """
    import numpy as np

    try:
        array = np.asarray(values)
    except ValueError:
        array = np.empty(len(values), dtype=object)
        array[:] = list(values)
    if array.dtype.kind == "O":
        return _numbers_of_objects(array)
    if array.dtype.kind == "b":
        return array.astype(np.int8)
    if array.dtype.kind == "V" or array.dtype == np.float16:
        return _single_precision(array)
    return array


def _numbers_of_objects(array: Any) -> Any:
    if any(isinstance(value, (str, bytes)) for value in array.ravel()[:_CHUNK]):
        return array
    try:
        return array.astype(float)
    except (TypeError, ValueError):
        return array


def _single_precision(array: Any) -> Any:
    try:
        return array.astype("float32")
    except (TypeError, ValueError):
        return array


def subsample(array: Any, limit: int) -> Any:
    """At most `limit` samples of the array, in their order, the same ones each time."""
    import numpy as np

    count = len(array)
    if count <= limit:
        return array
    chosen = np.random.default_rng(_MODULE_SEED).choice(count, size=limit, replace=False)
    return array[np.sort(chosen)]


def describe_array(
    array: Any,
    *,
    samples: int | None,
    name: str | None = None,
    limit: int = LIMIT,
    channel_axis: int = -1,
) -> dict[str, Any]:
    """ArrayStats of one array of inputs.

    Args:
        array: of shape (samples, ...); anything that NumPy takes.
        samples: how many samples the whole set has; None when unknown.
        name: what the program calls it.
        limit: samples inspected at most (fewer when they are large).
        channel_axis: axis of the feature statistics, 1 for images with channels first.
    """
    found = as_array(array)
    found = found.reshape(1) if found.ndim == 0 else found
    size = math.prod(found.shape[1:]) or 1
    part = subsample(found, max(1, min(limit, MAX_VALUES // size)))
    stats: dict[str, Any] = {
        "name": name,
        "samples": samples,
        "inspected": len(part),
        "shape": [int(length) for length in part.shape[1:]],
        "dtype": _dtype_name(array, found),
    }
    if part.dtype.kind in "iuf" and part.size:
        stats |= _moments(part) | _feature_moments(part, channel_axis)
    return stats


def _dtype_name(given: Any, found: Any) -> str:
    """The dtype as the program has it, before objects or booleans became numbers."""
    name = getattr(getattr(given, "dtype", None), "name", None)
    return str(name if isinstance(name, str) else found.dtype)


def number(value: Any) -> float | None:
    """The value as a finite float, else None."""
    converted = float(value)
    return converted if math.isfinite(converted) else None


def _moments(part: Any) -> dict[str, Any]:
    """Bounds, mean, population deviation and shares over all values of a numeric array."""
    import numpy as np

    finite = np.isfinite(part)
    values = part.ravel() if finite.all() else part[finite]
    stats: dict[str, Any] = {
        "nan": float(np.isnan(part).mean()),
        "infinite": float(np.isinf(part).mean()),
        "integral": bool(values.size) and bool((values == np.rint(values)).all()),
        "distinct": _count_distinct(part.ravel()),
    }
    if values.size:
        with np.errstate(over="ignore", invalid="ignore"):
            stats["mean"] = number(values.mean(dtype=np.float64))
            stats["std"] = number(values.std(dtype=np.float64))
        stats["min"], stats["max"] = number(values.min()), number(values.max())
    return stats


def _count_distinct(values: Any) -> int:
    """Distinct values, counted up to MAX_DISTINCT; chunks keep the sorting short."""
    import numpy as np

    seen = np.unique(values[:_CHUNK])
    for start in range(_CHUNK, len(values), _CHUNK):
        if len(seen) >= MAX_DISTINCT:
            break
        seen = np.unique(np.concatenate([seen, np.unique(values[start : start + _CHUNK])]))
    return min(len(seen), MAX_DISTINCT)


def _feature_moments(part: Any, axis: int) -> dict[str, Any]:
    """Bounds, mean and deviation per feature; nothing when a feature has no finite value."""
    import numpy as np

    if part.ndim < 2 or not 1 <= part.shape[axis] <= MAX_FEATURES:
        return {}
    columns = np.moveaxis(part, axis, -1).reshape(-1, part.shape[axis]).astype(np.float64)
    finite = np.isfinite(columns)
    if not finite.any(axis=0).all():
        return {}
    mean, std, least, most = np.mean, np.std, np.min, np.max
    if not finite.all():
        columns = np.where(finite, columns, np.nan)
        mean, std, least, most = np.nanmean, np.nanstd, np.nanmin, np.nanmax
    moments = {
        "feature_means": mean(columns, axis=0),
        "feature_stds": std(columns, axis=0),
        "feature_mins": least(columns, axis=0),
        "feature_maxs": most(columns, axis=0),
    }
    lists = {key: [float(value) for value in values] for key, values in moments.items()}
    return {key: values for key, values in lists.items() if all(map(math.isfinite, values))}


def describe_labels(
    array: Any,
    *,
    samples: int | None,
    name: str | None = None,
    limit: int = LIMIT,
    inputs: Any = None,
) -> dict[str, Any]:
    """LabelStats of one array of labels; `inputs` are the same samples' inputs, when known."""
    from .label_encoding import describe

    return describe(array, samples=samples, name=name, limit=limit, inputs=inputs)


IMAGE_CHANNELS = {1: "grayscale_images", 3: "color_images", 4: "color_images"}
SMALLEST_IMAGE = 16
"""Side of the smallest square of numbers without a channel axis that counts as an image."""
SHORTEST_TEXT = 8
SMALLEST_VOCABULARY = 1000
"""Integers up to here may as well be features; with an embedding the observer knows better."""


def data_kind(
    input_shape: Any, dtype: str, stats: dict[str, Any] | None, channels_first: bool = False
) -> str:
    """The DataKind of inputs of this shape (one sample, without the batch).

    Args:
        input_shape: sizes per axis, None where unknown.
        dtype: NumPy's name of it.
        stats: their ArrayStats; tells word numbers from features.
        channels_first: whether images come as (channels, height, width).
    """
    shape = tuple(input_shape)
    if dtype.startswith(("str", "<U", "|S", "bytes", "string")):
        return "text"
    if len(shape) <= 1:
        return "text" if shape and _are_word_numbers(shape[0], stats) else "tabular"
    if len(shape) == 2:
        square = shape[0] == shape[1] and (shape[0] or 0) >= SMALLEST_IMAGE
        return "grayscale_images" if square else "sequence"
    if len(shape) == 3:
        first, last = (shape[-1], shape[0]) if channels_first else (shape[0], shape[-1])
        return IMAGE_CHANNELS.get(last) or IMAGE_CHANNELS.get(first) or "unknown"
    return "volume" if len(shape) == 4 else "unknown"


def _are_word_numbers(length: int | None, stats: dict[str, Any] | None) -> bool:
    if not stats or not stats.get("integral") or (length or SHORTEST_TEXT) < SHORTEST_TEXT:
        return False
    low, high = stats.get("min"), stats.get("max")
    return low is not None and high is not None and low >= 0 and high >= SMALLEST_VOCABULARY
