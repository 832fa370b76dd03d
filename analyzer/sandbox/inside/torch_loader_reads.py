"""Items that are read again: twice from a held-out set, and as two workers would read them."""

from __future__ import annotations

import contextlib
import random
import sys
import time
from collections.abc import Iterator
from typing import Any

from .torch_loader_sets import Items, leaves

READ_TWICE = 4
DEEPEST = 3
MOST_SEARCHED = 200


@contextlib.contextmanager
def kept_randomness() -> Iterator[None]:
    """Put back the states of Python's, NumPy's and PyTorch's generators after this block."""
    import numpy as np
    import torch

    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    on_devices = torch.cuda.is_available() and torch.cuda.is_initialized()
    others = torch.cuda.get_rng_state_all() if on_devices else []
    try:
        yield
    finally:
        if others:
            torch.cuda.set_rng_state_all(others)
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])


def some_numbers(items: Items, most: int = READ_TWICE) -> list[int]:
    """A few items, spread over the set."""
    numbers = items.numbers()
    stride = max(1, len(numbers) // most)
    return numbers[::stride][:most]


def two_reads(items: Items, deadline: float) -> dict[str, Any] | None:
    """The counting fields of a TwoReads; None when nothing could be read."""
    import numpy as np

    count = differing = 0
    largest, low, high, same = 0.0, np.inf, -np.inf, True
    for number in some_numbers(items):
        if time.monotonic() > deadline:
            break
        first, second = leaves(items.dataset[number]), leaves(items.dataset[number])
        if not first or len(first) != len(second) or not first[0].size:
            return None
        count += 1
        low, high = min(low, float(first[0].min())), max(high, float(first[0].max()))
        same = same and all(map(_equal, first[1:], second[1:]))
        if not _equal(first[0], second[0]):
            differing += 1
            if first[0].shape == second[0].shape:
                gap = np.abs(first[0].astype(float) - second[0].astype(float))
                largest = max(largest, float(gap.max()))
    if not count:
        return None
    return {
        "items": count,
        "differing": differing,
        "largest": largest,
        "span": high - low,
        "same_targets": same,
    }


def _equal(one: Any, other: Any) -> bool:
    import numpy as np

    return one.shape == other.shape and bool(np.array_equal(one, other, equal_nan=True))


def worker_streams(items: Items, deadline: float) -> dict[str, Any] | None:
    """The counting fields of a WorkerStreams; None when the dataset holds no generator.

    Two workers start with copies of the dataset; a generator inside it stands in the same state
    in both, whereas the global generators are seeded per worker.
    """
    found = list(_generators(items.dataset, "", 0, set()))
    if not found:
        return None
    count = equal = 0
    for number in some_numbers(items):
        if time.monotonic() > deadline:
            break
        states = [(generator, _state(generator)) for _, generator in found]
        first = leaves(items.dataset[number])
        second = leaves(items.dataset[number])
        for generator, state in states:
            _put_back(generator, state)
        other = leaves(items.dataset[number])
        count += 1
        moves = not all(map(_equal, first, second))
        equal += moves and len(first) == len(other) and all(map(_equal, first, other))
    return {"attribute": found[0][0], "items": count, "equal": equal} if count else None


def _generators(holder: Any, path: str, depth: int, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Random generators among the attributes of an object, with their dotted names."""
    if depth > DEEPEST or id(holder) in seen or len(seen) > MOST_SEARCHED:
        return
    seen.add(id(holder))
    if isinstance(holder, (list, tuple)):
        values = [(path, value) for value in holder[:20]]
    else:
        own = getattr(holder, "__dict__", None)
        values = [] if not isinstance(own, dict) else [(f"{path}.{k}", v) for k, v in own.items()]
    for name, value in values:
        if _is_generator(value):
            yield name.lstrip("."), value
        elif hasattr(value, "__dict__") or isinstance(value, (list, tuple)):
            yield from _generators(value, name, depth + 1, seen)


def _is_generator(value: Any) -> bool:
    if isinstance(value, random.Random):
        return True
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    kinds = [] if numpy is None else [numpy.random.Generator, numpy.random.RandomState]
    kinds += [] if torch is None else [torch.Generator]
    return isinstance(value, tuple(kinds))


def _state(generator: Any) -> Any:
    if hasattr(generator, "bit_generator"):
        return generator.bit_generator.state
    getter = getattr(generator, "getstate", None) or generator.get_state
    return getter()


def _put_back(generator: Any, state: Any) -> None:
    if hasattr(generator, "bit_generator"):
        generator.bit_generator.state = state
        return
    setter = getattr(generator, "setstate", None) or generator.set_state
    setter(state)
