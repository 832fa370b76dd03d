"""The class weights of a fit call: its `class_weight`, or sample weights that say the same."""

from __future__ import annotations

import math
from typing import Any

from .keras_data import array_leaves, to_numpy

MOST_CLASSES = 1000
MOST_LABELS = 2**22
UNLISTED = 1.0
"""What Keras takes for a class that the dictionary does not name."""


def class_weights(arguments: dict[str, Any]) -> tuple[str, list[float]] | None:
    """The argument that weighs classes and the weights from class 0 on; None without any."""
    by_class, by_sample = arguments.get("class_weight"), arguments.get("sample_weight")
    if by_class is not None and by_sample is not None:
        return None
    name = "sample_weight" if by_class is None else "class_weight"
    weights = _of_samples(arguments.get("y"), by_sample) if by_class is None else _listed(by_class)
    return None if weights is None else (name, weights)


def _listed(given: Any) -> list[float] | None:
    """The weights of a dictionary from class to number."""
    if not isinstance(given, dict) or not given:
        return None
    try:
        weights = {int(key): float(value) for key, value in given.items()}
    except (TypeError, ValueError):
        return None
    whole = all(key == number for key, number in zip(given, weights, strict=False))
    if not whole or len(weights) < len(given) or not all(map(math.isfinite, weights.values())):
        return None
    if min(weights) < 0 or max(weights) >= MOST_CLASSES:
        return None
    return [weights.get(number, UNLISTED) for number in range(max(weights) + 1)]


def _of_samples(y: Any, weights: Any) -> list[float] | None:
    """The weights of the samples, when every class has one of its own."""
    import numpy as np

    labels = array_leaves(y)
    if weights is None or labels is None or len(labels) != 1:
        return None
    classes, factors = _classes(to_numpy(labels[0], MOST_LABELS)), to_numpy(weights, MOST_LABELS)
    if classes is None or factors.dtype.kind not in "iuf" or factors.size != classes.size:
        return None
    factors = factors.reshape(-1).astype(float)
    found, places = np.unique(classes, return_index=True)
    each = np.full(int(found[-1]) + 1, UNLISTED)
    each[found] = factors[places]
    same = np.isfinite(factors).all() and np.allclose(each[classes], factors, rtol=1e-6, atol=0)
    return [float(weight) for weight in each] if same else None


def _classes(labels: Any) -> Any:
    """The class number of each sample; None when the labels are no classes."""
    import numpy as np

    if labels.dtype.kind not in "iuf" or not labels.size or labels.size > MOST_LABELS:
        return None
    if labels.ndim == 2 and labels.shape[1] > 1:
        single = np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()
        return labels.argmax(axis=1) if single else None
    flat = labels.reshape(-1) if labels.size == len(labels) else None
    if flat is None or not (flat == np.rint(flat)).all():
        return None
    if flat.min() < 0 or flat.max() >= MOST_CLASSES:
        return None
    return flat.astype(int)
