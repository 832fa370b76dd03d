"""Learning rates that are usual for each optimizer."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Band:
    """Rates that are usual: low and high (inclusive), and the one to start with."""

    low: float
    high: float
    usual: float


ADAPTIVE = Band(1e-5, 0.01, 0.001)  # per step; upper bound as in Theia, lower for fine-tuning
BANDS: dict[str, Band] = {
    **dict.fromkeys(("adam", "adamw", "nadam", "adamax", "radam", "rmsprop"), ADAPTIVE),
    "sgd": Band(1e-4, 0.05, 0.01),
    "adagrad": Band(1e-4, 0.1, 0.01),
    "adadelta": Band(0.01, 2.0, 1.0),
    "lion": Band(1e-6, 1e-3, 1e-4),
}
