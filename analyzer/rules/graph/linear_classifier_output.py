"""A classifier whose output has no activation.

What it finds
    A linear output of two or more units, trained with a squared or absolute error on class labels.
Why it hurts
    Nothing keeps the outputs near 0..1 or makes them sum to one: they are no probabilities, and
    the loss punishes a confident right answer as much as a wrong one.
How it is measured
    The last activation (none) and the encoding of the labels (one-hot or multi-hot).
When it is right
    With a loss that takes raw scores: from_logits=True, CrossEntropyLoss, BCEWithLogitsLoss.
Example
    model.add(Dense(10))
    model.compile(loss="mean_squared_error", optimizer="sgd")
Instead
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="sgd")
The fix
    In Keras, softmax for one class per sample and sigmoid for several; the loss is named by its own
    finding. In PyTorch the loss alone must change.
Sources
    Theia sections 4.1.1 (CNL) and 4.1.10 (LLM); NeuraLint, "linear activation in a learning layer".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import only_head
from analyzer.rules.reading.labels import label_facts
from analyzer.rules.reading.losses import REGRESSION, only_loss, spoken
from analyzer.rules.reading.mends import add_activation
from analyzer.rules.reading.proof import graph_seen, learner_seen, proof
from analyzer.rules.samples import dense, labels, linear, sample

FITTING = {"one_hot": "softmax", "multi_hot": "sigmoid"}


class LinearClassifierOutput(Rule):
    """Class scores without an activation under a loss that needs one."""

    code = "FL111"
    name = "linear-classifier-output"
    paper = "LLM"
    kind = "output_activation"
    severity = "warning"
    confidence = 0.88
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("graph", "loss")
    why = (
        "Class labels are 0 or 1; an output without softmax or sigmoid is not bounded to them"
        " (Theia, CNL and LLM)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only output against labels that are rows of classes."""
        head, loss = only_head(program), only_loss(program)
        if head is None or loss is None or loss.name not in REGRESSION:
            return
        facts = label_facts(program)
        if head.activation is not None or not head.certain or (head.width or 1) == 1:
            return
        if facts is not None and facts.encoding in FITTING and head.layer.site is not None:
            wanted = FITTING[facts.encoding]
            yield Suspicion(
                site=head.layer.site,
                message=(
                    f"The classifier's {head.width} outputs have no activation under"
                    f" {spoken(loss)}, and the labels are {facts.words}."
                ),
                evidence=Evidence(static={"output": head.words}, data=facts.words),
                fix=add_activation(program, head.layer, wanted),
                proof=proof(graph_seen(program), learner_seen(program), facts.seen),
            )


KERAS = """
model.add(Dense(10))
model.compile(loss="mean_squared_error", optimizer="sgd")
"""

EXAMPLES = (
    Example(
        "one-hot labels",
        sample(
            KERAS,
            layers=(dense(1, 10),),
            loss="mean_squared_error",
            targets=labels("one_hot", 10),
        ),
        found=(Found(1, "10 outputs have no activation", 'activation="softmax"', "contract"),),
    ),
    Example(
        "several measurements per sample",
        sample(
            KERAS, layers=(dense(1, 10),), loss="mean_squared_error", targets=labels("continuous")
        ),
    ),
    Example(
        "raw scores under from_logits",
        sample(
            KERAS,
            layers=(dense(1, 10),),
            loss="categorical_crossentropy",
            loss_facts={"from_logits": True},
            targets=labels("one_hot", 10),
        ),
    ),
    Example(
        "PyTorch scores under CrossEntropyLoss",
        sample(
            "model = nn.Linear(8, 10)",
            framework="torch",
            layers=(linear(1, 10),),
            loss="cross_entropy",
            targets=labels("integer", 10),
        ),
    ),
)
