"""Loops that call `train_on_batch` or apply gradients themselves."""

from __future__ import annotations

from typing import Any


def install(measure: Any) -> None:
    """Measure hand-written loops of the program that runs next."""
