"""Statistics of kept values: many tensors of one shape at once, on the device where they lie.

Each function takes `flat`, of shape (tensors, values), and gives one number per tensor under the
field names of `LayerPoint`. Nothing here waits for a device. A CPU is asked at once whether all
values are finite, as they usually are: then they need not be told apart from others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .torch_values import Kept

PIECE = 2**17
"""Values that are summed at once on a CPU."""
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
    finite = _is_finite(flat)
    if kind == "output":
        found = _output(flat, group[0].share, finite) | _saturated(flat, activation)
        found |= _units(values, group)
    elif kind == "weight":
        found = {f"weight_{k}": v for k, v in _finite(flat, finite).items()}
        found |= {"weight_norm": _norm(flat), "weight_nan": _nan(flat, finite)}
    elif kind == "gradient":
        found = _gradient(flat, finite)
    elif kind == "output_gradient":
        found = {"norm": _norm(flat, group[0].share), "zero": _zero(flat)}
        found = {f"output_gradient_{k}": v for k, v in found.items()}
        found["output_gradient_nan"] = _nan(flat, finite)
    else:
        found = {"moved_norm": _norm(flat)}
    return {name: column.double() for name, column in found.items()}


def _is_finite(flat: Any) -> bool:
    """Whether all values are finite, where that is known without waiting; a sum may overflow."""
    return bool(flat.is_cpu and flat.sum().isfinite())


def _pieces(flat: Any) -> Sequence[Any]:
    """Parts of each tensor that stay in the processor's cache; a device takes them whole."""
    pieces: Sequence[Any] = flat.split(max(1, PIECE // len(flat)), 1) if flat.is_cpu else (flat,)
    return pieces


def _part(chosen: Any) -> Any:
    """Share of the values, per tensor."""
    return chosen.double().mean(1)


def _nan(flat: Any, finite: bool) -> Any:
    return flat.new_zeros(len(flat)) if finite else _part(flat.isnan())


def _zero(flat: Any) -> Any:
    """Share of zeros, per tensor."""
    import torch

    others = sum(torch.count_nonzero(piece, dim=1) for piece in _pieces(flat))
    return (flat.shape[1] - others).double() / flat.shape[1]


def _sum(pieces: Iterable[Any]) -> Any:
    import torch

    return sum(piece.sum(1, dtype=torch.float64) for piece in pieces)


def _norm(flat: Any, share: float = 1.0) -> Any:
    return (_squares(_pieces(flat)) / share).sqrt()


def _squares(pieces: Iterable[Any]) -> Any:
    """Sum of the squares, per tensor."""
    import torch

    norm = torch.linalg.vector_norm
    return sum(norm(piece, dim=1, dtype=torch.float64).square() for piece in pieces)


def _finite(flat: Any, finite: bool) -> Columns:
    """Mean, deviation and bounds of the finite values; NaN where there are none."""
    import torch

    if finite:
        mean = _sum(_pieces(flat)) / flat.shape[1]
        middle = mean[:, None].to(flat.dtype)
        squares = _squares(piece - middle for piece in _pieces(flat))
        std = (squares / flat.shape[1]).sqrt()
        return {"mean": mean, "std": std, "min": flat.amin(1), "max": flat.amax(1)}
    known = flat.isfinite()
    count = known.sum(1).double()
    mean = torch.where(known, flat, 0).sum(1, dtype=torch.float64) / count
    apart = torch.where(known, flat - mean[:, None].to(flat.dtype), 0)
    low = torch.where(known, flat, torch.inf).amin(1).double()
    high = torch.where(known, flat, -torch.inf).amax(1).double()
    none = count == 0
    return {
        "mean": mean,
        "std": (apart.double().square().sum(1) / count).sqrt(),
        "min": torch.where(none, torch.nan, low),
        "max": torch.where(none, torch.nan, high),
    }


def _output(flat: Any, share: float, finite: bool) -> Columns:
    found = _finite(flat, finite) | _quantiles(flat, finite)
    found |= {"norm": _norm(flat, share), "zero": _zero(flat), "nan": _nan(flat, finite)}
    found["infinite"] = flat.new_zeros(len(flat)) if finite else _part(flat.isinf())
    return {f"output_{name}": column for name, column in found.items()}


def _quantiles(flat: Any, finite: bool) -> Columns:
    import torch

    ranked = flat[:, :: -(-flat.shape[1] // MOST_RANKED)]
    if not finite:
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


def _gradient(flat: Any, finite: bool) -> Columns:
    sizes = _sizes(flat) if finite else _finite_sizes(flat)
    return sizes | {
        "gradient_norm": _norm(flat),
        "gradient_zero": _zero(flat),
        "gradient_nan": _nan(flat, finite),
    }


def _sizes(flat: Any) -> Columns:
    import torch

    mean = _sum(piece.abs() for piece in _pieces(flat)) / flat.shape[1]
    largest = torch.maximum(flat.amax(1), -flat.amin(1))
    return {"gradient_mean": mean, "gradient_max": largest}


def _finite_sizes(flat: Any) -> Columns:
    import torch

    known = flat.isfinite()
    size = torch.where(known, flat, 0).abs()
    count = known.sum(1).double()
    return {
        "gradient_mean": size.sum(1, dtype=torch.float64) / count,
        "gradient_max": torch.where(count == 0, torch.nan, size.amax(1).double()),
    }
