"""Statistics of kept values: many tensors of one shape at once, on the device where they lie.

Each function takes `flat`, of shape (tensors, values), and gives one number per tensor under the
field names of `LayerPoint`. Nothing here waits for a device.
"""

from __future__ import annotations

from typing import Any

from .torch_values import Kept

MOST_RANKED = 4096
"""Evenly spaced values from which quantiles are taken."""
QUANTILES = {"q05": 0.05, "q50": 0.5, "q95": 0.95}
SATURATED = 0.01
"""Share of the width between the bounds of a sigmoid or tanh that counts as being at one."""
BOUNDS = {"sigmoid": (0.0, 1.0), "tanh": (-1.0, 1.0)}
AS_THEY_ARE = frozenset({"weight_norm", "gradient_norm", "output_gradient_norm", "moved_norm"})
"""Fields in which NaN is an answer; elsewhere it says that there was no finite value."""

Columns = dict[str, Any]


def statistics_of(kind: str, group: list[Kept], activation: str | None) -> Columns:
    """The statistics of tensors of one shape that are kept for one reason.

    Args:
        kind: "output", "output_gradient", "weight", "gradient" or "moved".
        group: the kept values, which have one shape.
        activation: the activation function that made an output.
    """
    import torch

    values = torch.stack([kept.values for kept in group])
    flat = values.reshape(len(group), -1)
    flat = flat if flat.dtype == torch.float64 else flat.float()
    if kind == "output":
        found = _output(flat, group[0].share) | _saturated(flat, activation)
        found |= _units(values, group)
    elif kind == "weight":
        found = {f"weight_{k}": v for k, v in _finite(flat).items()}
        found |= {"weight_norm": _norm(flat), "weight_nan": _part(flat.isnan())}
    elif kind == "gradient":
        found = _gradient(flat)
    elif kind == "output_gradient":
        found = {"norm": _norm(flat, group[0].share), "zero": _part(flat == 0)}
        found = {f"output_gradient_{k}": v for k, v in found.items()}
        found["output_gradient_nan"] = _part(flat.isnan())
    else:
        found = {"moved_norm": _norm(flat)}
    return {name: column.double() for name, column in found.items()}


def _part(chosen: Any) -> Any:
    """Share of the values, per tensor."""
    return chosen.double().mean(1)


def _norm(flat: Any, share: float = 1.0) -> Any:
    return (flat.double().square().sum(1) / share).sqrt()


def _finite(flat: Any) -> Columns:
    """Mean, deviation and bounds of the finite values; NaN where there are none."""
    import torch

    finite = flat.isfinite()
    count = finite.sum(1).double()
    mean = torch.where(finite, flat, 0).sum(1, dtype=torch.float64) / count
    apart = torch.where(finite, flat - mean[:, None].to(flat.dtype), 0)
    low = torch.where(finite, flat, torch.inf).amin(1).double()
    high = torch.where(finite, flat, -torch.inf).amax(1).double()
    none = count == 0
    return {
        "mean": mean,
        "std": (apart.double().square().sum(1) / count).sqrt(),
        "min": torch.where(none, torch.nan, low),
        "max": torch.where(none, torch.nan, high),
    }


def _output(flat: Any, share: float) -> Columns:
    found = _finite(flat) | _quantiles(flat)
    found |= {"norm": _norm(flat, share), "zero": _part(flat == 0)}
    found |= {"nan": _part(flat.isnan()), "infinite": _part(flat.isinf())}
    return {f"output_{name}": column for name, column in found.items()}


def _quantiles(flat: Any) -> Columns:
    import torch

    ranked = flat[:, :: -(-flat.shape[1] // MOST_RANKED)]
    ranked = torch.where(ranked.isfinite(), ranked, torch.nan)
    wanted = torch.tensor(list(QUANTILES.values()), dtype=ranked.dtype, device=ranked.device)
    return dict(zip(QUANTILES, torch.nanquantile(ranked, wanted, dim=1), strict=True))


def _saturated(flat: Any, activation: str | None) -> Columns:
    if activation not in BOUNDS:
        return {}
    low, high = BOUNDS[activation]
    near = SATURATED * (high - low)
    return {"output_saturated": _part((flat <= low + near) | (flat >= high - near))}


def _units(values: Any, group: list[Kept]) -> Columns:
    """Shares of units that are zero, or have one value, for all of the batch."""
    axis = group[0].axis
    if axis is None:
        return {}
    others = [a for a in range(1, values.dim()) if a != axis + 1]
    high, low = values.amax(others), values.amin(others)
    return {
        "output_dead": _part((high == 0) & (low == 0)),
        "output_same": _part(high == low),
    }


def _gradient(flat: Any) -> Columns:
    import torch

    finite = flat.isfinite()
    size = torch.where(finite, flat, 0).abs()
    count = finite.sum(1).double()
    none = count == 0
    return {
        "gradient_norm": _norm(flat),
        "gradient_mean": size.sum(1, dtype=torch.float64) / count,
        "gradient_max": torch.where(none, torch.nan, size.amax(1).double()),
        "gradient_zero": _part(flat == 0),
        "gradient_nan": _part(flat.isnan()),
    }
