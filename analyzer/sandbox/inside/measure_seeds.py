"""Another seed must be another run, in a program that fixes its seeds too.

Seeds that the program gives to the generators which draw its weights are moved by the seed of the
run; NumPy's global generator, which mostly makes or splits the data, keeps the program's seed, so
that all runs see the same data. `keras.utils.set_random_seed` calls these functions itself.
"""

from __future__ import annotations

import functools
import random
from typing import Any

from .on_import import when_imported

STRIDE = 1_000_003
"""Between the seeds of two runs: far from the small differences that programs use."""
LARGEST = 2**31


def vary(seed: int) -> None:
    """Move the seeds that the program sets from now on; seed 0 leaves them as they are."""
    if seed == 0:
        return
    offset = seed * STRIDE
    _move(random, "seed", offset)
    when_imported("torch", lambda torch: _move(torch, "manual_seed", offset))
    when_imported("tensorflow", lambda tf: _move(tf.random, "set_seed", offset))


def _move(holder: Any, name: str, offset: int) -> None:
    original = getattr(holder, name)

    @functools.wraps(original)
    def moved(seed: Any = None, *arguments: Any, **keywords: Any) -> Any:
        if isinstance(seed, int) and not isinstance(seed, bool):
            seed = (seed + offset) % LARGEST
        return original(seed, *arguments, **keywords)

    setattr(holder, name, moved)
