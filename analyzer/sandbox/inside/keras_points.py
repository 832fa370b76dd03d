"""Numbers of one layer, and of what enters the loss, at one step: as JSON of `observed`.

Values beyond a bound are left out of output statistics; a share or mean over a million values is
as good as one over all.
"""

from __future__ import annotations

import math
from typing import Any

MOST_VALUES = 2**20


def _values(tensor: Any) -> Any:
    """At most MOST_VALUES of a tensor's values, whole samples of it, in double precision."""
    import numpy as np

    array = np.asarray(tensor)
    if array.ndim and array.size > MOST_VALUES:
        array = array[: max(1, MOST_VALUES // max(1, array[0].size))]
    return array.astype(np.float64)


def output_statistics(tf: Any, output: Any) -> dict[str, Any]:
    """The output_... fields of a LayerPoint; of several outputs the first counts."""
    import numpy as np

    leaves = [leaf for leaf in tf.nest.flatten(output) if hasattr(leaf, "numpy")]
    if not leaves or not (leaves[0].dtype.is_floating or leaves[0].dtype.is_integer):
        return {}
    values = _values(leaves[0])
    finite = values[np.isfinite(values)]
    point: dict[str, Any] = {"output_nan": float(np.isnan(values).mean()) if values.size else None}
    if not finite.size:
        return point
    return point | {
        "output_mean": float(finite.mean()),
        "output_std": float(finite.std()),
        "output_min": float(finite.min()),
        "output_max": float(finite.max()),
        "output_zero": float((values == 0).mean()),
    }


def weight_statistics(
    tf: Any, layer: Any, gradients: dict[int, Any], before: dict[int, Any], after: dict[int, Any]
) -> dict[str, Any]:
    """The weight, gradient and update fields of a LayerPoint.

    Weights are the layer's trainable kernels, or all its trainable weights when it has no kernel;
    the update is measured on the same ones: norm of the change over norm before the step.
    """
    import numpy as np

    trainable = [v for v in getattr(layer, "trainable_weights", []) if id(v) in before]
    kernels = [v for v in trainable if len(v.shape) > 1] or trainable
    if not kernels:
        return {}
    old = np.concatenate([np.asarray(before[id(v)], np.float64).ravel() for v in kernels])
    new = np.concatenate([np.asarray(after[id(v)], np.float64).ravel() for v in kernels])
    norm = float(np.linalg.norm(old))
    change = float(np.linalg.norm(new - old))
    point: dict[str, Any] = {
        "weight_norm": norm,
        "weight_std": float(old.std()),
        "update_ratio": change / norm if norm > 0 else None,
    }
    found = [gradients.get(id(v)) for v in trainable]
    if not trainable or any(gradient is None for gradient in found):
        return point
    flat = [np.asarray(tf.convert_to_tensor(g), np.float64).ravel() for g in found]
    joined = np.concatenate(flat)
    return point | {
        "gradient_norm": float(np.linalg.norm(joined)),
        "gradient_zero": float((joined == 0).mean()),
    }


def loss_seen(entry: dict[str, Any], prediction: Any, target: Any, samples: int, loss: Any) -> None:
    """Widen a LossSeen by one batch: ranges and row sums over all batches seen so far.

    Args:
        entry: the LossSeen so far, changed in place.
        prediction, target: one batch, or a part of it.
        samples: the batch size of the whole batch.
        loss: the step's loss.
    """
    import numpy as np

    predicted, wanted = np.asarray(prediction), np.asarray(target)
    entry["calls"] += 1
    entry["prediction_shape"] = [samples, *(int(size) for size in predicted.shape[1:])]
    entry["target_shape"] = [samples, *(int(size) for size in wanted.shape[1:])]
    entry["target_dtype"] = str(wanted.dtype)
    _widen(entry, "prediction", predicted)
    if wanted.dtype.kind in "iufb":
        _widen(entry, "target", wanted)
    if predicted.ndim > 1:
        _widen(entry, "row_sum", predicted.sum(axis=-1, dtype=np.float64))
    if loss is not None:
        entry.setdefault("first", float(loss))
        entry["last"] = float(loss)


def _widen(entry: dict[str, Any], name: str, values: Any) -> None:
    """Widen the bounds called name by the finite values."""
    import numpy as np

    finite = values[np.isfinite(values)]
    if not finite.size:
        return
    low, high = float(finite.min()), float(finite.max())
    entry[f"{name}_min"] = min(entry.get(f"{name}_min", math.inf), low)
    entry[f"{name}_max"] = max(entry.get(f"{name}_max", -math.inf), high)
