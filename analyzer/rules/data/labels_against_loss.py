"""Labels written in another way than the loss reads them.

What it finds
    One-hot rows under a sparse loss, class numbers under a one-hot loss, -1/1 or other values
    outside 0..1 under a binary cross-entropy.
Why it hurts
    The loss computes something else or stops with an error: binary cross-entropy with a target of
    -1 rewards an output of exactly 0 without bound; a row of zeros and ones read as class numbers
    trains on classes 0 and 1 alone.
How it is measured
    Encoding, minimum and maximum of the inspected labels against the loss.
When it is right
    Targets between 0 and 1 under binary cross-entropy are soft labels; class probabilities under
    CrossEntropyLoss are allowed.
Example
    y = np.where(x > 0, 1, -1)
    model.compile(loss="binary_crossentropy", optimizer="adam")
Instead
    y = np.where(x > 0, 1, 0)
    model.compile(loss="binary_crossentropy", optimizer="adam")
The fix
    Where another loss reads the labels as they are, that loss; for real numbers outside 0..1 the
    squared error with a linear output; else the statement that makes the labels must change, which
    is the author's.
Sources
    Keras and PyTorch documentation of the losses; Theia section 4.1.10 (LLM).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.observed import LossUse
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import only_head
from analyzer.rules.reading.labels import LabelFacts, label_facts, real_targets
from analyzer.rules.reading.losses import (
    BINARY,
    KERAS_INTEGER,
    KERAS_ONE_HOT,
    only_loss,
    spoken,
)
from analyzer.rules.reading.mends import change_loss, drop_activation, together
from analyzer.rules.reading.proof import first_site, learner_seen, number, proof
from analyzer.rules.samples import at, dense, labels, sample

MANY_CLASSES = "many classes under a binary loss"  # the root it shares with the output's width
SQUARED_ERROR = "mean_squared_error"
UNIT_LOW, UNIT_HIGH = 0.0, 1.0  # targets that a binary cross-entropy can read


class LabelsAgainstLoss(Rule):
    """The loss reads the labels in another way than they are written."""

    code = "FL109"
    name = "labels-against-loss"
    paper = "LLM"
    kind = "label_encoding"
    severity = "error"
    confidence = 0.94
    needs = ("loss",)
    why = (
        "A loss reads its targets in one encoding only; in another it computes something else"
        " without saying so (Keras and PyTorch documentation of the losses)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The labels of the only output against the only loss."""
        loss, facts = only_loss(program), label_facts(program)
        if loss is None:
            return
        if facts is None:
            yield self.unchecked("needs the training labels, not seen")
            return
        trouble, better = _trouble(loss, facts)
        learner = program.learner
        site = first_site(facts.site, learner.fit_site if learner else None, loss.site)
        if trouble is None or site is None:
            return
        yield Suspicion(
            site=site,
            message=f"{spoken(loss)} {trouble}.",
            evidence=Evidence(static={"loss": loss.name}, data=facts.words),
            fix=_fix(program, loss, better),
            proof=proof(facts.seen, learner_seen(program)),
            root=MANY_CLASSES if loss.name in BINARY and facts.encoding == "integer" else "",
        )


def _trouble(loss: LossUse, facts: LabelFacts) -> tuple[str | None, str | None]:
    """What does not fit, and the loss that would; (None, None) when all is well."""
    if loss.name in KERAS_INTEGER and facts.encoding == "one_hot":
        return f"reads class numbers, but the labels are {facts.words}", "categorical_crossentropy"
    if loss.name in KERAS_ONE_HOT and facts.encoding == "integer":
        better = "sparse_categorical_crossentropy"
        return f"reads one-hot rows, but the labels are {facts.words}", better
    if loss.name in BINARY and _outside(facts):
        return f"reads targets from 0 to 1, but the labels {_span(facts)}", None
    return None, None


def _outside(facts: LabelFacts) -> bool:
    if facts.encoding == "plus_minus_one":
        return True
    stats = facts.stats
    if facts.encoding not in ("continuous", "integer") or stats is None:
        return False
    if stats.min is None or stats.max is None:
        return False
    return stats.min < UNIT_LOW or stats.max > UNIT_HIGH


def _span(facts: LabelFacts) -> str:
    stats = facts.stats
    if stats is None or stats.min is None or stats.max is None:
        return f"are {facts.words}"
    return f"span {number(stats.min)} to {number(stats.max)}"


def _fix(program: Program, loss: LossUse, better: str | None) -> FixPlan | Declined:
    if better is not None:
        return change_loss(program, loss, better)
    if real_targets(program):
        return _for_numbers(program, loss)
    return Declined("the statement that makes the labels must change")


def _for_numbers(program: Program, loss: LossUse) -> FixPlan | Declined:
    """What a regression takes: the squared error, and an output that reaches every number."""
    error = change_loss(program, loss, "mse" if program.framework == "torch" else SQUARED_ERROR)
    head = only_head(program)
    if head is None or not head.certain:
        return Declined("the output was not found in the source")
    if head.shaper is None or loss.from_logits:
        return error
    linear = drop_activation(program, head.shaper)
    return together("use the squared error and a linear output", error, linear)


KERAS = """
y = load_labels()
model.add(Dense(4, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
"""
BINARY_KERAS = """
y = np.where(x > 0, 1, -1)
model.add(Dense(1, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam")
"""

EXAMPLES = (
    Example(
        "one-hot rows under the sparse loss",
        sample(
            KERAS,
            layers=(dense(2, 4, "softmax"),),
            loss="sparse_categorical_crossentropy",
            loss_line=3,
            targets=labels("one_hot", 4),
            data={"labels_site": at(1)},
        ),
        found=(Found(1, "reads class numbers", 'loss="categorical_crossentropy"', "contract"),),
    ),
    Example(
        "class numbers under the one-hot loss",
        sample(
            KERAS.replace("sparse_", ""),
            layers=(dense(2, 4, "softmax"),),
            loss="categorical_crossentropy",
            loss_line=3,
            targets=labels("integer", 4),
            data={"labels_site": at(1)},
        ),
        found=(Found(1, "reads one-hot rows", '"sparse_categorical_crossentropy"', "contract"),),
    ),
    Example(
        "-1/1 under binary cross-entropy",
        sample(
            BINARY_KERAS,
            layers=(dense(2, 1, "sigmoid"),),
            loss="binary_crossentropy",
            loss_line=3,
            targets=labels("plus_minus_one", 2, min=-1, max=1),
            data={"labels_site": at(1)},
        ),
        found=(Found(1, "the labels span -1 to 1", None, "contract"),),
    ),
    Example(
        "regression targets under binary cross-entropy",
        sample(
            BINARY_KERAS,
            layers=(dense(2, 1, "sigmoid"),),
            loss="binary_crossentropy",
            loss_line=3,
            targets=labels("continuous", min=-120.5, max=98.0),
            data={"labels_site": at(1)},
        ),
        found=(Found(1, "span -120 to 98", "Dense(1)", "contract"),),
    ),
    Example(
        "soft labels between 0 and 1",
        sample(
            BINARY_KERAS,
            layers=(dense(2, 1, "sigmoid"),),
            loss="binary_crossentropy",
            targets=labels("continuous", min=0.05, max=0.95),
        ),
    ),
    Example(
        "class numbers under the sparse loss",
        sample(
            KERAS,
            layers=(dense(2, 4, "softmax"),),
            loss="sparse_categorical_crossentropy",
            targets=labels("integer", 4),
        ),
    ),
    Example(
        "labels not seen",
        sample("y = x", layers=(dense(1, 4),), loss="categorical_crossentropy"),
        unchecked="training labels",
    ),
)
