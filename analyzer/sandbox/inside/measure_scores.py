"""How well predictions do a task: exact formulas on NumPy arrays.

They are computed inside the sandbox because the predictions of an autoencoder or a segmentation
are large, and because shipping them would win no trust: the process that could forge a score could
forge the predictions. Tests compare every formula with scikit-learn's.

The scores are of the task, not of the loss, and stay comparable when an edit changes the encoding
of the labels, the width of the output or its activation: rows of class scores are decided by their
largest entry, a single score by the threshold that the program's loss implies, numbers by R2, which
knows no scale. Whoever predicts one constant scores at chance: 1/classes, 0.5, or 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

MOST_CLASSES = 1000
MOST_NUMBERS = 16
"""Outputs whose R2 are averaged; of more outputs the errors are pooled before dividing."""
LOWEST_R2 = -1.0
"""Worse than this is all alike: a diverged program must not decide an average."""


class Task(NamedTuple):
    """What the predictions are for.

    Attributes:
        problem: a word of `analyzer.kinds.Problem`.
        threshold: between the two classes of a single score; None: midway between the labels.
        class_axis: where the classes lie in predictions of rank 3 or more.
        ignored: a label that stands for "no label".
    """

    problem: str = "unknown"
    threshold: float | None = None
    class_axis: int = -1
    ignored: int | None = None


class Scores(NamedTuple):
    """Scores by name, and by the same names what a constant prediction scores on these targets."""

    values: dict[str, float]
    chance: dict[str, float]


class Unmeasurable(Exception):
    """The predictions and targets cannot be compared; the text says why."""


def scores_of(predictions: Any, targets: Any, task: Task) -> Scores:
    """The scores by name, the problem's own ones.

    Args:
        predictions, targets: arrays with the samples on axis 0.

    Raises:
        Unmeasurable: the arrays do not fit each other or the task.
    """
    import numpy as np

    predicted, wanted = np.asarray(predictions), np.asarray(targets)
    if predicted.dtype.kind not in "fiub" or wanted.dtype.kind not in "fiub":
        raise Unmeasurable(f"predictions are {predicted.dtype}, targets {wanted.dtype}")
    if not predicted.ndim or not wanted.ndim or not len(predicted) or not len(wanted):
        raise Unmeasurable("there are no predictions")
    predicted = np.where(np.isfinite(predicted), predicted, np.nan).astype(np.float64)
    wanted = wanted.astype(np.float64)
    if not np.isfinite(wanted).all():
        raise Unmeasurable("targets are not finite")
    problem = task.problem
    if problem in ("unknown", "sequence"):
        problem = kind_of_targets(predicted, wanted, task)
    if problem in ("binary", "multiclass") and _are_numbers(predicted, wanted):
        problem = "regression"
    if problem in ("regression", "autoencoder"):
        return regression(predicted, wanted)
    if problem == "multilabel":
        return labels(predicted, wanted, task)
    return classes(predicted, wanted, task)


def kind_of_targets(predicted: Any, wanted: Any, task: Task) -> str:
    """The problem, by the targets alone."""
    import numpy as np

    if not (wanted == np.round(wanted)).all():
        return "regression"
    if wanted.shape == predicted.shape and wanted.ndim > 1 and wanted.shape[-1] > 1:
        if not np.isin(wanted, (0.0, 1.0)).all():
            return "regression"
        return "multiclass" if (wanted.sum(axis=-1) == 1).all() else "multilabel"
    valid = wanted if task.ignored is None else wanted[wanted != task.ignored]
    few = len(np.unique(valid)) <= max(2, min(MOST_CLASSES, valid.size // 5))
    single = predicted.size == wanted.size
    return "multiclass" if few or not single else "regression"


def _are_numbers(predicted: Any, wanted: Any) -> bool:
    """Whether the targets are no classes, whatever the loss takes them for: too many fractions."""
    import numpy as np

    if predicted.size != wanted.size or (wanted == np.round(wanted)).all():
        return False
    return len(np.unique(wanted)) > max(2, len(wanted) // 5)


# Numbers


def regression(predicted: Any, wanted: Any) -> Scores:
    """R2: one minus the squared error over that of always predicting the mean."""
    import numpy as np

    if predicted.size != wanted.size:
        raise Unmeasurable(_misfit(predicted, wanted))
    p, t = predicted.reshape(len(wanted), -1), wanted.reshape(len(wanted), -1)
    error = np.square(p - t).sum(axis=0)
    spread = np.square(t - t.mean(axis=0)).sum(axis=0)
    varied = spread > 0
    if not varied.any():
        raise Unmeasurable("all targets are equal")
    error, spread = np.where(np.isfinite(error), error, np.inf)[varied], spread[varied]
    if t.shape[1] <= MOST_NUMBERS:
        value = float(np.mean(np.maximum(1 - error / spread, LOWEST_R2)))
    else:
        value = float(1 - error.sum() / spread.sum())
    return Scores({"r2": max(value, LOWEST_R2)}, {"r2": 0.0})


# Classes


def classes(predicted: Any, wanted: Any, task: Task) -> Scores:
    """Accuracy, its mean over the classes, and ROC AUC when there are two of them."""
    import numpy as np

    rows, truth = class_rows(predicted, wanted, task)
    if task.ignored is not None:
        kept = truth != task.ignored
        rows, truth = rows[kept], truth[kept]
    values = np.unique(truth)
    if len(values) < 2:
        raise Unmeasurable("the measured samples are all of one class")
    if len(values) > MOST_CLASSES:
        raise Unmeasurable(f"the targets have {len(values):,} different values")
    decided = decide(rows, values, task.threshold)
    right = decided == truth
    found = {
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(np.mean([right[truth == value].mean() for value in values])),
    }
    shares = [float((truth == value).mean()) for value in values]
    chance = {"accuracy": max(shares), "balanced_accuracy": 1 / len(values)}
    if len(values) == 2 and rows.shape[1] <= 2:
        ranked = rows[:, -1] - rows[:, 0] if rows.shape[1] > 1 else rows[:, 0]
        found["roc_auc"] = roc_auc(_numbers(ranked), truth == values[1])
        found["average_precision"] = average_precision(_numbers(ranked), truth == values[1])
        chance |= {"roc_auc": 0.5, "average_precision": shares[1]}
    return Scores(found, chance)


def class_rows(predicted: Any, wanted: Any, task: Task) -> tuple[Any, Any]:
    """(scores per row and class, label per row); a row is a sample, or a position of one."""
    import numpy as np

    p, t = predicted, wanted
    if p.ndim > 2 and task.class_axis % p.ndim != p.ndim - 1:
        if t.shape == p.shape:
            t = np.moveaxis(t, task.class_axis, -1)
        p = np.moveaxis(p, task.class_axis, -1)
    width = p.shape[-1] if p.ndim > 1 else 1
    if p.ndim > 1 and width > 1 and t.shape == p.shape:
        return p.reshape(-1, width), t.reshape(-1, width).argmax(axis=-1).astype(np.float64)
    if p.ndim > 1 and width > 1 and t.size * width == p.size:
        return p.reshape(-1, width), t.reshape(-1)
    if p.size == t.size:
        return p.reshape(-1, 1), t.reshape(-1)
    raise Unmeasurable(_misfit(predicted, wanted))


def decide(rows: Any, values: Any, threshold: float | None) -> Any:
    """The class that each row chooses, as one of the labels' values.

    Args:
        rows: [rows, classes], or [rows, 1] for a single score.
        values: the labels that occur, sorted.
    """
    import numpy as np

    rows = np.where(np.isnan(rows), -np.inf, rows)
    if rows.shape[1] > 1:
        chosen = rows.argmax(axis=1)
        indices = (values == np.round(values)).all() and values[0] >= 0
        if indices and values[-1] < rows.shape[1]:
            return chosen.astype(np.float64)
        return values[np.minimum(chosen, len(values) - 1)]
    single = rows[:, 0]
    if len(values) == 2:
        bound = float(values.mean()) if threshold is None else threshold
        return np.where(single > bound, values[1], values[0])
    bounds = (values[1:] + values[:-1]) / 2
    return values[np.searchsorted(bounds, single)]


# Labels of which any number can hold


def labels(predicted: Any, wanted: Any, task: Task) -> Scores:
    """Per label, averaged over the labels that occur with and without."""
    import numpy as np

    if predicted.size != wanted.size:
        raise Unmeasurable(_misfit(predicted, wanted))
    p, t = predicted.reshape(len(wanted), -1), wanted.reshape(len(wanted), -1)
    middle = (t.min() + t.max()) / 2
    bound = middle if task.threshold is None else task.threshold
    truth = t > middle
    mixed = [i for i in range(t.shape[1]) if 0 < truth[:, i].sum() < len(t)][:MOST_CLASSES]
    if not mixed:
        raise Unmeasurable("no label occurs both with and without among the measured samples")
    p = _numbers(p)
    recalls = [
        (np.mean(p[truth[:, i], i] > bound) + np.mean(p[~truth[:, i], i] <= bound)) / 2
        for i in mixed
    ]
    precisions = [average_precision(p[:, i], truth[:, i]) for i in mixed]
    areas = [roc_auc(p[:, i], truth[:, i]) for i in mixed]
    found = {
        "average_precision": float(np.mean(precisions)),
        "roc_auc": float(np.mean(areas)),
        "balanced_accuracy": float(np.mean(recalls)),
    }
    prevalence = float(truth[:, mixed].mean())
    chance = {"average_precision": prevalence, "roc_auc": 0.5, "balanced_accuracy": 0.5}
    return Scores(found, chance)


# Rankings


def roc_auc(ranked: Any, truth: Any) -> float:
    """Chance that a positive is ranked above a negative; ties count half."""
    import numpy as np

    values, place = np.unique(ranked, return_inverse=True)
    counts = np.bincount(place, minlength=len(values))
    below = np.concatenate([[0], np.cumsum(counts)[:-1]])
    rank = (below + (counts + 1) / 2)[place]
    positives = int(truth.sum())
    negatives = len(truth) - positives
    return float((rank[truth].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def average_precision(ranked: Any, truth: Any) -> float:
    """Precision averaged over the steps in recall, at the distinct values."""
    import numpy as np

    order = np.argsort(-ranked, kind="stable")
    hits = np.cumsum(truth[order])
    last: Any = np.append(np.diff(ranked[order]) != 0, True)
    taken: Any = np.flatnonzero(last) + 1
    hits = hits[last]
    gained = np.diff(np.concatenate([[0], hits])) / hits[-1]
    return float(np.sum(gained * hits / taken))


def _numbers(ranked: Any) -> Any:
    """What is no number ranks at the bottom."""
    import numpy as np

    return np.where(np.isnan(ranked), -1e300, ranked)


def _misfit(predicted: Any, wanted: Any) -> str:
    return f"predictions have shape {list(predicted.shape)}, targets {list(wanted.shape)}"
