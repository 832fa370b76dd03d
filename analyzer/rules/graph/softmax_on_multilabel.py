"""Softmax over labels of which several can be true.

What it finds
    A softmax output trained on multi-hot labels: rows with more than one 1, or none.
Why it hurts
    Softmax outputs sum to one, so two labels that are both true can reach 0.5 at most, and a row
    without any label cannot be expressed.
How it is measured
    The last activation and the rows of the inspected labels.
When it is right
    With one-hot labels, where exactly one class is true.
Example
    model.add(Dense(5, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam")
Instead
    model.add(Dense(5, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam")
The fix
    Sigmoid in place of softmax; the loss is named by its own finding.
Sources
    Bishop, Pattern Recognition and Machine Learning, section 4.3.2; the case that Theia's LLM rule
    leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import only_head
from analyzer.rules.reading.labels import label_facts
from analyzer.rules.reading.mends import change_activation
from analyzer.rules.reading.proof import graph_seen, number, proof
from analyzer.rules.samples import dense, labels, sample


class SoftmaxOnMultilabel(Rule):
    """Outputs that must sum to one for labels that need not."""

    code = "FL110"
    name = "softmax-on-multilabel"
    paper = "LLM"
    kind = "output_activation"
    severity = "error"
    confidence = 0.95
    needs = ("graph", "learner")
    why = (
        "Softmax lets the classes compete for a sum of one; labels that can be true together need"
        " one sigmoid each (Bishop, section 4.3)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only output against multi-hot labels."""
        head, facts = only_head(program), label_facts(program)
        if head is None or head.activation != "softmax" or head.width == 1:
            return
        if not head.certain or not head.fits(program):
            return
        if facts is None:
            yield self.unchecked("needs the training labels, not seen")
            return
        if facts.encoding == "multi_hot" and head.shaper is not None and head.site is not None:
            yield Suspicion(
                site=head.site,
                message=(
                    f"The {head.width} outputs go through softmax and sum to 1,"
                    f" but the labels are {facts.words}{_ones(program)}."
                ),
                evidence=Evidence(static={"activation": "softmax"}, data=facts.words),
                fix=change_activation(program, head.shaper, "sigmoid"),
                proof=proof(graph_seen(program), facts.seen),
            )


def _ones(program: Program) -> str:
    """How many classes are true per sample, where the labels were seen."""
    seen = program.data.labels if program.data else ()
    if not seen or not seen[0].balance:
        return ", not one class each"
    return f" with {number(sum(seen[0].balance))} ones each on average"


KERAS = """
model.add(Dense(5, activation="softmax"))
model.compile(loss="categorical_crossentropy", optimizer="adam")
"""

EXAMPLES = (
    Example(
        "multi-hot labels",
        sample(
            KERAS,
            layers=(dense(1, 5, "softmax"),),
            loss="categorical_crossentropy",
            targets=labels("multi_hot", 5),
        ),
        found=(Found(1, "sum to 1", 'activation="sigmoid"', "contract"),),
    ),
    Example(
        "one-hot labels",
        sample(
            KERAS,
            layers=(dense(1, 5, "softmax"),),
            loss="categorical_crossentropy",
            targets=labels("one_hot", 5),
        ),
    ),
    Example(
        "multi-hot labels under sigmoid",
        sample(
            KERAS,
            layers=(dense(1, 5, "sigmoid"),),
            loss="binary_crossentropy",
            targets=labels("multi_hot", 5),
        ),
    ),
    Example(
        "labels never seen",
        sample(KERAS, layers=(dense(1, 5, "softmax"),), loss="categorical_crossentropy"),
        unchecked="training labels",
    ),
)
