"""Rows of arrays as keys that can be compared, and labels as class numbers. Needs NumPy only."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

MOST_ROWS = 20_000
"""Rows of one set that are compared."""
MOST_BYTES = 2**27
"""Bytes of one set that are compared."""
MOST_CLASSES = 2000


def row_keys(array: Any) -> list[bytes]:
    """One key per row; equal rows of the same kind of numbers have equal keys."""
    import numpy as np

    rows = np.asarray(array)
    if rows.ndim == 0 or not rows.size or rows.dtype.kind not in "iufb":
        return []
    most = min(MOST_ROWS, max(1, MOST_BYTES // max(1, rows[0].nbytes)))
    rows = rows[:most].reshape(min(most, len(rows)), -1)
    if rows.dtype.kind == "f":
        rows = rows.astype(np.float32) + np.float32(0)  # minus zero is zero
    rows = np.ascontiguousarray(rows)
    return [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in rows]


def repeated_share(keys: Sequence[Hashable]) -> float:
    """Share of the keys that occur more than once."""
    counts = Counter(keys)
    return sum(n for n in counts.values() if n > 1) / len(keys) if keys else 0.0


def compared(trained: Sequence[Hashable], held: Sequence[Hashable]) -> dict[str, Any]:
    """The counting fields of a HeldOut."""
    known = set(trained)
    return {
        "rows": len(held),
        "shared": sum(key in known for key in held),
        "trained_rows": len(trained),
        "repeated": repeated_share(trained),
        "same": len(held) == len(trained) and list(held) == list(trained),
    }


def class_numbers(labels: Any) -> Any:
    """Labels as class numbers, one per sample; None when they are not exclusive classes."""
    import numpy as np

    values = np.asarray(labels)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 2 and values.dtype.kind in "iufb":
        ones = ((values == 0) | (values == 1)).all() and (values.sum(axis=1) == 1).all()
        return values.argmax(axis=1) if ones and values.shape[1] > 1 else None
    if values.ndim != 1 or not len(values) or values.dtype.kind not in "iufb":
        return None
    if values.dtype.kind == "f" and not (values == np.floor(values)).all():
        return None
    numbers = values.astype(np.int64)
    return numbers if numbers.min() >= 0 and numbers.max() < MOST_CLASSES else None


def expected_distinct(numbers: Any, batch: int) -> float:
    """Classes in a batch drawn at random from labels that are distributed like these."""
    import numpy as np

    shares = np.unique(numbers, return_counts=True)[1] / len(numbers)
    return float((1.0 - (1.0 - shares) ** batch).sum())


def label_order(batches: list[Any], everything: Any) -> dict[str, Any] | None:
    """The counting fields of a LabelOrder.

    Args:
        batches: class numbers of each batch, in order.
        everything: class numbers of the whole set, or of a fair part of it.
    """
    import numpy as np

    if len(batches) < 2 or everything is None:
        return None
    joined = np.concatenate(batches)
    changes = int((np.diff(joined) != 0).sum())
    return {
        "batches": len(batches),
        "labels": len(joined),
        "distinct": float(np.mean([len(np.unique(batch)) for batch in batches])),
        "expected": expected_distinct(everything, len(batches[0])),
        "classes": len(np.unique(np.concatenate([joined, everything]))),
        "contiguous": changes == len(np.unique(joined)) - 1,
    }


def novel_classes(trained: Any, held: Any) -> dict[str, Any]:
    """The class fields of a HeldOut; empty when either has no exclusive classes."""
    import numpy as np

    if trained is None or held is None:
        return {}
    classes = np.unique(held)
    novel = np.setdiff1d(classes, trained)
    share = float(np.isin(held, novel).mean())
    return {"classes": len(classes), "novel": len(novel), "novel_share": share}
