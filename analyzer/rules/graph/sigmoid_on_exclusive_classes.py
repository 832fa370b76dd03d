"""Sigmoid outputs for classes that exclude each other.

What it finds
    Two or more sigmoid units where every sample belongs to exactly one class: one-hot or integer
    labels, or a categorical cross-entropy.
Why it hurts
    Each unit answers its own yes/no question, so the outputs need not sum to one: several classes
    can be "certain" at once. Categorical cross-entropy looks at the true class alone and lets all
    units rise together; binary cross-entropy rewards answering "no" everywhere.
How it is measured
    Width and activation of the output, the encoding of the labels, the loss.
When it is right
    With multi-hot labels, where several classes can be present, sigmoid is the right choice. With
    binary cross-entropy over one-hot rows each unit learns its class against the rest, and the
    largest output still names the class: there the finding is advice, a warning elsewhere.
Example
    model.add(Dense(5, activation="sigmoid"))
    model.compile(loss="categorical_crossentropy", optimizer="adam")
Instead
    model.add(Dense(5, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam")
The fix
    Softmax in place of sigmoid; in PyTorch no activation and CrossEntropyLoss. Safe when the labels
    are one class per sample.
Sources
    Theia section 4.1.10 (LLM); Bishop, Pattern Recognition and Machine Learning, section 4.3.4;
    Wightman et al. 2021 (binary cross-entropy over exclusive classes trains as well).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.kinds import Severity
from analyzer.observed import LossUse
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import Head, only_head
from analyzer.rules.reading.labels import EXCLUSIVE, LabelFacts, label_facts
from analyzer.rules.reading.losses import (
    BINARY,
    KERAS_INTEGER,
    KERAS_ONE_HOT,
    against_the_rest,
    only_loss,
    takes_logits,
)
from analyzer.rules.reading.mends import (
    change_activation,
    change_loss,
    drop_activation,
    together,
)
from analyzer.rules.reading.proof import graph_seen, learner_seen, proof
from analyzer.rules.samples import activation, dense, labels, linear, sample


class SigmoidOnExclusiveClasses(Rule):
    """Independent yes/no outputs for one-of-n classes."""

    code = "FL104"
    name = "sigmoid-on-exclusive-classes"
    paper = "LLM"
    kind = "output_activation"
    severity = "warning"
    confidence = 0.9
    needs = ("graph", "loss")
    why = (
        "Sigmoid units answer independent questions; classes that exclude each other need outputs"
        " that sum to one, which softmax gives (Theia, LLM)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only output against labels, and where these are unknown against the loss."""
        head, loss = only_head(program), only_loss(program)
        if head is None or loss is None or not _applies(head, loss):
            return
        if not head.certain or not head.fits(program):
            return
        facts = label_facts(program)
        by_loss = loss.name in KERAS_ONE_HOT | KERAS_INTEGER
        by_labels = facts is not None and facts.encoding in EXCLUSIVE
        if facts is None and loss.name in BINARY:
            yield self.unchecked("needs the labels, to tell multi-label from one class per sample")
        if facts is not None and facts.encoding == "multi_hot":
            return
        if (by_loss or by_labels) and head.site is not None and head.shaper is not None:
            seen = (by_loss and learner_seen(program)) or (facts is not None and facts.seen)
            yield Suspicion(
                site=head.site,
                message=_message(head, loss, facts),
                evidence=Evidence(
                    static={"units": head.width, "activation": "sigmoid", "loss": loss.name},
                    data=facts.words if facts else None,
                ),
                fix=_fix(program, head, loss),
                severity=_severity(head, loss, facts),
                proof=proof(graph_seen(program), seen),
            )


def _applies(head: Head, loss: LossUse) -> bool:
    several = head.width is not None and head.width > 1
    return several and head.activation == "sigmoid" and not takes_logits(loss)


def _severity(head: Head, loss: LossUse, facts: LabelFacts | None) -> Severity | None:
    encoding = facts.encoding if facts else None
    return "advice" if against_the_rest(loss, head.activation, encoding) else None


def _message(head: Head, loss: LossUse, facts: LabelFacts | None) -> str:
    because = f"the labels are {facts.words}" if facts else f"the loss is {loss.name}"
    return (
        f"The {head.width} outputs go through sigmoid, so they need not sum to 1,"
        f" although every sample has one class: {because}."
    )


def _fix(program: Program, head: Head, loss: LossUse) -> FixPlan | Declined:
    assert head.shaper is not None
    if program.framework != "torch":
        return change_activation(program, head.shaper, "softmax")
    return together(
        "return raw scores and use CrossEntropyLoss",
        drop_activation(program, head.shaper),
        change_loss(program, loss, "cross_entropy"),
    )


KERAS = """
model.add(Dense(5, activation="sigmoid"))
model.compile(loss="binary_crossentropy", optimizer="adam")
"""

EXAMPLES = (
    Example(
        "categorical cross-entropy over sigmoid units, labels unknown",
        sample(
            """
            model.add(Dense(5))
            model.add(Activation("sigmoid"))
            model.compile(loss="categorical_crossentropy", optimizer="adam")
            """,
            layers=(dense(1, 5), activation(2, "sigmoid")),
            loss="categorical_crossentropy",
            loss_line=3,
        ),
        found=(Found(2, "loss is categorical", 'Activation("softmax")', "contract"),),
    ),
    Example(
        "one-hot labels under binary cross-entropy",
        sample(
            KERAS,
            layers=(dense(1, 5, "sigmoid"),),
            loss="binary_crossentropy",
            loss_line=2,
            targets=labels("one_hot", 5),
        ),
        found=(Found(1, "one-hot rows (1,000", 'activation="softmax"', "contract"),),
    ),
    Example(
        "the loader's class_mode says one class per sample",
        sample(
            """
            train = generator.flow_from_directory("flowers", class_mode="categorical")
            model.add(Dense(5, activation="sigmoid"))
            model.compile(loss="binary_crossentropy", optimizer="adam")
            """,
            layers=(dense(2, 5, "sigmoid"),),
            loss="binary_crossentropy",
            loss_line=3,
        ),
        found=(Found(2, "flow_from_directory on line 1", 'activation="softmax"'),),
    ),
    Example(
        "integer labels against ten sigmoid units and BCELoss",
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
        found=(Found(1, "The 10 outputs", "nn.CrossEntropyLoss()", "contract"),),
    ),
    Example(
        "multi-hot labels want sigmoid",
        sample(
            KERAS,
            layers=(dense(1, 5, "sigmoid"),),
            loss="binary_crossentropy",
            targets=labels("multi_hot", 5),
        ),
    ),
    Example(
        "one sigmoid unit",
        sample(KERAS, layers=(dense(1, 1, "sigmoid"),), loss="binary_crossentropy"),
    ),
    Example(
        "nothing known about the labels",
        sample(KERAS, layers=(dense(1, 5, "sigmoid"),), loss="binary_crossentropy"),
        unchecked="needs the labels",
    ),
)
