"""A first loss that theory does not allow.

What it finds
    A classifier whose first loss is far above that of guessing.
How it is measured
    An untrained classifier knows nothing: its cross-entropy is near ln n for n classes, near ln 2
    for a binary one. The loss of the untrained model on a batch, else the first loss of the
    warm-up, above twice that value and by more than one.
When it is right
    Pretrained models and losses with weights or penalties of their own: those are left out or
    unchecked.
What it comes from
    Inputs that are not scaled, weights that start too large, an output or a loss that does not fit.
Sources
    TheDeepChecker (initial loss against -ln(1/C), deviation of 100%); Karpathy, A Recipe for
    Training Neural Networks ("verify loss at init").
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from analyzer.findings import Unchecked
from analyzer.observed import LossUse
from analyzer.rules.base import Program
from analyzer.rules.reading.losses import BINARY, CATEGORICAL, only_loss
from analyzer.rules.reading.proof import number
from analyzer.rules.samples import labels
from analyzer.symptoms.base import Shown, Symptom, SymptomCheck, SymptomExample, baselines
from analyzer.symptoms.reading import fine_tunes, loss_site, losses
from analyzer.symptoms.samples import dense, falling, warmed

FACTOR = 2.0  # TheDeepChecker
MARGIN = 1.0  # nats: class weights and small penalties stay below it
FAR = 5.0  # times theory
SUMMED = frozenset({"sum", "none"})


class UnexpectedInitialLoss(SymptomCheck):
    """The untrained model is worse than a guess."""

    name = "unexpected-initial-loss"
    phase = "loss"
    needs = ("losses", "loss", "graph")
    causes = (
        "normalization",
        "initializer",
        "output_activation",
        "loss",
        "label_encoding",
    )

    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """The first loss against that of guessing."""
        assert program.graph is not None
        loss = only_loss(program)
        guess = None if loss is None else _of_guessing(program, loss)
        if loss is None or loss.reduction in SUMMED or fine_tunes(program):
            yield self.unchecked("needs one mean loss of known meaning, of an untrained model")
            return
        if guess is None:
            if loss.name in CATEGORICAL:
                yield self.unchecked("needs the number of classes, not seen")
            return
        probed = baselines(program)
        known = probed.initial if probed is not None else None
        first = losses(program)[0] if known is None else known
        if not math.isfinite(first) or first <= max(FACTOR * guess, guess + MARGIN):
            return
        yield self.symptom(
            f"The first loss was {number(first)}; guessing gives {number(guess)}.",
            0.8 if first > FAR * guess else 0.5,
            site=loss_site(program),
            first=first,
            guess=guess,
        )


def _of_guessing(program: Program, loss: LossUse) -> float | None:
    """The mean loss of a model that knows nothing; None when unknown."""
    if loss.name in BINARY:
        return math.log(2)
    found = program.data.labels if program.data else ()
    if loss.name not in CATEGORICAL or len(found) != 1 or not found[0].classes:
        return None
    return math.log(found[0].classes) if found[0].classes > 1 else None


TEN: dict[str, Any] = {
    "targets": labels("integer", 10),
    "loss": "cross_entropy",
    "net": (dense(1, 8, "relu"), dense(3, 10)),
}

EXAMPLES = (
    SymptomExample(
        "a hundred for ten classes",
        warmed(falling(100.0, 9.0), **TEN),
        shown=(Shown("guessing gives 2.3", line=4),),
    ),
    SymptomExample(
        "as the untrained model was asked",
        warmed(falling(2.3, 1.0), baselines={"initial": 6.0}, **TEN),
        shown=(Shown("The first loss was 6;", line=4, strong=False),),
    ),
    SymptomExample("near ln 10", warmed(falling(2.5, 1.0), **TEN)),
    SymptomExample("a squared error has no theory", warmed(falling(100.0, 9.0))),
    SymptomExample(
        "a pretrained model",
        warmed(falling(100.0, 9.0), **TEN, graph={"backbone": True}),
        unchecked="of an untrained model",
    ),
)
