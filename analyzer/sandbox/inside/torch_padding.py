"""Padding at the end of sequences: which value fills up, and whether the loss counts it."""

from __future__ import annotations

from typing import Any

from .torch_recording import Facts

LONGEST_RUN_SHARE = 0.2
"""Share of the sequences that must end in the same repeated value for it to be padding."""
SHORTEST_RUN = 2
FEWEST_ROWS = 8


def padding(report: Any) -> Facts | None:
    """The Padding of token sequences and their targets; None where there is no padding."""
    import numpy as np

    inputs, targets = sequences(report)
    uses, seen = report.losses.facts()
    if inputs is None or len(uses) != 1 or inputs.ndim != 2 or len(inputs) < FEWEST_ROWS:
        return None
    if inputs.dtype.kind not in "iu" or targets.dtype.kind not in "iu":
        return None
    fill = fill_value(inputs)
    if fill is None:
        return None
    where = _tail(inputs, fill)
    shift = _shift(inputs, targets)
    inner = targets[~where]
    outer = targets[where]
    values = np.unique(outer)
    ignored = uses[0]["ignore_index"]
    if shift == 1:
        # The target of the last real token is the first filler.
        inner = inner[inner != fill]
        values = np.array([fill])
    if len(values) != 1 or (inner == values[0]).any():
        return None  # no value of its own marks the padded targets
    padded = int((targets == values[0]).sum())
    counts = uses[0]["reduction"] == "mean" or uses[0]["reduction"] == "sum"
    return {
        "value": int(fill),
        "target": int(values[0]),
        "positions": int(targets.size),
        "padded": padded,
        "counted": padded if counts and ignored != int(values[0]) else 0,
        "shift": shift,
        "site": seen[0].get("site"),
    }


def sequences(report: Any) -> tuple[Any, Any]:
    """Inputs and targets of the first batches in one shape (sequences, positions, ...).

    (None, None) when they are no sequences with one target for each input value.
    """
    import numpy as np

    pile = report.batches.input_pile(report.model_roots)
    if pile is None:
        return None, None
    pairs = []
    for rows, targets in zip(pile.parts, report.loaders.labels_seen, strict=False):
        if rows.ndim < 2 or rows.size != targets.size:
            break
        pairs.append((rows, targets.reshape(rows.shape)))
    if not pairs:
        return None, None
    return np.concatenate([x for x, _ in pairs]), np.concatenate([y for _, y in pairs])


def fill_value(inputs: Any) -> int | None:
    """The value that fills up sequences: it ends many of them and stands nowhere before."""
    import numpy as np

    last = inputs[:, -1]
    repeated = last == inputs[:, -SHORTEST_RUN]
    if not repeated.any():
        return None
    values, counts = np.unique(last[repeated], return_counts=True)
    fill = int(values[counts.argmax()])
    tail = _tail(inputs, fill)
    lengths = tail.sum(axis=1)
    often = counts.max() / len(inputs) >= LONGEST_RUN_SHARE
    varied = len(np.unique(lengths)) > 2
    elsewhere = ((inputs == fill) & ~tail).any()
    return fill if often and varied and not elsewhere and not tail.all() else None


def _tail(inputs: Any, fill: int) -> Any:
    """Where the sequences are filled up: the run of this value that reaches the end."""
    import numpy as np

    same = inputs[:, ::-1] == fill
    return np.logical_and.accumulate(same, axis=1)[:, ::-1]


def _shift(inputs: Any, targets: Any) -> int:
    return int(bool((targets[:, :-1] == inputs[:, 1:]).all()))
