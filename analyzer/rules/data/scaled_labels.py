"""Class labels that were scaled like inputs.

What it finds
    Class numbers that were divided (by 255, say) before they went into a loss that reads class
    numbers.
Why it hurts
    The loss cuts the fractions off: every label below one becomes class 0, and the network learns
    to answer 0 with perfect accuracy.
How it is measured
    Real-numbered labels between 0 and 1 under a loss that takes class numbers; in code, a statement
    that divides the array that is trained on as labels.
When it is right
    For the targets of a regression, and for soft labels under a binary cross-entropy.
Example
    x_train = x_train / 255
    y_train = y_train / 255
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
Instead
    x_train = x_train / 255
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
The fix
    The statement is taken away. Safe.
Sources
    Keras documentation of sparse_categorical_crossentropy, which casts its targets to integers.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, RemoveStatement
from analyzer.observed import LabelStats
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.losses import KERAS_INTEGER, KERAS_ONE_HOT, only_loss, spoken
from analyzer.rules.reading.proof import data_seen, first_site, learner_seen, number, proof
from analyzer.rules.reading.scaling import scaling_statement
from analyzer.rules.samples import labels, sample

CLASS_NUMBER_LOSSES = KERAS_INTEGER | {"cross_entropy", "nll"}


class ScaledLabels(Rule):
    """Fractions where class numbers are read."""

    code = "FL303"
    name = "scaled-labels"
    paper = "IDN"
    kind = "normalization"
    severity = "error"
    confidence = 0.95
    needs = ("loss",)
    why = (
        "A loss over class numbers casts its targets to integers, so divided labels all become"
        " class 0 (Keras documentation of sparse_categorical_crossentropy)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The labels of the only loss."""
        loss = only_loss(program)
        if loss is None or loss.name not in CLASS_NUMBER_LOSSES | KERAS_ONE_HOT:
            return
        stats = _fractions(program)
        statement = scaling_statement(program.source, program.source.labels_name)
        data = program.data
        site = first_site(
            statement, data.labels_site if data else None, program.source.labels_site, loss.site
        )
        in_code = statement is not None and loss.name in CLASS_NUMBER_LOSSES
        if site is None or (stats is None and not in_code):
            return
        yield Suspicion(
            site=site,
            message=f"{spoken(loss)} reads class numbers, but the labels are {_words(stats)}.",
            evidence=Evidence(static={"loss": loss.name}, data=_words(stats)),
            fix=FixPlan("leave the labels as they are", (RemoveStatement(statement),))
            if statement
            else Declined("the statement that scales the labels was not found"),
            proof=proof(stats is not None, learner_seen(program)),
        )


def _fractions(program: Program) -> LabelStats | None:
    """Seen labels that are fractions between 0 and 1 although the loss reads class numbers."""
    loss = only_loss(program)
    if program.data is None or not data_seen(program) or loss is None:
        return None
    if loss.name not in CLASS_NUMBER_LOSSES:
        return None
    for stats in program.data.labels:
        if stats.encoding != "continuous" or stats.min is None or stats.max is None:
            continue
        if stats.min >= 0 and stats.max <= 1:
            return stats
    return None


def _words(stats: LabelStats | None) -> str:
    if stats is None or stats.min is None or stats.max is None:
        return "divided before training"
    return f"fractions from {number(stats.min)} to {number(stats.max)}"


KERAS = """
x_train = x_train / 255
y_train = y_train / 255
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
"""
NAMES = {"inputs_name": "x_train", "labels_name": "y_train"}

EXAMPLES = (
    Example(
        "labels divided by 255",
        sample(
            KERAS,
            loss="sparse_categorical_crossentropy",
            loss_line=3,
            targets=labels("continuous", min=0.0, max=9 / 255),
            source=NAMES,
        ),
        found=(Found(2, "fractions from 0 to 0.0353", "255\nmodel.compile", "contract"),),
    ),
    Example(
        "the same, read from the code",
        sample(KERAS, loss="sparse_categorical_crossentropy", loss_line=3, source=NAMES),
        found=(Found(2, "divided before training", "255\nmodel.compile"),),
    ),
    Example(
        "class numbers as they are",
        sample(
            "x_train = x_train / 255",
            loss="sparse_categorical_crossentropy",
            targets=labels("integer", 10, min=0, max=9),
            source=NAMES,
        ),
    ),
    Example(
        "scaled targets of a regression",
        sample(
            KERAS,
            loss="mean_squared_error",
            targets=labels("continuous", min=0.0, max=1.0),
            source=NAMES,
        ),
    ),
)
