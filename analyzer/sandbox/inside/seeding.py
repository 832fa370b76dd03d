"""Seed every source of chance as soon as the program imports it.

The same seeding runs with and without observation, so that the two can be compared number by
number. A program that seeds itself does so later and wins.
"""

from __future__ import annotations

import random
from types import ModuleType

from .on_import import when_imported


def seed_on_import(seed: int) -> None:
    """Seed `random` now, and NumPy, PyTorch and TensorFlow when they are imported.

    Keras 3 and tf_keras draw their default seeds from `random`.
    """
    random.seed(seed)

    def seed_numpy(module: ModuleType) -> None:
        module.random.seed(seed)

    def seed_torch(module: ModuleType) -> None:
        module.manual_seed(seed)

    def seed_tensorflow(module: ModuleType) -> None:
        module.random.set_seed(seed)

    when_imported("numpy", seed_numpy)
    when_imported("torch", seed_torch)
    when_imported("tensorflow", seed_tensorflow)
