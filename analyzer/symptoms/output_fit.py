"""Whether a program's loss fits its task, and its output's activation fits that loss.

As far as the rules of thumb go (Goodfellow, Bengio, Courville, Deep Learning, section 6.2.2); the
rules of the catalogue look closer and speak of faults, this only weighs causes.
"""

from __future__ import annotations

from analyzer.kinds import Problem
from analyzer.observed import LossUse
from analyzer.rules.base import Program
from analyzer.rules.reading.head import RANGES, Head, only_head
from analyzer.rules.reading.labels import real_targets
from analyzer.rules.reading.losses import (
    BINARY,
    CATEGORICAL,
    REGRESSION,
    TORCH_LOG_PROBABILITIES,
    only_loss,
    takes_logits,
)

LOSSES: dict[Problem, frozenset[str]] = {
    "binary": BINARY,
    "multiclass": CATEGORICAL,
    "multilabel": BINARY,
    "regression": REGRESSION,
    "autoencoder": REGRESSION | BINARY,
    "sequence": CATEGORICAL,
}
LOGITS = frozenset({None, "log_softmax"})


def loss_fits(program: Program) -> bool | None:
    """Whether the loss is one of the task's; None when either is unknown."""
    loss, problem = only_loss(program), program.problem
    fitting = LOSSES.get("regression" if real_targets(program) else problem)
    if loss is None or fitting is None:
        return None
    head = only_head(program)
    wide = head is not None and (head.width or 0) > 1
    return loss.name in (fitting | CATEGORICAL if problem == "binary" and wide else fitting)


def activation_fits(program: Program) -> bool | None:
    """Whether the output is what the loss takes; None when either is unknown."""
    loss, head = only_loss(program), only_head(program)
    if loss is None or head is None or not head.certain:
        return None
    if loss.name in REGRESSION:
        return _spans(program, head)
    if loss.name in BINARY | CATEGORICAL:
        return head.activation in _taken_by(loss, head)
    return None


def _taken_by(loss: LossUse, head: Head) -> frozenset[str | None]:
    if takes_logits(loss):
        return LOGITS
    if loss.name in TORCH_LOG_PROBABILITIES:
        return frozenset({"log_softmax"})
    if loss.name in CATEGORICAL:
        return frozenset({"softmax"})
    wide = (head.width or 0) > 1
    return frozenset({"sigmoid", "softmax"}) if wide else frozenset({"sigmoid"})


def _spans(program: Program, head: Head) -> bool | None:
    """Whether the activation can return what the labels are; linear outputs can."""
    if head.activation is None:
        return True
    bounds, found = RANGES.get(head.activation), program.data.labels if program.data else ()
    if bounds is None or len(found) != 1 or found[0].min is None or found[0].max is None:
        return None
    return bounds[0] <= found[0].min and found[0].max <= bounds[1]
