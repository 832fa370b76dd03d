"""What a DataLoader reads: its dataset behind all subsets, which items, and their contents.

Only read after the warm-up: reading items runs the program's own code.
"""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Any, NamedTuple

from . import torch_layers as layers
from .loader_rows import MOST_ROWS, row_keys
from .torch_arrays import stored, to_array

PLAIN_SAMPLERS = ("SequentialSampler", "RandomSampler")
LISTED_FILES = ("samples", "imgs", "image_paths", "files")
MOST_READ = 2048
"""Items of one dataset that are read for a comparison."""


class Items(NamedTuple):
    """Some items of a dataset.

    Attributes:
        dataset: the one behind all subsets.
        indices: its items; None for all of them.
    """

    dataset: Any
    indices: list[int] | None

    def numbers(self) -> list[int]:
        """The indices, spelled out."""
        if self.indices is not None:
            return self.indices
        try:
            return list(range(len(self.dataset)))
        except (TypeError, NotImplementedError):
            return []


def items_of(dataset: Any) -> Items:
    """The dataset behind the subsets."""
    if type(dataset).__name__ != "Subset":
        return Items(dataset, None)
    inner = items_of(dataset.dataset)
    own = [int(i) for i in dataset.indices]
    if inner.indices is not None:
        own = [inner.indices[i] for i in own]
    return Items(inner.dataset, own)


def items_of_loader(loader: Any) -> Items | None:
    """What the loader draws from; None for a stream or a sampler of the program's own."""
    if not hasattr(loader.dataset, "__getitem__"):
        return None
    items = items_of(loader.dataset)
    sampler = getattr(loader, "sampler", None)
    name = type(sampler).__name__
    if name == "SubsetRandomSampler":
        drawn = [int(i) for i in getattr(sampler, "indices", [])]
        numbers = items.indices
        return Items(items.dataset, drawn if numbers is None else [numbers[i] for i in drawn])
    return items if name in PLAIN_SAMPLERS else None


def stored_part(items: Items, position: int) -> Any:
    """The stored array at this place of a TensorDataset; None when nothing is stored."""
    tensor = stored(items.dataset, position)
    if tensor is None:
        return None
    array = to_array(tensor)
    return array if items.indices is None else array[items.indices]


def files_of(items: Items) -> list[Hashable] | None:
    """The files that the items are read from, for a dataset that lists them."""
    for name in LISTED_FILES:
        listed = vars(items.dataset).get(name) if hasattr(items.dataset, "__dict__") else None
        if isinstance(listed, list) and listed:
            paths = [str(e[0] if isinstance(e, tuple) else e) for e in listed]
            if all("/" in path or "." in path for path in paths[:10]):
                return [paths[i] for i in items.numbers() if i < len(paths)]
    return None


def leaves(item: Any) -> list[Any]:
    """The arrays of one item, in order: tensors, arrays, pictures and numbers."""
    import numpy as np

    if isinstance(item, dict):
        return [leaf for value in item.values() for leaf in leaves(value)]
    if isinstance(item, (tuple, list)):
        return [leaf for value in item for leaf in leaves(value)]
    if layers.is_tensor(item):
        return [to_array(item)]
    if isinstance(item, (str, bytes)) or item is None:
        return []
    array = np.asarray(item)
    return [array] if array.dtype.kind in "iufb" else []


def read_inputs(items: Items, deadline: float) -> list[Any] | None:
    """First array of every item; None when there are too many or no time is left."""
    numbers = items.numbers()
    if not numbers or len(numbers) > MOST_READ:
        return None
    found = []
    for number in numbers:
        if time.monotonic() > deadline:
            return None
        arrays = leaves(items.dataset[number])
        if not arrays:
            return None
        found.append(arrays[0])
    return found


def content_keys(items: Items, deadline: float) -> list[Hashable]:
    """Keys of the inputs; empty when they cannot be had."""
    array = stored_part(items, 0)
    if array is not None:
        return [*row_keys(array)]
    read = read_inputs(items, deadline)
    if read is None or len(read) > MOST_ROWS:
        return []
    return [key for array in read for key in row_keys(array[None])]
