"""The data: what enters the model and the loss, and the whole arrays that it was cut from.

Nothing is fetched from a dataset. Batches are copied as they pass by, up to a bound; where a batch
is a slice of an array, or came unchanged out of a TensorDataset, the whole array is described.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import Any

from . import torch_layers as layers
from .recorder import Recorder
from .statistics import data_kind, describe_array, describe_labels
from .torch_arrays import around, rows_of, stored, to_array
from .torch_piles import Pile
from .torch_recording import Facts

MOST_INPUTS = 8
MOST_FRAMES = 4


class Batches:
    """What passes by on its way into the trained model and into its loss."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._samples = int(recorder.request["samples"])
        self._training: dict[int, list[Pile]] = {}
        self._validation: dict[int, list[Pile]] = {}
        self._labels: dict[Any, Pile] = {}
        self._loaders: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        self._last: tuple[Any, list[Any]] | None = None
        self._sizes: dict[int, int] = {}
        self.loader: Any = None
        self.settled = False
        self._tests: list[Facts] = []
        self.on_loader: Callable[[Any, bool], None] = lambda _loader, _training: None

    # What the loaders yield

    def iterating(self, loader: Any, iterator: Any) -> None:
        """A loader made an iterator."""
        self._loaders[iterator] = loader

    def yielded(self, iterator: Any, batch: Any) -> None:
        """An iterator gave a batch."""
        loader = self._loaders.get(iterator)
        if loader is not None:
            self._last = (loader, layers.tensors_in(batch))

    @property
    def last(self) -> tuple[Any, list[Any]] | None:
        """The loader that gave the last batch, and the tensors in it."""
        return self._last

    def loader_of(self, iterator: Any) -> Any:
        """The loader that made this iterator."""
        return self._loaders.get(iterator)

    # What enters model and loss

    def entered(self, module: Any, inputs: list[Any], *, training: bool) -> None:
        """A root module is called with tensors that no other module made."""
        piles = (self._training if training else self._validation).setdefault(id(module), [])
        first = training and not self.settled
        if first and inputs[0].dim():
            self._sizes[id(module)] = int(inputs[0].shape[0])
        if first and self._last is not None:
            self.loader = self._last[0]
        if self._last is not None:
            self.on_loader(self._last[0], training)
        for position, tensor in enumerate(inputs[:MOST_INPUTS]):
            if position == len(piles):
                piles.append(Pile(self._samples))
            if first:
                self._find_whole(piles[position], tensor)
            piles[position].add(tensor, self.samples_known() if training else None)

    def settle(self) -> None:
        """The first step is done: what was tried before it is no training data."""
        self.settled = True
        for pile in (pile for piles in self._training.values() for pile in piles):
            pile.keep_last()

    def batch_size(self, roots: list[Any]) -> int | None:
        """Samples in the first batch of the model."""
        sizes = [self._sizes[id(root)] for root in roots if id(root) in self._sizes]
        return sizes[0] if sizes else None

    def compared(self, key: Any, target: Any) -> None:
        """A target entered a loss that led to a step."""
        if key not in self._labels:
            if len(self._labels) >= MOST_INPUTS:
                return
            self._labels[key] = Pile(self._samples)
            self._find_whole(self._labels[key], target)
        self._labels[key].add(target, self.samples_known())

    @property
    def idle(self) -> bool:
        """Whether the last training batch brought nothing new."""
        for piles in (*self._training.values(), self._labels.values()):
            for pile in piles:
                if not pile.idle:
                    return False
        return True

    def label_pile(self) -> Pile | None:
        """The targets of the only loss; None when there are none or several."""
        piles = list(self._labels.values())
        return piles[0] if len(piles) == 1 else None

    def input_pile(self, roots: list[Any]) -> Pile | None:
        """The only training input of these modules; None when there are none or several."""
        piles = [pile for root in roots for pile in self._training.get(id(root), [])]
        return piles[0] if len(piles) == 1 else None

    # Whole arrays

    def _find_whole(self, pile: Pile, tensor: Any) -> None:
        """The array that the batch is a slice of, or the tensor of the dataset it came from."""
        batch = self._last[1] if self._last is not None else []
        base, pile.name = tensor._base, None
        whole = self._of_dataset(tensor)
        if whole is None and base is not None and not any(part is base for part in batch):
            whole = rows_of(base, tensor)
        for name, value in self._named_arrays():
            if value is whole or (whole is not None and value is base):
                pile.name = name
            elif whole is None and not any(part is value for part in batch):
                whole = around(value, tensor)
                pile.name = name if whole is not None else None
        pile.whole = whole

    def _named_arrays(self) -> Iterator[tuple[str, Any]]:
        """The tensors and arrays that the user's running functions and module have names for."""
        spaces: list[dict[str, Any]] = []
        for skip in range(MOST_FRAMES):
            frame = self._recorder.user_frame(skip)
            if frame is not None:
                spaces += [frame.f_locals, frame.f_globals]
        for space in {id(space): space for space in spaces}.values():
            for name, value in list(space.items()):
                if layers.is_tensor(value) or type(value).__name__ == "ndarray":
                    yield name, value

    def _of_dataset(self, tensor: Any) -> Any:
        import torch

        if self._last is None or self._last[0] is None:
            return None
        loader, batch = self._last
        for position, part in enumerate(batch):
            if part is tensor or (part.shape == tensor.shape and torch.equal(part, tensor)):
                return stored(loader.dataset, position)
        return None

    # Arrays that the program evaluates on

    def profile(self, wanted: list[str]) -> None:
        """Describe arrays by their names in the user's frame; names that are not there are none."""
        frame = self._recorder.user_frame()
        if frame is None or self._tests:
            return
        for name in wanted[:32]:
            value = frame.f_locals.get(name, frame.f_globals.get(name))
            array: Any = to_array(value) if layers.is_tensor(value) else value
            if isinstance(getattr(array, "ndim", None), int) and array.ndim:
                self._tests.append(self._described(array, len(array), name, array.ndim == 4))

    def _described(self, array: Any, samples: int | None, name: str | None, image: bool) -> Facts:
        axis = 1 if image else -1
        return describe_array(
            array, samples=samples, name=name, limit=self._samples, channel_axis=axis
        )

    # The profile

    def samples_known(self) -> int | None:
        """Size of the training set by its loader."""
        try:
            return len(self.loader.dataset) if self.loader is not None else None
        except (TypeError, NotImplementedError):
            return None

    def comes_from_data(self, roots: list[Any]) -> bool:
        """Whether what entered the model is data, and not made up to try its shapes."""
        piles = [pile for root in roots for pile in self._training.get(id(root), [])]
        return self.loader is not None or any(pile.whole is not None for pile in piles)

    def facts(self, roots: list[Any], first_op: str | None) -> Facts | None:
        """The DataProfile for a model with these root modules; None when nothing came by."""
        inputs = self._stats(self._training, roots, self.samples_known())
        if not inputs:
            return None
        first = inputs[0]
        kind = data_kind(first["shape"], first["dtype"], first, True)
        return {
            "inputs": inputs,
            "labels": self._label_stats(roots),
            "validation_inputs": self._stats(self._validation, roots, None),
            "test_inputs": self._tests,
            "kind": "text" if first_op == "embedding" else kind,
            "source": "program",
        }

    def _stats(self, piles: dict[int, list[Pile]], roots: list[Any], samples: Any) -> list[Facts]:
        found = []
        for pile in (pile for root in roots for pile in piles.get(id(root), [])):
            array = to_array(pile.whole) if pile.whole is not None else pile.array()
            if array is None:
                continue
            size = samples if pile.rows is None else pile.rows
            found.append(self._described(array, size, pile.name, array.ndim == 4))
        return found[:32]

    def _label_stats(self, roots: list[Any]) -> list[Facts]:
        found = []
        piles = [pile for root in roots for pile in self._training.get(id(root), [])]
        for label in self._labels.values():
            whole = label.whole is not None
            array = to_array(label.whole) if whole else label.array()
            if array is None:
                continue
            size = self.samples_known() if label.rows is None else label.rows
            same = piles[0].array() if piles and not whole else None
            if whole and piles and piles[0].whole is not None:
                same = to_array(piles[0].whole)
            found.append(
                describe_labels(
                    array, samples=size, name=label.name, limit=self._samples, inputs=same
                )
            )
        return found[:32]
