"""Raw scores in a loss that takes probabilities.

What it finds
    A linear output (or relu, tanh) under a loss that takes the logarithm of probabilities: a Keras
    cross-entropy without from_logits, BCELoss, or NLLLoss without log_softmax.
Why it hurts
    The logarithm of a negative number does not exist. Keras clips the scores to 1e-7..1, which
    removes most gradients; BCELoss stops with an error; NLLLoss falls without bound.
How it is measured
    The last activation in execution order against the loss; the range of the predictions where the
    loss was seen (it must lie in 0..1, and for NLLLoss must not exceed 0).
When it is right
    With from_logits=True, BCEWithLogitsLoss or CrossEntropyLoss, which take raw scores.
Example
    model.add(Dense(10))
    model.compile(loss="categorical_crossentropy", optimizer="adam")
Instead
    model.add(Dense(10, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam")
The fix
    In Keras the activation that the loss needs is added to the output layer; in PyTorch the loss
    that takes raw scores is used. Safe: the scores stay the same, only their reading changes.
Sources
    Keras documentation of from_logits; PyTorch documentation of BCELoss and NLLLoss; Theia section
    4.1.10 (LLM); UMLAUT "missing softmax before loss".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.observed import LossSeen, LossUse, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import Head, only_head
from analyzer.rules.reading.losses import (
    KERAS_BINARY,
    TORCH_LOG_PROBABILITIES,
    only_loss,
    spoken,
    takes_probabilities,
)
from analyzer.rules.reading.mends import add_activation, change_activation, change_loss
from analyzer.rules.reading.proof import (
    first_loss_seen,
    first_site,
    graph_seen,
    learner_seen,
    number,
    proof,
)
from analyzer.rules.samples import activation, dense, linear, other, sample

UNIT_RANGE = frozenset({"softmax", "sigmoid", "hard_sigmoid"})
SLACK = 1e-3  # rounding of half-precision values at the end of a range
AT_MOST_ZERO = frozenset({"log_softmax", "log_sigmoid"})


class RawScoresInProbabilityLoss(Rule):
    """The loss takes logarithms of values that are no probabilities."""

    code = "FL103"
    name = "raw-scores-in-probability-loss"
    paper = "LLM"
    kind = "output_activation"
    severity = "error"
    confidence = 0.93
    needs = ("graph", "loss")
    why = (
        "The loss takes the logarithm of its input as a probability; raw scores are clipped or"
        " refused (Keras documentation of from_logits; PyTorch documentation of BCELoss, NLLLoss)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only output against the only loss."""
        head, loss = only_head(program), only_loss(program)
        if head is None or loss is None or not _mismatch(head, loss):
            return
        if not head.certain:
            yield self.unchecked("needs to know what follows the last layer, which is not clear")
            return
        in_torch = program.framework == "torch"
        outside = _outside(program, loss)
        if in_torch and outside is False:
            return
        site = first_site(loss.site, loss.call_site) if in_torch else head.site
        if site is not None:
            yield Suspicion(
                site=site,
                message=f"{spoken(loss)} takes {_wanted(loss)}, but the output has {head.words}.",
                evidence=Evidence(static={"loss": loss.name}, trace=_range(program)),
                fix=_fix(program, head, loss),
                proof=proof(
                    graph_seen(program), learner_seen(program), not in_torch or bool(outside)
                ),
                kind="loss" if in_torch else None,
            )


def _outside(program: Program, loss: LossUse) -> bool | None:
    """Whether the loss received values that it cannot read; None when the values were not seen.

    In PyTorch a function behind the last layer may go unrecorded; the values tell.
    """
    seen = first_loss_seen(program)
    if seen is None or seen.prediction_min is None or seen.prediction_max is None:
        return None
    if loss.name in TORCH_LOG_PROBABILITIES:
        return seen.prediction_max > SLACK
    return seen.prediction_min < -SLACK or seen.prediction_max > 1 + SLACK


def _mismatch(head: Head, loss: LossUse) -> bool:
    if loss.name in TORCH_LOG_PROBABILITIES:
        return head.activation not in AT_MOST_ZERO
    return takes_probabilities(loss) and head.activation not in UNIT_RANGE


def _wanted(loss: LossUse) -> str:
    return "log-probabilities" if loss.name in TORCH_LOG_PROBABILITIES else "probabilities"


def _range(program: Program) -> str | None:
    seen = first_loss_seen(program)
    if seen is None or seen.prediction_min is None or seen.prediction_max is None:
        return None
    return f"predictions from {number(seen.prediction_min)} to {number(seen.prediction_max)}"


def _fix(program: Program, head: Head, loss: LossUse) -> FixPlan | Declined:
    if program.framework == "torch":
        if head.shaper is not None:
            return Declined(f"both the {head.activation} and the loss are in question")
        return change_loss(
            program, loss, "bce_with_logits" if loss.name == "bce" else "cross_entropy"
        )
    wanted = "sigmoid" if loss.name in KERAS_BINARY else "softmax"
    if wanted == "softmax" and head.width == 1:
        return Declined("one unit cannot hold class probabilities; see the loss")
    if head.shaper is not None:
        return change_activation(program, head.shaper, wanted)
    return add_activation(program, head.layer, wanted)


KERAS = """
model.add(Dense(10))
model.compile(loss="categorical_crossentropy", optimizer="adam")
"""
TORCH = """
model = nn.Linear(8, 1)
loss_fn = nn.BCELoss()
"""


def _seen(low: float, high: float) -> Trace:
    seen = LossSeen(calls=3, prediction_min=low, prediction_max=high)
    return Trace(steps=3, loss_seen=(seen,))


EXAMPLES = (
    Example(
        "linear output under a Keras cross-entropy",
        sample(KERAS, layers=(dense(1, 10),), loss="categorical_crossentropy", loss_line=2),
        found=(Found(1, "10 units, linear", 'Dense(10, activation="softmax")', "contract"),),
    ),
    Example(
        "relu output under a binary cross-entropy",
        sample(
            """
            model.add(Dense(1, activation='relu'))
            model.compile(loss='binary_crossentropy', optimizer='adam')
            """,
            layers=(dense(1, 1, "relu"),),
            loss="binary_crossentropy",
            loss_line=2,
            origin="static",
        ),
        found=(Found(1, "1 unit with relu", "activation='sigmoid'"),),
    ),
    Example(
        "raw scores into BCELoss",
        sample(
            TORCH,
            framework="torch",
            layers=(linear(1, 1),),
            loss="bce",
            loss_line=2,
            trace=_seen(-1.5, 2.0),
        ),
        found=(Found(2, "BCELoss takes prob", "nn.BCEWithLogitsLoss()", "contract", "loss"),),
    ),
    Example(
        "softmax in front of NLLLoss",
        sample(
            """
            y = F.softmax(fc(x), dim=1)
            loss_fn = nn.NLLLoss()
            """,
            framework="torch",
            layers=(linear(1, 4), activation(1, "softmax", "softmax")),
            loss="nll",
            loss_line=2,
            trace=_seen(0.1, 0.7),
        ),
        found=(Found(2, "NLLLoss takes log-probabilities", None, "contract", "loss"),),
    ),
    Example(
        "a function that was not recorded brings the values into 0..1",
        sample(
            TORCH,
            framework="torch",
            layers=(linear(1, 1),),
            loss="bce",
            trace=_seen(0.2, 0.8),
        ),
    ),
    Example(
        "from_logits takes the scores",
        sample(
            KERAS,
            layers=(dense(1, 10),),
            loss="categorical_crossentropy",
            loss_facts={"from_logits": True},
        ),
    ),
    Example(
        "log_softmax before NLLLoss",
        sample(
            TORCH,
            framework="torch",
            layers=(linear(1, 4), activation(1, "logsoftmax", "LogSoftmax")),
            loss="nll",
        ),
    ),
    Example(
        "an unknown function follows the last layer",
        sample(
            KERAS,
            layers=(dense(1, 10), other(1, "other", "Lambda")),
            loss="categorical_crossentropy",
        ),
        unchecked="what follows the last layer",
    ),
)
