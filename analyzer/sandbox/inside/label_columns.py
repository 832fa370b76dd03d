"""Whether one value of a sample's input is its label: a class but for scale and offset."""

from __future__ import annotations

import math
from typing import Any

FEWEST_ROWS = 50
"""On fewer rows a column may agree with the labels by chance."""
FIRST_ROWS = 64
"""Rows that rule out nearly every column before all rows are looked at."""
EXACT = 1e-7
"""Distance of a correlation from one that single precision explains."""
MOST_CLASSES = 32
"""Distinct labels beyond which they are numbers."""
MOST_VALUES = 2**26


def column_of(inputs: Any, labels: Any) -> int | None:
    """The position among a sample's values, flattened, that gives its label away; None without.

    Args:
        inputs: shape (rows, ...); labels: one number per row.
    """
    rows = len(labels)
    if rows < FEWEST_ROWS or labels.size != rows or len(inputs) != rows:
        return None
    width = math.prod(inputs.shape[1:])
    if width < 2 or inputs.dtype.kind not in "biuf" or inputs.size > MOST_VALUES:
        return None
    x, y = inputs.reshape(rows, width), labels.reshape(rows).astype("float64")
    stride = max(1, rows // FIRST_ROWS)
    likely = _exact(x[::stride].astype("float64"), y[::stride])
    if 2 * len(likely) > width:
        return None  # an exercise: the label is what the inputs show, not a column too many
    return next((i for i in likely if _is_label(x[:, i], y)), None)


def _is_label(column: Any, y: Any) -> bool:
    """Whether they agree in all rows: classes but for scale and offset, numbers exactly.

    Numbers of a ramp, or of a line without noise, are functions of each other and no leak.
    """
    import numpy as np

    if len(np.unique(y)) > MOST_CLASSES:
        return bool(np.array_equal(column.astype("float32"), y.astype("float32")))
    return bool(_exact(column[:, None].astype("float64"), y))


def _exact(x: Any, y: Any) -> list[int]:
    """The columns that are a linear function of y."""
    import numpy as np

    with np.errstate(all="ignore"):
        x, y = x - x.mean(axis=0), y - y.mean()
        spread = np.sqrt((x * x).sum(axis=0) * (y * y).sum())
        agreement = np.abs(y @ x) / spread
    return [int(i) for i in np.flatnonzero(agreement > 1.0 - EXACT)]
