"""A cross-entropy that does not belong to the classes.

What it finds
    A binary cross-entropy over classes that exclude each other; a categorical cross-entropy over a
    single output unit; a classification loss over real-numbered targets and a linear output.
Why it hurts
    Binary cross-entropy sums n yes/no questions: answering "no" n-1 times is nearly right, so loss
    and accuracy look good while the classes are not told apart. Categorical cross-entropy over one
    unit compares that unit with itself and is zero for every weight.
How it is measured
    The loss, the width and activation of the output, the encoding of the labels.
When it is right
    Binary cross-entropy over multi-hot labels; over a softmax of two units, where it equals the
    categorical one. Over sigmoid units and one-hot rows it teaches each class against the rest:
    there the finding is advice.
Example
    model.add(Dense(5, activation="softmax"))
    model.compile(loss="binary_crossentropy", optimizer="adam")
Instead
    model.add(Dense(5, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam")
The fix
    The loss that fits output and labels: categorical for one-hot rows, sparse for class numbers,
    CrossEntropyLoss in PyTorch, binary for one unit. Safe.
Sources
    Theia section 4.1.10 (LLM); Keras and PyTorch documentation of the losses.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.kinds import Severity
from analyzer.observed import LossUse
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import Head, only_head
from analyzer.rules.reading.labels import EXCLUSIVE, LabelFacts, label_facts
from analyzer.rules.reading.losses import (
    BINARY,
    CATEGORICAL,
    CLASSIFICATION,
    against_the_rest,
    only_loss,
    spoken,
)
from analyzer.rules.reading.mends import change_loss, drop_activation, together
from analyzer.rules.reading.proof import first_site, graph_seen, learner_seen, proof
from analyzer.rules.samples import activation, dense, labels, linear, sample

EQUAL_WIDTH = 2  # units of a softmax over which both cross-entropies are the same function


@dataclass(frozen=True, slots=True)
class Verdict:
    """What does not fit: in words, how badly, the loss that would fit, whether labels prove it."""

    words: str
    severity: Severity
    better: str
    rests_on_labels: bool


class UnfitClassificationLoss(Rule):
    """The cross-entropy answers another question than the task's."""

    code = "FL105"
    name = "unfit-classification-loss"
    paper = "LLM"
    kind = "loss"
    severity = "error"
    confidence = 0.92
    needs = ("graph", "loss")
    why = (
        "Each cross-entropy belongs to one kind of output: binary to independent yes/no outputs,"
        " categorical to one distribution over the classes (Theia, LLM)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only loss against output and labels."""
        head, loss = only_head(program), only_loss(program)
        if head is None or loss is None or loss.name not in CLASSIFICATION:
            return
        facts = label_facts(program)
        verdict = _verdict(head, loss, facts)
        site = first_site(loss.site, loss.call_site)
        if verdict is None or site is None:
            return
        labels_seen = facts is not None and facts.seen
        yield Suspicion(
            site=site,
            message=f"{spoken(loss)} does not fit: {verdict.words}.",
            evidence=Evidence(static={"output": head.words}, data=facts.words if facts else None),
            fix=_fix(program, head, loss, verdict.better),
            severity=verdict.severity,
            proof=proof(
                graph_seen(program),
                learner_seen(program),
                labels_seen or not verdict.rests_on_labels,
            ),
        )


def _verdict(head: Head, loss: LossUse, facts: LabelFacts | None) -> Verdict | None:
    if facts is not None and facts.encoding == "continuous" and head.activation is None:
        words = f"the targets are {facts.words} and the output is linear"
        return Verdict(words, "error", "mean_squared_error", True)
    if loss.name in CATEGORICAL and head.width == 1 and head.layer.op == "dense":
        return Verdict(
            "over a single output unit it is zero for every weight", "error", _one(loss), False
        )
    if loss.name in BINARY and (head.width or 1) > 1:
        return _binary_over_classes(head, loss, facts)
    return None


def _one(loss: LossUse) -> str:
    return "bce_with_logits" if loss.name in ("cross_entropy", "nll") else "binary_crossentropy"


def _binary_over_classes(head: Head, loss: LossUse, facts: LabelFacts | None) -> Verdict | None:
    softmax = head.activation == "softmax"
    if facts is not None and facts.encoding == "multi_hot":
        return None
    if softmax and head.width == EQUAL_WIDTH:
        return None
    by_labels = facts is not None and facts.encoding in EXCLUSIVE
    better = "sparse_" if facts is not None and facts.encoding == "integer" else ""
    better += "categorical_crossentropy"
    if by_labels and facts is not None:
        words = f"it asks {head.width} yes/no questions, but the labels are {facts.words}"
        gentle = against_the_rest(loss, head.activation, facts.encoding)
        return Verdict(words, "advice" if gentle else "warning", better, not softmax)
    if softmax:
        words = f"the {head.width} softmax outputs are one distribution, not yes/no questions"
        return Verdict(words, "warning", better, False)
    return None


def _fix(program: Program, head: Head, loss: LossUse, better: str) -> FixPlan | Declined:
    if program.framework != "torch":
        return change_loss(program, loss, better)
    if better == "mean_squared_error":
        return change_loss(program, loss, "mse")
    if better == "bce_with_logits":
        return Declined("labels and output must change with the loss")
    plan = change_loss(program, loss, "cross_entropy")
    if head.shaper is None:
        return plan
    return together(
        "return raw scores and use CrossEntropyLoss", drop_activation(program, head.shaper), plan
    )


KERAS = """
model.add(Dense(5, activation="softmax"))
model.compile(loss='binary_crossentropy', optimizer="adam")
"""

EXAMPLES = (
    Example(
        "binary cross-entropy over five softmax outputs",
        sample(KERAS, layers=(dense(1, 5, "softmax"),), loss="binary_crossentropy", loss_line=2),
        found=(Found(2, "5 softmax outputs", "loss='categorical_crossentropy'", "contract"),),
    ),
    Example(
        "integer labels name the sparse loss",
        sample(
            KERAS,
            layers=(dense(1, 5, "sigmoid"),),
            loss="binary_crossentropy",
            loss_line=2,
            targets=labels("integer", 5),
        ),
        found=(Found(2, "5 yes/no questions", "'sparse_categorical_crossentropy'", "contract"),),
    ),
    Example(
        "categorical cross-entropy over one unit",
        sample(
            """
            model.add(Dense(1, activation="sigmoid"))
            model.compile(loss="categorical_crossentropy", optimizer="adam")
            """,
            layers=(dense(1, 1, "sigmoid"),),
            loss="categorical_crossentropy",
            loss_line=2,
        ),
        found=(Found(2, "zero for every weight", '"binary_crossentropy"', "contract"),),
    ),
    Example(
        "BCELoss over ten outputs with integer labels",
        sample(
            """
            model = nn.Sequential(nn.Linear(8, 10), nn.Sigmoid())
            loss_fn = nn.BCELoss()
            """,
            framework="torch",
            layers=(linear(1, 10), activation(1, "sigmoid", "Sigmoid")),
            loss="bce",
            loss_line=2,
            targets=labels("integer", 10),
        ),
        found=(Found(2, "10 yes/no questions", "nn.CrossEntropyLoss()", "contract"),),
    ),
    Example(
        "real-numbered targets under a cross-entropy",
        sample(
            """
            model.add(Dense(1))
            model.compile(loss="binary_crossentropy", optimizer="adam")
            """,
            layers=(dense(1, 1),),
            loss="binary_crossentropy",
            loss_line=2,
            targets=labels("continuous", min=3.0, max=103.0),
        ),
        found=(Found(2, "the output is linear", 'loss="mean_squared_error"', "contract"),),
    ),
    Example(
        "a softmax of two units: both cross-entropies are the same",
        sample(
            KERAS,
            layers=(dense(1, 2, "softmax"),),
            loss="binary_crossentropy",
            targets=labels("one_hot", 2),
        ),
    ),
    Example(
        "multi-hot labels",
        sample(
            KERAS,
            layers=(dense(1, 5, "sigmoid"),),
            loss="binary_crossentropy",
            targets=labels("multi_hot", 5),
        ),
    ),
    Example(
        "one unit, binary labels",
        sample(
            KERAS,
            layers=(dense(1, 1, "sigmoid"),),
            loss="binary_crossentropy",
            targets=labels("binary", 2),
        ),
    ),
)
