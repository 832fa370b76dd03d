"""Which task a program is for: read from its labels, its output and its loss, in this order.

Labels that were seen decide; when they contradict the loss (real numbers under a binary
cross-entropy), the loss says what was meant, and a rule reports the contradiction.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.kinds import Problem
from analyzer.observed import DataProfile, Graph, LabelStats, Learner
from analyzer.rules.reading.head import Head, heads
from analyzer.rules.reading.labels import labels_in_code
from analyzer.rules.reading.losses import BINARY, CATEGORICAL, REGRESSION
from analyzer.source.calls import SourceIndex

TWO = 2  # classes of a binary task


def infer_problem(
    graph: Graph | None,
    data: DataProfile | None,
    learner: Learner | None,
    source: SourceIndex | None = None,
) -> Problem:
    """The task, "unknown" when labels, output and loss say too little.

    Args:
        source: read for the labels' encoding where no labels were seen.
    """
    loss = learner.losses[0].name if learner and learner.losses else None
    found = heads(graph) if graph else ()
    head = found[0] if found else None
    for labels in _labels(data, source):
        by_labels = _by_labels(labels, loss, head)
        if by_labels != "unknown":
            return by_labels
    return _by_loss(loss, head)


def _labels(data: DataProfile | None, source: SourceIndex | None) -> Iterator[LabelStats]:
    """The labels that were seen, then what the code says about them."""
    if data is not None and data.labels:
        yield data.labels[0]
    facts = labels_in_code(source) if source is not None else None
    if facts is not None:
        yield LabelStats(encoding=facts.encoding)


def _by_labels(labels: LabelStats, loss: str | None, head: Head | None) -> Problem:
    width = head.width if head else None
    match labels.encoding:
        case "inputs":
            return "autoencoder"
        case "tokens":
            return "sequence"
        case "multi_hot":
            return "multilabel"
        case "one_hot" | "probabilities":
            return _classes(labels.classes or width)
        case "integer" if _predicts_numbers(loss, head):
            return "regression"
        case "integer":
            return _classes(labels.classes or width)
        case "binary" | "plus_minus_one":
            return "binary"
        case "continuous":
            return "regression" if loss not in BINARY | CATEGORICAL else _by_loss(loss, head)
        case _:
            return "unknown"


def _predicts_numbers(loss: str | None, head: Head | None) -> bool:
    """Whole numbers under a regression loss and a single output are counts, not classes."""
    single = head is not None and head.width == 1 and head.activation != "softmax"
    return loss in REGRESSION and single


def _by_loss(loss: str | None, head: Head | None) -> Problem:
    width = head.width if head else None
    activation = head.activation if head else None
    if loss in BINARY:
        if width is None or width == 1:
            return "binary"
        return _classes(width) if activation == "softmax" else "multilabel"
    if loss in CATEGORICAL:
        return _classes(width)
    if loss in REGRESSION:
        several = width is not None and width > 1
        return _classes(width) if activation == "softmax" and several else "regression"
    return "unknown"


def _classes(amount: int | None) -> Problem:
    return "binary" if amount is not None and amount <= TWO else "multiclass"
