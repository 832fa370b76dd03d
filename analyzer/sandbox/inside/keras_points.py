"""Numbers of one layer, and of what enters the loss, at one step: as JSON of `observed`.

Means, deviations and shares are those of the bounded part of the values that left the pass; norms
are exact. Nothing here knows TensorFlow: everything is a NumPy array.
"""

from __future__ import annotations

import math
from typing import Any

from .keras_passed import Sample

QUANTILE_VALUES = 4096
"""Values that quantiles are taken of, evenly spaced."""
MOST_WEIGHTS = 2**20
"""Weights of one layer that means, deviations and shares are taken of, evenly spaced."""
CHUNK = 2**16
LEAST_SQUARES = 1e-30
BOUNDS = {"sigmoid": (0.0, 1.0), "hard_sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
AT_BOUND = 0.01
"""Within this share of the width between its bounds an output is saturated."""

Facts = dict[str, Any]


def output_statistics(sample: Sample, activation: str | None) -> Facts:
    """The output_... fields of a LayerPoint."""
    import numpy as np

    values = sample.values
    if not values.size:
        return {}
    squares = _squares(sample)
    broken = _broken(sample, squares)
    flat = values.ravel()
    finite = flat[np.isfinite(flat)] if broken else flat
    point: Facts = {
        "output_nan": broken.get("nan", 0.0),
        "output_infinite": broken.get("infinite", 0.0),
        "output_zero": 1.0 - np.count_nonzero(flat) / flat.size,
        "output_norm": _norm(sample, squares),
    }
    point |= _units(values)
    if not finite.size:
        return point
    low, high = float(finite.min()), float(finite.max())
    point |= {
        "output_mean": float(finite.mean(dtype=np.float64)),
        "output_std": _deviation(finite, low, high),
        "output_min": low,
        "output_max": high,
    }
    point |= _quantiles(finite)
    if activation in BOUNDS:
        point["output_saturated"] = _saturated(finite, BOUNDS[activation])
    return point


def _broken(sample: Sample, squares: float) -> Facts:
    """Shares of NaN and infinity; empty when all is finite. The squares tell of values left out."""
    import numpy as np

    if math.isfinite(squares):
        return {}
    missing = float(np.isnan(sample.values).mean())
    if math.isnan(squares) and not missing:
        missing = 1.0 / sample.size  # at a place that is not among the values
    return {"nan": missing, "infinite": float(np.isinf(sample.values).mean())}


def _squares(sample: Sample) -> float:
    return _sum_of_squares(sample.values) if sample.squares is None else sample.squares


def _norm(sample: Sample, squares: float) -> float:
    """Of all values; NaN when one is, and infinite when one is."""
    import numpy as np

    if squares != math.inf or np.isinf(sample.values).any():
        return math.sqrt(max(squares, 0.0))
    share = sample.size / sample.values.size  # only the squares are infinite
    return math.sqrt(_sum_of_squares(sample.values.astype(np.float64)) * share)


def _deviation(finite: Any, low: float, high: float) -> float:
    import numpy as np

    if low == high:
        return 0.0
    dtype = None if max(abs(low), abs(high)) < 1e15 else np.float64  # squares overflow
    return float(finite.std(dtype=dtype))


def _units(values: Any) -> Facts:
    """Units that are zero, or have one value, for the whole batch; one row tells nothing."""
    if values.ndim != 2 or len(values) < 2:
        return {}
    same = (values == values[0]).all(axis=0)
    return {
        "output_dead": float((same & (values[0] == 0)).mean()),
        "output_same": float(same.mean()),
    }


def _quantiles(finite: Any) -> Facts:
    import numpy as np

    few = np.sort(finite[:: -(-finite.size // QUANTILE_VALUES)])
    last = few.size - 1
    names = {"output_q05": 0.05, "output_q50": 0.5, "output_q95": 0.95}
    return {name: float(few[round(share * last)]) for name, share in names.items()}


def _saturated(finite: Any, bounds: tuple[float, float]) -> float:
    import numpy as np

    low, high = bounds
    near = AT_BOUND * (high - low)
    free = np.count_nonzero((finite > low + near) & (finite < high - near))
    return 1.0 - float(free) / finite.size


def output_gradient_statistics(sample: Sample) -> Facts:
    """The output_gradient_... fields of a LayerPoint."""
    import numpy as np

    values = sample.values
    if not values.size:
        return {}
    squares = _squares(sample)
    broken = _broken(sample, squares)
    return {
        "output_gradient_norm": _norm(sample, squares),
        "output_gradient_zero": 1.0 - np.count_nonzero(values) / values.size,
        "output_gradient_nan": broken.get("nan", 0.0),
    }


def weight_statistics(before: list[Any], after: list[Any] | None) -> Facts:
    """The weight_... fields and the update, of the arrays of one layer's kernels."""
    import numpy as np

    old = _joined(before)
    if not old.size:
        return {}
    squares = _sum_of_squares(old)
    finite = old if math.isfinite(squares) else old[np.isfinite(old)]
    point: Facts = {
        "weight_norm": _length(old, squares),
        "weight_nan": 0.0 if finite is old else float(np.isnan(old).mean()),
    }
    if finite.size:
        few = finite[:: -(-finite.size // MOST_WEIGHTS)]
        low, high = float(finite.min()), float(finite.max())
        point |= {
            "weight_mean": float(few.mean(dtype=np.float64)),
            "weight_std": _deviation(few, low, high),
            "weight_min": low,
            "weight_max": high,
        }
    if after is not None and point["weight_norm"] > 0.0:
        change = _joined(after) - old
        point["update_ratio"] = _length(change, _sum_of_squares(change)) / point["weight_norm"]
    return point


def gradient_statistics(gradients: list[Any]) -> Facts:
    """The gradient_... fields, of the gradients of one layer's kernels."""
    import numpy as np

    joined = _joined(gradients)
    if not joined.size:
        return {}
    squares = _sum_of_squares(joined)
    finite = joined if math.isfinite(squares) else joined[np.isfinite(joined)]
    few = joined[:: -(-joined.size // MOST_WEIGHTS)]
    point: Facts = {
        "gradient_norm": _length(joined, squares),
        "gradient_zero": 1.0 - np.count_nonzero(few) / few.size,
        "gradient_nan": 0.0 if finite is joined else float(np.isnan(joined).mean()),
    }
    if finite.size:
        part = np.abs(finite[:: -(-finite.size // MOST_WEIGHTS)])
        point |= {
            "gradient_mean": float(part.mean(dtype=np.float64)),
            "gradient_max": max(float(finite.max()), -float(finite.min())),
        }
    return point


def _joined(arrays: list[Any]) -> Any:
    import numpy as np

    flat = [np.asarray(array, np.float32).ravel() for array in arrays]
    return flat[0] if len(flat) == 1 else np.concatenate(flat) if flat else np.zeros(0, np.float32)


def _sum_of_squares(values: Any) -> float:
    """Without BLAS, whose threads wait for each other longer than these few values take."""
    import numpy as np

    flat = values.ravel()
    starts = range(0, flat.size, CHUNK)  # single precision is exact enough for sums this long
    parts = (flat[start : start + CHUNK] for start in starts)
    return math.fsum(float(np.einsum("i,i->", part, part)) for part in parts)


def _length(values: Any, squares: float) -> float:
    """Euclidean norm, in double precision where single overflows or loses everything."""
    import numpy as np

    if squares == math.inf or (squares < LEAST_SQUARES and values.any()):
        squares = _sum_of_squares(values.astype(np.float64))
    return math.sqrt(squares)


def loss_seen(entry: Facts, prediction: Any, target: Any) -> None:
    """Widen a LossSeen by one batch: ranges and row sums over all batches seen so far.

    Args:
        entry: the LossSeen so far, changed in place.
        prediction: of a part of the batch; target: of the whole batch.
    """
    import numpy as np

    predicted, wanted = np.asarray(prediction), np.asarray(target)
    entry["calls"] += 1
    entry["prediction_shape"] = [len(wanted), *(int(size) for size in predicted.shape[1:])]
    entry["target_shape"] = [int(size) for size in wanted.shape]
    entry["target_dtype"] = str(wanted.dtype)
    _widen(entry, "prediction", predicted)
    if wanted.dtype.kind in "iufb":
        _widen(entry, "target", wanted)
    if predicted.ndim > 1:
        _widen(entry, "row_sum", predicted.sum(axis=-1, dtype=np.float64))


def _widen(entry: Facts, name: str, values: Any) -> None:
    """Widen the bounds called name by the finite values."""
    import numpy as np

    finite = values[np.isfinite(values)]
    if not finite.size:
        return
    low, high = float(finite.min()), float(finite.max())
    entry[f"{name}_min"] = min(entry.get(f"{name}_min", math.inf), low)
    entry[f"{name}_max"] = max(entry.get(f"{name}_max", -math.inf), high)
