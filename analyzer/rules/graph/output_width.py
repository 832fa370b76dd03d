"""An output whose width does not fit the classes.

What it finds
    Fewer output units than the labels have classes, or more; one-hot rows of another width.
Why it hurts
    With too few units some classes have no output: the loss stops with an error, or on a GPU reads
    beyond the row. Units without a class only cost parameters.
How it is measured
    Units of the last weighted layer; number of classes, highest label or row width of the inspected
    labels.
When it is right
    More units than classes can be meant for classes that come later; that is advice.
Example
    model.add(Dense(9, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
Instead
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
The fix
    The number of classes as the layer's width, where it is written as a number.
Sources
    Keras and PyTorch documentation of the losses; Theia section 4.1.3 (output layer of INN).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.kinds import Severity
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import Head, only_head
from analyzer.rules.reading.labels import LabelFacts, label_facts
from analyzer.rules.reading.losses import BINARY, CATEGORICAL, only_loss
from analyzer.rules.reading.mends import layer_call
from analyzer.rules.reading.proof import count, graph_seen, proof
from analyzer.rules.samples import dense, labels, linear, sample

MANY_CLASSES = "many classes under a binary loss"  # the root it shares with the labels' rule
UNIT_ARGUMENTS = {"Dense": ("units", 0), "Linear": ("out_features", 1)}


class OutputWidth(Rule):
    """Units and classes are not equally many."""

    code = "FL108"
    name = "output-width"
    paper = "LLM"
    kind = "output_units"
    severity = "error"
    confidence = 0.9
    needs = ("graph", "loss")
    why = "A classifier needs one output per class, or a single one for two classes (Theia, LLM)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only output against the classes of the labels."""
        head, loss, facts = only_head(program), only_loss(program), label_facts(program)
        if head is None or loss is None or head.width is None or head.layer.site is None:
            return
        if loss.name not in BINARY | CATEGORICAL or head.layer.op != "dense":
            return
        if facts is None:
            yield self.unchecked("needs the training labels, not seen")
            return
        wanted = _wanted(head, facts, loss.name)
        if wanted is None or wanted == head.width:
            return
        severity: Severity = "error" if head.width < wanted else "advice"
        yield Suspicion(
            site=head.layer.site,
            message=(
                f"The output has {count(head.width, 'unit')},"
                f" but {_classes(wanted, facts)}: {facts.words}."
            ),
            evidence=Evidence(static={"units": head.width}, data={"classes": wanted}),
            fix=_fix(program, head, wanted),
            severity=severity,
            root=MANY_CLASSES if loss.name in BINARY and facts.encoding == "integer" else "",
            proof=proof(graph_seen(program), facts.seen),
            confidence=None if severity == "error" else 0.5,
        )


def _classes(wanted: int, facts: LabelFacts) -> str:
    if facts.classes is None:
        return "the labels are rows"
    return f"the labels need {wanted:,}"


def _wanted(head: Head, facts: LabelFacts, loss: str) -> int | None:
    """How many units the labels need; None when that is not known."""
    single = head.width == 1
    if facts.encoding in ("one_hot", "multi_hot"):
        row = facts.stats.shape[-1] if facts.stats and facts.stats.shape else facts.classes
        return row or (2 if single and facts.encoding == "one_hot" else None)
    if facts.encoding == "integer" and facts.stats is not None:
        highest = facts.stats.max
        classes = facts.classes
        reach = classes if highest is None or classes is None else max(classes, int(highest) + 1)
        return reach if loss in CATEGORICAL or single else None
    return None


def _fix(program: Program, head: Head, wanted: int) -> FixPlan | Declined:
    call = layer_call(program.source, head.layer)
    names = UNIT_ARGUMENTS.get(call.name) if call else None
    if call is None or names is None:
        return Declined("the layer's call was not found in the source")
    if head.width == 1:
        return Declined("activation and loss must change with the width")
    if head.width is not None and head.width > wanted:
        return Declined("the spare units may be meant for classes to come")
    given = call.argument(*names)
    if given is None or not given.text.isdigit():
        return Declined("the width is not written as a number")
    return FixPlan(f"use {wanted} units", (ReplaceExpression(given.site, str(wanted)),))


KERAS = """
model.add(Dense(9, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam")
"""

EXAMPLES = (
    Example(
        "ten classes, nine units",
        sample(
            KERAS,
            layers=(dense(1, 9, "softmax"),),
            loss="sparse_categorical_crossentropy",
            targets=labels("integer", 10, min=0, max=9),
        ),
        found=(Found(1, "9 units, but the labels need 10", "Dense(10,", "contract"),),
    ),
    Example(
        "two one-hot columns against one sigmoid unit",
        sample(
            """
            train = gen.flow_from_directory("cats", class_mode="categorical")
            model.add(Dense(1, activation="sigmoid"))
            """,
            layers=(dense(2, 1, "sigmoid"),),
            loss="binary_crossentropy",
        ),
        found=(Found(2, "1 unit, but the labels are rows", None),),
    ),
    Example(
        "spare units are advice",
        sample(
            "model = nn.Linear(8, 3)",
            framework="torch",
            layers=(linear(1, 3),),
            loss="cross_entropy",
            targets=labels("integer", 2, min=0, max=1),
        ),
        found=(Found(1, "3 units, but the labels need 2", None, "contract"),),
    ),
    Example(
        "as many as classes",
        sample(
            KERAS,
            layers=(dense(1, 10, "softmax"),),
            loss="sparse_categorical_crossentropy",
            targets=labels("integer", 10, min=0, max=9),
        ),
    ),
    Example(
        "two softmax units with one-hot rows of two",
        sample(
            KERAS,
            layers=(dense(1, 2, "softmax"),),
            loss="categorical_crossentropy",
            targets=labels("one_hot", 2, shape=(2,)),
        ),
    ),
    Example(
        "labels not seen",
        sample(KERAS, layers=(dense(1, 9, "softmax"),), loss="categorical_crossentropy"),
        unchecked="training labels",
    ),
)
