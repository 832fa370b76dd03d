"""Seed every source of chance as soon as the program imports it.

The same seeding runs with and without observation, so that the two can be compared number by
number. A program that seeds itself does so later and wins.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from .on_import import around_import, when_imported

# Draws from `random` for its own styles while Keras 3 or scikit-learn is imported.
DRAWS_AT_IMPORT = "rich"


def seed_on_import(seed: int) -> None:
    """Seed `random` now, and NumPy, PyTorch and TensorFlow when they are imported.

    Keras 3 and tf_keras draw their default seeds from `random`.
    """
    random.seed(seed)
    keep_random()

    def seed_numpy(module: ModuleType) -> None:
        module.random.seed(seed)

    def seed_torch(module: ModuleType) -> None:
        module.manual_seed(seed)

    def seed_tensorflow(module: ModuleType) -> None:
        module.random.set_seed(seed)

    when_imported("numpy", seed_numpy)
    when_imported("torch", seed_torch)
    when_imported("tensorflow", seed_tensorflow)


def keep_random() -> None:
    """Importing a library takes nothing from the program's stream of random numbers.

    So it makes no difference whether the library was there before the program began.
    """
    around_import(DRAWS_AT_IMPORT, _kept)


@contextmanager
def _kept() -> Iterator[None]:
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)
