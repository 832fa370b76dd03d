"""Keep every source of chance of the program as it is while the observer runs framework code.

Random states that live in variables of the model are part of the model's state; here are those
that live elsewhere: Python's, NumPy's, TensorFlow's eager context and global generator, and the
generators from which Keras 3 and tf_keras draw the seeds of unseeded layers.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Restore = Callable[[], Any]
KERAS_STATE = "keras.src.backend.common.global_state"
LEGACY_BACKEND = "tf_keras.src.backend"
EAGER_CONTEXT = "tensorflow.python.eager.context"
STATEFUL_OPS = "tensorflow.python.ops.stateful_random_ops"


@contextmanager
def untouched_randomness() -> Iterator[None]:
    """Put all random states back after this block."""
    restores = [_python(), *_numpy(), *_eager_context(), *_global_generator()]
    restores += [*_keras_seeds(), *_legacy_seeds()]
    try:
        yield
    finally:
        for restore in restores:
            restore()


def _python() -> Restore:
    state = random.getstate()
    return lambda: random.setstate(state)


def _numpy() -> list[Restore]:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return []
    state = numpy.random.get_state()
    return [lambda: numpy.random.set_state(state)]


def _generator(generator: Any) -> list[Restore]:
    if not isinstance(generator, random.Random):
        return []
    state = generator.getstate()
    return [lambda: generator.setstate(state)]


def _eager_context() -> list[Restore]:
    """Seeds of eager random operations come from a Python generator in the context."""
    module = sys.modules.get(EAGER_CONTEXT)
    return [] if module is None else _generator(getattr(module.context(), "_rng", None))


def _variable(variable: Any) -> list[Restore]:
    if variable is None or not hasattr(variable, "assign"):
        return []
    value = variable.numpy()
    return [lambda: variable.assign(value)]


def _global_generator() -> list[Restore]:
    generator = getattr(sys.modules.get(STATEFUL_OPS), "global_generator", None)
    return _variable(getattr(generator, "state", None))


def _keras_seeds() -> list[Restore]:
    module = sys.modules.get(KERAS_STATE)
    if module is None:
        return []
    generator = module.get_global_attribute("global_seed_generator")
    return _variable(getattr(generator, "state", None))


def _legacy_seeds() -> list[Restore]:
    holder = getattr(sys.modules.get(LEGACY_BACKEND), "_SEED_GENERATOR", None)
    return _generator(getattr(holder, "generator", None))
