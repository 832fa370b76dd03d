"""Output activation and loss as the task wants them, alone and together.

For each task there is one usual pair (Goodfellow, Bengio, Courville, Deep Learning, section 6.2.2):
a sigmoid with the binary cross-entropy, softmax with the categorical one, a linear output with the
squared error. Where a program has neither half of the pair, both are exchanged by one edit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.fixing.edits import Declined, FixPlan
from analyzer.repairs.base import Repair, offered
from analyzer.rules.base import Program
from analyzer.rules.reading.head import Head, only_head
from analyzer.rules.reading.labels import real_targets
from analyzer.rules.reading.losses import only_loss
from analyzer.rules.reading.mends import (
    add_activation,
    change_activation,
    change_loss,
    drop_activation,
    together,
)


@dataclass(frozen=True, slots=True)
class Pair:
    """What a task wants: an activation (None: linear) and a loss, by canonical name."""

    activation: str | None
    loss: str


KERAS_PAIRS = {
    "binary": Pair("sigmoid", "binary_crossentropy"),
    "multilabel": Pair("sigmoid", "binary_crossentropy"),
    "regression": Pair(None, "mean_squared_error"),
}
TORCH_PAIRS = {
    "binary": Pair(None, "bce_with_logits"),
    "multilabel": Pair(None, "bce_with_logits"),
    "multiclass": Pair(None, "cross_entropy"),
    "regression": Pair(None, "mse"),
}
SAME_LOSS = {"mse": "mean_squared_error", "mse_loss": "mean_squared_error"}


def outputs(program: Program) -> Iterator[Repair]:
    """The usual activation, the usual loss, or both, as far as the program differs from them."""
    pair, head, loss = wanted(program), only_head(program), only_loss(program)
    if pair is None or head is None or loss is None or not head.certain:
        return
    other_activation = head.activation != pair.activation
    other_loss = SAME_LOSS.get(loss.name, loss.name) != SAME_LOSS.get(pair.loss, pair.loss)
    activated = _activated(program, head, pair)
    exchanged = change_loss(program, loss, pair.loss)
    if other_activation and other_loss:
        plan = together(f"{_words(activated)} and {_words(exchanged)}", activated, exchanged)
        yield from offered("loss", loss.site, plan, 0.6)
    if other_loss:
        yield from offered("loss", loss.site, exchanged, 0.5)
    if other_activation:
        yield from offered("output_activation", head.site, activated, 0.5)


def wanted(program: Program) -> Pair | None:
    """The pair that the task wants; None when task or labels are not known well enough."""
    head = only_head(program)
    problem = "regression" if real_targets(program) else program.problem
    if program.framework == "torch":
        return TORCH_PAIRS.get(problem)
    if problem == "regression":
        return KERAS_PAIRS[problem]
    if program.problem == "binary" and head is not None and head.width == 2:
        return _categorical(program)
    if program.problem == "multiclass":
        return _categorical(program)
    return KERAS_PAIRS.get(program.problem)


def _categorical(program: Program) -> Pair | None:
    labels = program.data.labels if program.data else ()
    encoding = labels[0].encoding if labels else "unknown"
    if encoding == "one_hot":
        return Pair("softmax", "categorical_crossentropy")
    if encoding in ("integer", "binary"):
        return Pair("softmax", "sparse_categorical_crossentropy")
    return None


def _activated(program: Program, head: Head, pair: Pair) -> FixPlan | Declined:
    shaper = head.shaper
    if pair.activation is None:
        if shaper is None:
            return Declined("the output is linear already")
        return drop_activation(program, shaper)
    if shaper is None:
        return add_activation(program, head.layer, pair.activation)
    return change_activation(program, shaper, pair.activation)


def _words(plan: FixPlan | Declined) -> str:
    return plan.description if isinstance(plan, FixPlan) else plan.reason
