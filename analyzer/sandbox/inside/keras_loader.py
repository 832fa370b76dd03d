"""The data of a Keras program when its warm-up is over: order, splits, two reads.

The arguments of the first fit call are kept; everything is computed at the very end, when nothing
of the program follows, and without drawing from the streams that training uses.
"""

from __future__ import annotations

import sys
import threading
from typing import Any

from . import keras_session, loader_fits, loader_folds, loader_rows
from .keras_data import Names, array_leaves, split_at, to_numpy
from .keras_random import untouched_randomness
from .keras_zipped import zipped

MOST_BATCHES = 200
DEFAULT_BATCH = 32
READ_TWICE = 3
Facts = dict[str, Any]


class FitData:
    """What the first fit call of the program was given.

    Attributes:
        arguments: by name; empty before the first fit call.
        names: what the user's frame called its values.
        site: the fit call.
        batches: the batches of a stream that passed, as `keras_data.Batches`.
    """

    def __init__(self, recorder: Any) -> None:
        self.recorder = recorder
        self.arguments: Facts = {}
        self.names = Names(None)
        self.site: Any = None
        self.batches: Any = None

    def given(self, arguments: Facts, batches: Any) -> None:
        """A fit call begins."""
        if not self.arguments:
            self.arguments = dict(arguments)
            self.names = Names(self.recorder.user_frame())
            self.site = self.recorder.user_site()
            self.batches = batches

    def collect(self) -> None:
        """Fill in facts["loader"]."""
        if not self.arguments and not loader_fits.facts():
            return
        if threading.current_thread() is not threading.main_thread() or "numpy" not in sys.modules:
            return
        if self.recorder.facts["framework"] not in ("keras", "tf.keras"):
            return
        self.recorder.snapshot()
        guarded = self.recorder.guarded
        held = guarded(self._held_out)
        with untouched_randomness([], alone=True):
            reads = guarded(self._reads)
            apart = list(guarded(self._zipped) or [])
        order = guarded(self._order)
        self.recorder.facts["loader"] = {
            "batches": order["batches"] if order else 0,
            "order": order,
            "held_out": [] if held is None else [held],
            "reads": [] if reads is None else [reads],
            "fits": list(guarded(loader_fits.facts) or []),
            "folds": list(guarded(self._folds) or []),
            "zipped": apart,
        }

    # The splits

    def _arrays(self, x: Any, y: Any) -> tuple[Any, Any]:
        """The only input and the only label as arrays; None for what is not one array."""
        found = []
        for side in (x, y):
            leaves = array_leaves(side)
            one = leaves is not None and len(leaves) == 1
            found.append(to_numpy(leaves[0], loader_rows.MOST_ROWS) if one and leaves else None)
        return found[0], found[1]

    def _held_out(self) -> Facts | None:
        """The validation data or the split-off part against the rest."""
        x, y = self._arrays(self.arguments.get("x"), self.arguments.get("y"))
        validation = self.arguments.get("validation_data")
        share = self.arguments.get("validation_split") or 0.0
        if x is None:
            return None
        if isinstance(validation, (tuple, list)) and len(validation) in (2, 3):
            held, labels = self._arrays(validation[0], validation[1])
            same = validation[0] is self.arguments.get("x")
            name = (None if same else self.names.of(validation[0])) or "validation_data"
        elif share and validation is None:
            end = split_at(len(x), float(share))
            held, x, name = x[end:], x[:end], "validation_split"
            labels, y = (None, None) if y is None else (y[end:], y[:end])
        else:
            return None
        if held is None:
            return None
        facts = loader_rows.compared(loader_rows.row_keys(x), loader_rows.row_keys(held))
        classes = (
            {}
            if y is None or labels is None
            else loader_rows.novel_classes(*map(loader_rows.class_numbers, (y, labels)))
        )
        return facts | classes | {"name": name, "site": self.site}

    def _folds(self) -> list[Facts]:
        """The Folds, by the labels that the first fit call trains."""
        _, y = self._arrays(self.arguments.get("x"), self.arguments.get("y"))
        if y is not None:
            return loader_folds.facts([y])
        labels = getattr(self.batches, "labels", None) or []
        return loader_folds.facts(labels[0] if len(labels) == 1 else None)

    def _zipped(self) -> list[Facts]:
        """The Zipped of what fit trains and validates on."""
        session, tf = keras_session.current(), sys.modules.get("tensorflow")
        if session is None or tf is None or not tf.executing_eagerly():
            return []
        sides = {"training": "x", "validation": "validation_data"}
        found = [
            zipped(session, tf, self.arguments.get(name), role) for role, name in sides.items()
        ]
        return [facts for facts in found if facts is not None]

    # The order

    def _order(self) -> Facts | None:
        """Labels of the first batches, when their order is the one in which they are stored."""
        x, y = self._arrays(self.arguments.get("x"), self.arguments.get("y"))
        if x is not None and y is not None:
            if self.arguments.get("shuffle") is not False:
                return None
            size = int(self.arguments.get("batch_size") or DEFAULT_BATCH)
            numbers = loader_rows.class_numbers(y)
            if numbers is None:
                return None
            starts = range(0, len(numbers), size)[:MOST_BATCHES]
            parts = [numbers[start : start + size] for start in starts]
        else:
            labels = getattr(self.batches, "labels", None) or []
            parts = [loader_rows.class_numbers(part) for part in (labels[0] if labels else [])]
            if len(labels) != 1 or not parts or any(part is None for part in parts):
                return None
            numbers = _joined(parts)
        found = loader_rows.label_order(parts, numbers)
        return None if found is None else found | {"fixed": True, "site": self.site}

    # Two reads

    def _reads(self) -> Facts | None:
        """TwoReads of a validation set that hands out its batches by number."""
        import numpy as np

        validation: Any = self.arguments.get("validation_data")
        if not hasattr(validation, "__getitem__") or not hasattr(validation, "on_epoch_end"):
            return None
        count = min(len(validation), READ_TWICE)
        differing, largest, span, same = 0, 0.0, 0.0, True
        for number in range(count):
            first, second = (_leaves(validation[number]) for _ in range(2))
            if len(first) < 2 or len(first) != len(second):
                return None
            same = same and all(map(np.array_equal, first[1:], second[1:]))
            span = max(span, float(np.ptp(first[0])))
            if first[0].shape == second[0].shape and not np.array_equal(first[0], second[0]):
                differing += 1
                largest = max(largest, float(np.abs(first[0] - second[0]).max()))
        facts = {"items": count, "differing": differing, "largest": largest, "span": span}
        name = self.names.of(validation) or "validation_data"
        return facts | {"same_targets": same, "name": name, "site": self.site}


def _leaves(batch: Any) -> list[Any]:
    import numpy as np

    sides = batch if isinstance(batch, (tuple, list)) else [batch]
    return [np.asarray(leaf, float) for side in sides for leaf in array_leaves(side) or []]


def _joined(parts: list[Any]) -> Any:
    import numpy as np

    return np.concatenate(parts)
