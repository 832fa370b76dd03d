"""Samples told apart by their content, so that the same ones are held out in every epoch."""

from __future__ import annotations

import zlib
from typing import Any

HASHED_BYTES = 16384
"""Of one row."""
MIX = 0x5851F42D4C957F2D
GOLDEN = 0x9E3779B97F4A7C15
WORD = 2**64 - 1


def chance(key: int, seed: int) -> float:
    """A number in [0, 1) that belongs to this row and seed."""
    mixed = ((key ^ (key >> 29)) + seed * GOLDEN) * MIX & WORD
    mixed = ((mixed ^ (mixed >> 32)) * MIX) & WORD
    return (mixed >> 11) / 2**53


def array_keys(array: Any) -> list[int]:
    """A number per row of a NumPy array that depends on its bytes alone."""
    import numpy as np

    rows = np.ascontiguousarray(array).reshape(len(array), -1)
    return [zlib.crc32(row.tobytes()[:HASHED_BYTES]) * (GOLDEN | 1) & WORD for row in rows]
