"""What goes into a loss call: shapes, bounds, sums over the classes."""

from __future__ import annotations

from typing import Any

from . import torch_names as names
from .torch_recording import Facts

MOST_VALUES = 2**20


def look(call: Any, measured: bool) -> None:
    """Shapes always; ranges and row sums at the steps that are looked at."""
    import torch

    prediction, target, seen = call.prediction, call.target, call.seen
    with torch.no_grad():
        if prediction is not None:
            seen["prediction_shape"] = [int(size) for size in prediction.shape][:16]
            if measured:
                seen.update(_ranges(prediction.detach(), call.use["name"]))
        if target is not None:
            seen["target_shape"] = [int(size) for size in target.shape][:16]
            seen["target_dtype"] = str(target.dtype).removeprefix("torch.")
            if measured and target.numel() and not target.is_complex():
                low, high = target.min(), target.max()
                seen |= {"target_min": float(low), "target_max": float(high)}


def _ranges(prediction: Any, loss: str) -> Facts:
    """Bounds of a prediction and of its sums over the classes."""
    if not prediction.numel() or not prediction.is_floating_point():
        return {}
    low, high = prediction.min(), prediction.max()
    facts: Facts = {"prediction_min": float(low), "prediction_max": float(high)}
    if prediction.dim() >= 2 and prediction.numel() <= MOST_VALUES:
        axis = 1 if loss in names.CLASS_AXIS_LOSSES else -1
        sums = prediction.float().sum(dim=axis)
        facts |= {"row_sum_min": float(sums.min()), "row_sum_max": float(sums.max())}
    return facts
