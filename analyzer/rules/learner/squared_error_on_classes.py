"""Squared error on class labels.

What it finds
    Mean squared or absolute error as the loss of a classifier: class labels, or a softmax output.
Why it hurts
    Through softmax or sigmoid the gradient of the squared error carries a factor p(1-p): where the
    network is confidently wrong, it learns nearly nothing. Without an activation the outputs chase
    0 and 1 as if they were measurements.
How it is measured
    The loss, the encoding of the labels, the last activation.
When it is right
    For measurements, for autoencoders, for adversarial losses; as a score of forecasts (Brier) it
    is proper, but a slow loss. One sigmoid unit with squared error is reported as advice.
Example
    model.add(Dense(3, activation="softmax"))
    model.compile(loss="mean_squared_error", optimizer="adam")
Instead
    model.add(Dense(3, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam")
The fix
    The cross-entropy that fits labels and output. Safe.
Sources
    Goodfellow, Bengio, Courville, Deep Learning, section 6.2.2.2; Theia section 4.1.10 (LLM).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.observed import LabelEncoding, LossUse
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import Head, only_head
from analyzer.rules.reading.labels import EXCLUSIVE, LabelFacts, label_facts
from analyzer.rules.reading.losses import REGRESSION, only_loss, spoken
from analyzer.rules.reading.mends import change_loss, drop_activation, together
from analyzer.rules.reading.proof import first_site, graph_seen, learner_seen, proof
from analyzer.rules.samples import activation, dense, labels, linear, sample

FITTING: dict[LabelEncoding, str] = {
    "one_hot": "categorical_crossentropy",
    "integer": "sparse_categorical_crossentropy",
    "multi_hot": "binary_crossentropy",
    "binary": "binary_crossentropy",
}
CLASS_ROWS: frozenset[LabelEncoding] = EXCLUSIVE | {"multi_hot"}


class SquaredErrorOnClasses(Rule):
    """A loss for measurements on classes."""

    code = "FL106"
    name = "squared-error-on-classes"
    paper = "LLM"
    kind = "loss"
    severity = "warning"
    confidence = 0.9
    needs = ("graph", "loss")
    why = (
        "Through softmax or sigmoid the squared error's gradient vanishes where the network is"
        " confidently wrong; cross-entropy's does not (Deep Learning, section 6.2.2.2; Theia, LLM)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only loss against labels, and where these are unknown against the output."""
        head, loss = only_head(program), only_loss(program)
        if head is None or loss is None or loss.name not in REGRESSION:
            return
        facts, site = label_facts(program), first_site(loss.site, loss.call_site)
        if site is None or program.problem == "autoencoder" or not _on_classes(head, facts):
            return
        several = (head.width or 1) > 1
        seen = facts is not None and facts.seen and facts.encoding in CLASS_ROWS
        yield Suspicion(
            site=site,
            message=_message(head, loss, facts),
            evidence=Evidence(static={"output": head.words}, data=facts.words if facts else None),
            fix=_fix(program, head, loss, facts),
            proof=proof(graph_seen(program), learner_seen(program), several and _known(head, seen)),
        )


def _known(head: Head, labels_seen: bool) -> bool:
    return labels_seen or (head.activation == "softmax" and head.certain)


def _on_classes(head: Head, facts: LabelFacts | None) -> bool:
    several = (head.width or 1) > 1
    if facts is None:
        return several and head.activation == "softmax"
    if facts.encoding in CLASS_ROWS and several:
        return True
    return facts.encoding == "binary" and head.activation in ("sigmoid", "softmax")


def _message(head: Head, loss: LossUse, facts: LabelFacts | None) -> str:
    what = f"the labels are {facts.words}" if facts else f"the output has {head.words}"
    return f"{spoken(loss)} measures distances, but this is a classifier: {what}."


def _fix(
    program: Program, head: Head, loss: LossUse, facts: LabelFacts | None
) -> FixPlan | Declined:
    encoding: LabelEncoding = facts.encoding if facts else "unknown"
    if program.framework != "torch":
        better = FITTING.get(encoding)
        if better is None:
            return Declined("which cross-entropy fits depends on the labels, which were not seen")
        return change_loss(program, loss, better)
    if encoding not in EXCLUSIVE:
        return Declined("which loss fits depends on the labels")
    plan = change_loss(program, loss, "cross_entropy")
    if head.shaper is None:
        return plan
    return together(
        "return raw scores and use CrossEntropyLoss", drop_activation(program, head.shaper), plan
    )


KERAS = """
model.add(Dense(3, activation="softmax"))
model.compile(loss='mean_squared_error', optimizer="adam")
"""
TORCH = """
class Net(nn.Module):
    def forward(self, x):
        return F.softmax(self.fc(x), dim=1)
loss_fn = nn.MSELoss()
"""

EXAMPLES = (
    Example(
        "one-hot labels",
        sample(
            KERAS,
            layers=(dense(1, 3, "softmax"),),
            loss="mean_squared_error",
            loss_line=2,
            targets=labels("one_hot", 3),
        ),
        found=(Found(2, "one-hot rows", "loss='categorical_crossentropy'", "contract"),),
    ),
    Example(
        "softmax output, labels unknown",
        sample(
            TORCH,
            framework="torch",
            layers=(linear(3, 2), activation(3, "softmax", "softmax")),
            loss="mse",
            loss_line=4,
            origin="static",
        ),
        found=(Found(4, "2 units with softmax", None),),
    ),
    Example(
        "softmax output with labels in PyTorch: both must change",
        sample(
            TORCH,
            framework="torch",
            layers=(linear(3, 2), activation(3, "softmax", "softmax")),
            loss="mse",
            loss_line=4,
            targets=labels("one_hot", 2),
        ),
        found=(Found(4, "one-hot rows", "nn.CrossEntropyLoss()", "contract"),),
    ),
    Example(
        "one sigmoid unit is advice",
        sample(
            """
            model.add(Dense(1, activation="sigmoid"))
            model.compile(loss="mse", optimizer="adam")
            """,
            layers=(dense(1, 1, "sigmoid"),),
            loss="mean_squared_error",
            loss_line=2,
            targets=labels("binary", 2),
        ),
        found=(Found(2, "0/1 values", 'loss="binary_crossentropy"'),),
    ),
    Example(
        "measurements",
        sample(
            KERAS,
            layers=(dense(1, 3),),
            loss="mean_squared_error",
            targets=labels("continuous"),
        ),
    ),
    Example(
        "an autoencoder with a sigmoid output",
        sample(
            KERAS,
            layers=(dense(1, 64, "sigmoid"),),
            loss="mean_squared_error",
            targets=labels("inputs"),
            problem="autoencoder",
        ),
    ),
    Example(
        "cross-entropy",
        sample(
            KERAS,
            layers=(dense(1, 3, "softmax"),),
            loss="categorical_crossentropy",
            targets=labels("one_hot", 3),
        ),
    ),
)
