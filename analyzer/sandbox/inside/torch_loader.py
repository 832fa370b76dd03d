"""The loaders of a PyTorch program when its warm-up is over: order, splits, two reads.

While the program runs only names and uses of loaders are noted. Items are read at the very end,
when nothing follows, for a bounded time, and with the random states put back.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from . import loader_rows
from .recorder import Recorder
from .torch_arrays import to_array
from .torch_batches import Batches
from .torch_constructed import Constructed
from .torch_loader_reads import kept_randomness, two_reads, worker_streams
from .torch_loader_sets import Items, content_keys, files_of, items_of_loader, stored_part
from .torch_piles import Pile
from .torch_recording import Facts

SECONDS = 4.0
"""Time for all reading together."""
MOST_LOADERS = 12
MOST_BATCHES = 200
MOST_LABELS = 2**14
"""Values in the labels of one batch."""
HELD_OUT_WORDS = ("val", "valid", "validation", "dev", "test", "holdout", "eval", "vali")
TRAINED_WORDS = ("train", "training", "trn", "fit")


def words_in(names: list[str]) -> set[str]:
    """The words that names are made of: "valLoader_2" has "val" and "loader"."""
    found: set[str] = set()
    for name in names:
        spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in name)
        found.update("".join(c if c.isalpha() else " " for c in spaced).split())
        found.update("".join(c if c.isalpha() else " " for c in name.lower()).split())
    return found


class LoaderBook:
    """Which loaders the program iterates, and for what.

    Attributes:
        labels_seen: targets of the first batches, in order, of the first epoch at most.
        trained: loaders whose batches led to a step.
    """

    def __init__(self, recorder: Recorder, constructed: Constructed, batches: Batches) -> None:
        self._recorder = recorder
        self._constructed = constructed
        self._batches = batches
        self._names: dict[int, list[str]] = {}
        self._held: dict[int, Any] = {}
        self.trained: dict[int, Any] = {}
        self._entered: Any = None
        self._label_key: Any = None
        self.labels_seen: list[Any] = []

    # While the program runs

    def iterated(self, loader: Any) -> None:
        """A loader made an iterator: note what the running functions call it."""
        if id(loader) in self._held or len(self._held) >= MOST_LOADERS:
            return
        self._held[id(loader)] = loader
        self._names[id(loader)] = self._recorder_names(loader)

    def entered(self, loader: Any, training: bool) -> None:
        """A batch of this loader entered the model."""
        self._entered = loader if training else self._entered

    def stepped(self) -> None:
        """The optimizer steps: the last batch was a training batch."""
        if self._entered is not None:
            self.trained[id(self._entered)] = self._entered

    def compared(self, key: Any, target: Any) -> None:
        """A target entered a loss that led to a step: keep the first epoch's, in order."""
        self._label_key = self._label_key or key
        if key != self._label_key or target.numel() > MOST_LABELS or target.dim() == 0:
            return
        if len(self.labels_seen) < self._batches_per_epoch():
            self.labels_seen.append(to_array(target).copy())

    @property
    def idle(self) -> bool:
        """Whether further targets tell nothing new."""
        return not self._held or len(self.labels_seen) >= self._batches_per_epoch()

    def _batches_per_epoch(self) -> int:
        try:
            batches = len(self._batches.loader)
        except (TypeError, NotImplementedError):
            return MOST_BATCHES
        return min(batches, MOST_BATCHES)

    def _recorder_names(self, loader: Any) -> list[str]:
        found: list[str] = []
        frame = self._recorder.user_frame()
        while frame is not None and len(found) < MOST_LOADERS:
            for space in (frame.f_locals, frame.f_globals):
                for name, value in list(space.items()):
                    if value is loader and name not in found:
                        found.append(name)
            frame = self._recorder.sources.innermost(frame, 1)
        return found

    # At the end

    def collect(self) -> Facts | None:
        """The LoaderFacts; None when no data came by."""
        if threading.current_thread() is not threading.main_thread():
            return None
        deadline = time.monotonic() + SECONDS
        with kept_randomness():
            facts: Facts = {"order": self._order(), "held_out": [], "reads": [], "workers": []}
            for loader in self._all():
                if id(loader) in self.trained:
                    self._guard(facts["workers"], self._workers, loader, deadline)
                elif self._role(loader):
                    self._guard(facts["held_out"], self._against_training, loader, deadline)
                    self._guard(facts["reads"], self._reads, loader, deadline)
        batches = facts["order"]["batches"] if facts["order"] else 0
        return facts | {"batches": batches}

    def _guard(self, into: list[Facts], question: Any, loader: Any, deadline: float) -> None:
        found = self._recorder.guarded(question, loader, deadline)
        if found is not None:
            into.append(found)

    def _all(self) -> list[Any]:
        import torch

        living = self._constructed.living(torch.utils.data.DataLoader)
        found = {**self._held, **{id(loader): loader for loader in living}}
        return list(found.values())[:MOST_LOADERS]

    def _role(self, loader: Any) -> bool:
        """Whether the loader is held out by what it is called."""
        words = words_in(self._names.get(id(loader)) or self._recorder_names(loader))
        words |= words_in(self._main_names(loader))
        return bool(words.intersection(HELD_OUT_WORDS)) and not words.intersection(TRAINED_WORDS)

    def _main_names(self, loader: Any) -> list[str]:
        import sys

        space = vars(sys.modules["__main__"])
        return [name for name, value in list(space.items()) if value is loader]

    def _name(self, loader: Any) -> str:
        names = [*self._main_names(loader), *self._names.get(id(loader), [])]
        names = names or self._recorder_names(loader)
        told = [name for name in names if words_in([name]).intersection(HELD_OUT_WORDS)]
        return (told or names or ["the held-out loader"])[0]

    def _training_items(self) -> tuple[Any, Items | None]:
        for loader in self.trained.values():
            items = items_of_loader(loader)
            if items is not None:
                return loader, items
        return None, None

    def _order(self) -> Facts | None:
        """Labels of the first batches in their order, against all labels."""
        pile = self._batches.label_pile()
        loader, items = self._training_items()
        if pile is None:
            return None
        parts = [loader_rows.class_numbers(part) for part in self.labels_seen]
        if not parts or any(part is None for part in parts):
            return None
        found = loader_rows.label_order(parts, self._labels(pile, items))
        if found is None:
            return None
        sampler = type(getattr(loader, "sampler", None)).__name__
        fixed = {"SequentialSampler": True, "RandomSampler": False}.get(sampler)
        return found | {"fixed": fixed, "site": self._constructed.site(loader)}

    def _labels(self, pile: Pile, items: Items | None) -> Any:
        """Class numbers of all training labels, as far as they can be had without reading."""
        whole = None
        if pile.whole is not None and items is None:
            whole = to_array(pile.whole)
        if whole is None and items is not None:
            whole = stored_part(items, 1)
        return loader_rows.class_numbers(pile.array() if whole is None else whole)

    def _against_training(self, loader: Any, deadline: float) -> Facts | None:
        """HeldOut of one loader."""
        _, trained = self._training_items()
        held = items_of_loader(loader)
        if trained is None or held is None:
            return None
        facts: Facts = {"name": self._name(loader), "site": self._constructed.site(loader)}
        if held.dataset is trained.dataset:
            facts |= {"by": "index"} | loader_rows.compared(trained.numbers(), held.numbers())
            facts["same"] = sorted(set(held.numbers())) == sorted(set(trained.numbers()))
        elif files_of(trained) and files_of(held):
            files = files_of(trained) or [], files_of(held) or []
            facts |= {"by": "file"} | loader_rows.compared(*files)
        else:
            keys = content_keys(trained, deadline), content_keys(held, deadline)
            if not all(keys):
                return None
            facts |= loader_rows.compared(*keys)
        labels = [stored_part(items, 1) for items in (trained, held)]
        if any(part is None for part in labels):
            return facts
        return facts | loader_rows.novel_classes(*map(loader_rows.class_numbers, labels))

    def _reads(self, loader: Any, deadline: float) -> Facts | None:
        """TwoReads of one loader; arrays that are stored cannot differ."""
        held = items_of_loader(loader)
        if held is None or stored_part(held, 0) is not None:
            return None
        found = two_reads(held, deadline)
        _, trained = self._training_items()
        if found is None:
            return None
        same = trained is not None and trained.dataset is held.dataset
        site = self._constructed.site(loader)
        return found | {"name": self._name(loader), "trained_dataset": same, "site": site}

    def _workers(self, loader: Any, deadline: float) -> Facts | None:
        """WorkerStreams of one training loader with workers."""
        items = items_of_loader(loader)
        if items is None or not loader.num_workers or loader.worker_init_fn is not None:
            return None
        found = worker_streams(items, deadline)
        site = self._constructed.site(loader)
        return None if found is None else found | {"workers": loader.num_workers, "site": site}
