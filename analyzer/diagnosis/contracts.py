"""Whether labels, output and loss of a program go together, each pair by itself.

1 where they do, 0 where they do not, one half where it is a matter of taste; NaN where one of the
two is not known. Only what was seen of labels counts as the task, not what the loss suggests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from analyzer.diagnosis.reading import NAN, labels_of
from analyzer.observed import LabelStats, LossUse
from analyzer.rules.base import Program
from analyzer.rules.reading.head import RANGES, SLACK, Head, heads
from analyzer.rules.reading.losses import (
    BINARY,
    CATEGORICAL,
    REGRESSION,
    TORCH_LOG_PROBABILITIES,
    takes_logits,
    takes_probabilities,
)

Task = Literal["two", "two_columns", "several", "labels", "numbers"]
TWO = 2
HALF = 0.5


def contract_features(program: Program) -> dict[str, float]:
    """Every pair by name."""
    return dict(_pairs(program))


def _pairs(program: Program) -> Iterator[tuple[str, float]]:
    found = heads(program.graph) if program.graph else ()
    head = found[0] if found else None
    losses = program.learner.losses if program.learner else ()
    loss = losses[0] if losses else None
    task = task_of(labels_of(program))
    yield "output_for_loss", _output_for_loss(program, head, loss)
    yield "output_for_task", _output_for_task(program, head, loss, task)
    yield "loss_for_task", _loss_for_task(head, loss, task)
    bare, one = _scores(head, loss)
    yield "scores_as_probabilities", bare
    yield "one_unit_for_classes", one


def _scores(head: Head | None, loss: LossUse | None) -> tuple[float, float]:
    """Whether the loss takes bare scores for probabilities, and has one unit for its classes."""
    if head is None or loss is None:
        return NAN, NAN
    bare = head.activation is None and takes_probabilities(loss)
    return float(bare), float(head.width == 1 and _exclusive(loss))


def task_of(labels: LabelStats | None) -> Task | None:
    """What the labels are; None where their encoding does not say."""
    if labels is None:
        return None
    match labels.encoding:
        case "binary" | "plus_minus_one":
            return "two"
        case "integer" if labels.classes:
            return "two" if labels.classes <= TWO else "several"
        case "one_hot":
            width = labels.shape[-1] if len(labels.shape) > 1 else labels.classes
            return "two_columns" if width == TWO else "several"
        case "multi_hot":
            return "labels"
        case "continuous":
            return "numbers"
        case _:
            return None


def _exclusive(loss: LossUse) -> bool:
    return loss.name in CATEGORICAL


def _output_for_loss(program: Program, head: Head | None, loss: LossUse | None) -> float:
    if head is None or loss is None:
        return NAN
    name = head.activation
    if loss.name in TORCH_LOG_PROBABILITIES:
        return float(name == "log_softmax")
    if loss.name in BINARY | CATEGORICAL and takes_logits(loss):
        return float(name is None or (name == "log_softmax" and _exclusive(loss)))
    if loss.name in CATEGORICAL:
        return float(name == "softmax" and head.width != 1)
    if loss.name in BINARY:
        taste = HALF if name == "softmax" and head.width != 1 else 0.0
        return 1.0 if name == "sigmoid" else taste
    if loss.name in REGRESSION:
        return _reaches(program, head)
    return NAN


def _reaches(program: Program, head: Head) -> float:
    """Whether the activation comes to where the targets are; a softmax is for shares alone."""
    if head.activation is None:
        return 1.0
    if head.activation == "softmax":
        return 0.0 if head.width == 1 else HALF
    labels = labels_of(program)
    low, high = RANGES.get(head.activation, (-float("inf"), float("inf")))
    if labels is None or labels.min is None or labels.max is None:
        return HALF
    return float(low - SLACK <= labels.min and labels.max <= high + SLACK)


def _output_for_task(
    program: Program, head: Head | None, loss: LossUse | None, task: Task | None
) -> float:
    if head is None or task is None:
        return NAN
    name, width = head.activation, head.width
    if name is None and task != "numbers":
        return float(loss is not None and takes_logits(loss))
    match task:
        case "two" | "two_columns":
            double = width == TWO and name in ("softmax", "log_softmax")
            return float(double or (width == 1 and name == "sigmoid"))
        case "several":
            fits = name in ("softmax", "log_softmax") and width != 1
            return 1.0 if fits else 0.0
        case "labels":
            return float(name == "sigmoid")
        case "numbers":
            return _reaches(program, head)


def _loss_for_task(head: Head | None, loss: LossUse | None, task: Task | None) -> float:
    if loss is None or task is None or loss.name not in BINARY | CATEGORICAL | REGRESSION:
        return NAN
    width = head.width if head else None
    match task:
        case "two":
            return float(loss.name in (CATEGORICAL if width == TWO else BINARY))
        case "two_columns":
            return 1.0 if _exclusive(loss) else HALF if loss.name in BINARY else 0.0
        case "several":
            return 1.0 if _exclusive(loss) else 0.0
        case "labels":
            return float(loss.name in BINARY)
        case "numbers":
            return float(loss.name in REGRESSION)
