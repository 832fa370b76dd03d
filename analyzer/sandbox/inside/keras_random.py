"""Keep every source of chance of the program as it is while the observer runs framework code.

Random states that live in variables of the model are part of the model's state; here are those
that live elsewhere: Python's, NumPy's, TensorFlow's eager context and global generator, and the
generators from which Keras 3 and tf_keras draw the seeds of unseeded layers.

Eager TensorFlow keeps one stateful kernel per pair of seeds. A seed that the observer's own pass
used would meet an advanced kernel when the program draws it later; so the sources of such seeds are
not only put back, they give seeds of the observer's own while it runs.

Python's and NumPy's global states are put back only when no other thread of the program can be
drawing from them meanwhile; a generator that fills a queue would otherwise repeat itself.
"""

from __future__ import annotations

import functools
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Restore = Callable[[], Any]
KERAS_STATE = "keras.src.backend.common.global_state"
LEGACY_BACKEND = "tf_keras.src.backend"
EAGER_CONTEXT = "tensorflow.python.eager.context"
PRIVATE_SEED = 1_729_000_000
"""Where the observer's own operation seeds start: far from the small ones that people choose."""
STATEFUL_OPS = "tensorflow.python.ops.stateful_random_ops"


@contextmanager
def untouched_randomness(layers: list[Any], *, alone: bool) -> Iterator[None]:
    """Put all random states back after this block.

    Args:
        layers: the model's layers, some of which count seeds themselves.
        alone: whether the program draws no random numbers in the background.
    """
    restores = [_python(), *_numpy()] if alone else []
    restores += [*_eager_context(), *_global_generator()]
    restores += [*_keras_seeds(), *_legacy_seeds(), *_layer_seeds(layers)]
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


def _replaced(owner: Any, name: str) -> list[Restore]:
    """Let a private generator stand in for the one that seeds operations."""
    generator = getattr(owner, name, None)
    if not isinstance(generator, random.Random):
        return []
    setattr(owner, name, random.Random(PRIVATE_SEED))
    return [lambda: setattr(owner, name, generator)]


def _eager_context() -> list[Restore]:
    """Seeds of eager random operations come from a Python generator in the context."""
    module = sys.modules.get(EAGER_CONTEXT)
    return [] if module is None else _replaced(module.context(), "_rng")


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
    return _replaced(getattr(sys.modules.get(LEGACY_BACKEND), "_SEED_GENERATOR", None), "generator")


def _layer_seeds(layers: list[Any]) -> list[Restore]:
    """tf_keras layers count the seeds of their stateful operations in a plain attribute."""
    restores: list[Restore] = []
    for layer in layers:
        generator = getattr(layer, "_random_generator", None)
        restores += _variable(getattr(getattr(generator, "_generator", None), "state", None))
        seed = getattr(generator, "_seed", None)
        if generator is not None and isinstance(seed, int):
            generator._seed = PRIVATE_SEED + seed
            restores.append(functools.partial(setattr, generator, "_seed", seed))
    return restores
