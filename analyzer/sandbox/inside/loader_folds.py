"""The folds of scikit-learn's KFold without shuffle: the classes on both sides of each.

Often the splitter does not get the labels. They are then looked for among the values that the
running function has names for; what is taken for them must agree with the labels that are trained.
Only counts of classes are kept, no data.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from itertools import islice
from typing import Any

from .loader_rows import MOST_CLASSES, class_numbers
from .on_import import when_imported

Facts = dict[str, Any]
SPLITS = "sklearn.model_selection._split"
MOST_SPLITS = 8
MOST_FOLDS = 20
MOST_CANDIDATES = 16
MOST_ROWS = 2**20
MOST_NAMED = 32
HALF = 0.5  # of the first training part; fewer labels say too little


class Labels:
    """Values that may be the labels of the rows.

    Attributes:
        name: what the program calls them, None when it handed them to the splitter.
        numbers: one class number per row; names: what each class is called.
        first: how many of each class the first fold trains.
        worst: the facts of the fold in which the classes differ most.
    """

    def __init__(self, name: str | None, numbers: Any, names: list[str]) -> None:
        self.name, self.numbers, self.names = name, numbers, names
        self.first: Any = None
        self.worst: Facts | None = None

    def fold(self, number: int, trained: Any, tested: Any) -> None:
        """One fold was handed out."""
        import numpy as np

        classes = len(self.names)
        within = np.bincount(self.numbers[trained], minlength=classes)
        held = np.bincount(self.numbers[tested], minlength=classes)
        if self.first is None:
            self.first = within
        novel = held * (within == 0)
        facts: Facts = {
            "fold": number,
            "trained": [self.names[i] for i in np.flatnonzero(within)[:MOST_NAMED]],
            "tested": [self.names[i] for i in np.flatnonzero(held)[:MOST_NAMED]],
            "classes": int(np.count_nonzero(within + held)),
            "tested_classes": int(np.count_nonzero(held)),
            "rows": int(held.sum()),
            "novel_classes": int(np.count_nonzero(novel)),
            "novel_rows": int(novel.sum()),
            "trained_share": float(within[held > 0].sum() / max(1, within.sum())),
        }
        if self.worst is None or facts["novel_rows"] > self.worst["novel_rows"]:
            self.worst = facts

    def sorted(self) -> bool:
        """Whether every class comes in one piece."""
        import numpy as np

        changes = int(np.count_nonzero(np.diff(self.numbers)))
        return changes == len(np.unique(self.numbers)) - 1

    def agrees(self, seen: Any) -> bool:
        """Whether the first fold has these trained labels."""
        import numpy as np

        if len(seen) < HALF * self.first.sum():
            return False
        found, first = np.bincount(seen, minlength=len(self.first)), self.first
        if self.name is None:  # classes may have got other numbers since
            found, first = np.sort(found[found > 0]), np.sort(first[first > 0])
        if len(found) != len(first) or (found > first).any():
            return False
        return bool(((found > 0) == (first > 0)).all())


class Split:
    """One call of KFold.split whose rows keep their order."""

    def __init__(self, folds: int, candidates: list[Labels], site: Any) -> None:
        self.folds, self.candidates, self.site = folds, candidates, site

    def facts(self, parts: list[Any]) -> Facts | None:
        """The Folds; None when the labels are not known for sure."""
        started = [labels for labels in self.candidates if labels.first is not None]
        seen = _first_rows(parts, int(started[0].first.sum())) if started else None
        if seen is None:
            return None
        agreeing = [labels for labels in started if labels.agrees(seen)]
        shown = [{**(each.worst or {}), "sorted": each.sorted()} for each in agreeing]
        if not shown or any(facts != shown[0] for facts in shown):
            return None
        return {"folds": self.folds, "labels": agreeing[0].name, "site": self.site} | shown[0]


class Book:
    """All splits of the program, in order."""

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.splits: list[Split] = []

    def split(self, splitter: Any, rows: Any, labels: Any = None, *_groups: Any) -> Split | None:
        """KFold.split was called; None when there is nothing to follow."""
        site, frame = self.recorder.user_site(), self.recorder.user_frame()
        if splitter.shuffle or site is None or len(self.splits) >= MOST_SPLITS:
            return None
        count = _length(rows)
        if not 0 < count <= MOST_ROWS:
            return None
        if labels is not None:
            candidates = iter([_handed(labels)])
        else:
            named = {} if frame is None else {**frame.f_globals, **frame.f_locals}
            columns = _inside({**named, "rows": rows}, count)
            candidates = (_numbered(*each) for each in columns)
        fitting = (each for each in candidates if each is not None and len(each.numbers) == count)
        known = list(islice(fitting, MOST_CANDIDATES))
        if not known:
            return None
        self.splits.append(Split(int(splitter.n_splits), known, site))
        return self.splits[-1]

    def follow(self, split: Split, folds: Any) -> Iterator[Any]:
        """Hand the folds on as they come."""
        for number, (trained, tested) in enumerate(folds, start=1):
            if number <= MOST_FOLDS:
                for labels in split.candidates:
                    self.recorder.guarded(labels.fold, number, trained, tested)
            yield trained, tested


def _length(rows: Any) -> int:
    try:
        return len(rows)
    except TypeError:
        return 0


def _inside(space: dict[Any, Any], count: int) -> Iterator[tuple[str, Any]]:
    """The values of this length, also one level down: a Bunch, a table, a dataset."""
    for name, value in list(space.items()):
        if not isinstance(name, str) or name.startswith("__") or isinstance(value, type):
            continue
        if isinstance(value, dict):
            within = list(value.items())
        elif type(value).__name__ == "DataFrame":
            within = [(each, value[each]) for each in list(value.columns)[:MOST_NAMED]]
        else:
            own = getattr(value, "__dict__", None)
            kept = own if isinstance(own, dict) and not callable(value) else {}
            within = [(each, kept[each]) for each in ("targets", "labels", "y") if each in kept]
            tensors = kept.get("tensors")
            within += [(name, part) for part in tensors] if isinstance(tensors, tuple) else []
            within.append((name, value))
        yield from ((str(each), held) for each, held in within if _is_column(held, count))


def _is_column(value: Any, count: int) -> bool:
    if not isinstance(value, list) and type(value).__name__ not in ("ndarray", "Series", "Tensor"):
        return False
    shape = getattr(value, "shape", None)
    if shape is not None and (not 1 <= len(shape) <= 2 or (len(shape) == 2 and shape[1] > 256)):
        return False
    return _length(value) == count


def _array(values: Any) -> Any:
    import numpy as np

    if type(values).__name__ == "Tensor":
        values = values.detach().cpu()
    return np.asarray(values)


def _numbered(name: str | None, values: Any) -> Labels | None:
    """Integers as classes; each of them must be there twice on average."""
    import numpy as np

    numbers = class_numbers(_array(values))
    if numbers is None or 2 * len(np.unique(numbers)) > len(numbers):
        return None
    return Labels(name, numbers, [str(i) for i in range(int(numbers.max()) + 1)])


def _handed(values: Any) -> Labels | None:
    """What the splitter got as labels: numbers, or texts."""
    import numpy as np

    array = _array(values)
    if array.dtype.kind not in "OUS" or array.ndim != 1:
        return _numbered(None, array)
    texts, numbers = np.unique(array.astype(str), return_inverse=True)
    if 2 * len(texts) > len(array) or len(texts) > MOST_CLASSES:
        return None
    return Labels(None, numbers, [str(text)[:100] for text in texts])


def _first_rows(parts: list[Any], most: int) -> Any:
    """Class numbers of the first labels that were trained, of one pass at most."""
    import numpy as np

    kept: list[Any] = []
    for part in parts:
        numbers = class_numbers(part)
        if numbers is None:
            return None
        if sum(map(len, kept)) + len(numbers) > most:
            break
        kept.append(numbers)
    return np.concatenate(kept) if kept else None


_books: list[Book] = []


def install(recorder: Any) -> None:
    """Follow KFold once the program imports scikit-learn."""
    _books[:] = [Book(recorder)]
    when_imported(SPLITS, _watch)


def facts(parts: Any) -> list[Facts]:
    """The Folds of the running program.

    Args:
        parts: the labels of the first training batches, in order.
    """
    splits = [split for book in _books for split in book.splits]
    found = [split.facts(list(parts or ())) for split in splits]
    return [fact for fact in found if fact is not None]


def _watch(module: Any) -> None:
    original = module.KFold.split

    @functools.wraps(original)
    def split(self: Any, *arguments: Any, **keywords: Any) -> Any:
        folds = original(self, *arguments, **keywords)
        for book in _books:
            given = [*arguments, *(keywords[key] for key in ("X", "y") if key in keywords)]
            if type(self) is module.KFold and given:
                followed = book.recorder.guarded(book.split, self, *given)
                return folds if followed is None else book.follow(followed, folds)
        return folds

    module.KFold.split = split
