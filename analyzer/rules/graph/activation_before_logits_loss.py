"""Softmax or sigmoid in front of a loss that applies it itself.

What it finds
    An output activation before CrossEntropyLoss, BCEWithLogitsLoss or a Keras cross-entropy with
    from_logits=True, all of which take raw scores.
Why it hurts
    The activation is applied twice. CrossEntropyLoss over softmax probabilities cannot fall below
    ln(1 + (C-1)/e) for C classes (0.31 for 2, 1.46 for 10), and its gradients are small.
How it is measured
    The last activation in execution order and the loss that the values reach; the sums of the
    predictions' rows (1 for softmax) where the loss was seen.
When it is right
    log_softmax before CrossEntropyLoss changes nothing and is not reported. Softmax on a copy, for
    metrics or for a model that is only used for prediction, is right.
Example
    def forward(self, x):
        return F.softmax(self.fc(x), dim=1)
    loss_fn = nn.CrossEntropyLoss()
Instead
    def forward(self, x):
        return self.fc(x)
    loss_fn = nn.CrossEntropyLoss()
The fix
    The activation is taken away; predictions that need probabilities apply it outside. Safe for
    training; code that reads probabilities from the model must be looked at.
Sources
    PyTorch documentation of CrossEntropyLoss and BCEWithLogitsLoss; Theia section 4.1.10 (LLM). The
    floor follows from the largest possible difference of two softmax outputs, which is one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.kinds import Proof
from analyzer.observed import LossSeen, LossUse, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import Head, only_head
from analyzer.rules.reading.losses import only_loss, spoken, takes_logits
from analyzer.rules.reading.mends import drop_activation
from analyzer.rules.reading.proof import first_loss_seen, graph_seen, learner_seen, number, proof
from analyzer.rules.samples import activation, at, dense, linear, sample

SQUASHING = frozenset({"softmax", "sigmoid"})


class ActivationBeforeLogitsLoss(Rule):
    """Probabilities go into a loss that takes raw scores."""

    code = "FL102"
    name = "activation-before-logits-loss"
    paper = "LLM"
    kind = "output_activation"
    severity = "error"
    confidence = 0.95
    needs = ("graph", "loss")
    why = (
        "The loss applies softmax or sigmoid itself; applying it twice bounds the loss from below"
        " and shrinks the gradients (PyTorch documentation of CrossEntropyLoss; Theia, LLM)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The only output against the only loss."""
        head, loss = only_head(program), only_loss(program)
        if head is None or loss is None or not takes_logits(loss):
            return
        if head.shaper is None or head.activation not in SQUASHING or head.site is None:
            return
        if not head.certain or not head.fits(program):
            return
        yield Suspicion(
            site=head.site,
            message=_message(head, loss),
            evidence=Evidence(
                static={"activation": head.activation, "loss": loss.name},
                trace=_row_sums(program),
            ),
            fix=drop_activation(program, head.shaper),
            proof=_proof(program),
        )


def _proof(program: Program) -> Proof:
    """Keras on TensorFlow undoes the doubling with a warning: there it is advice."""
    return proof(program.framework == "torch", graph_seen(program), learner_seen(program))


def _message(head: Head, loss: LossUse) -> str:
    start = f"{spoken(loss)} takes raw scores, but the output went through {head.activation}"
    width = head.width or 1
    if loss.name == "cross_entropy" and head.activation == "softmax" and width > 1:
        floor = math.log(1 + (width - 1) / math.e)
        return f"{start}: with {width} classes the loss cannot fall below {number(floor)}."
    return f"{start} already."


def _row_sums(program: Program) -> dict[str, float | None] | None:
    seen = first_loss_seen(program)
    if seen is None:
        return None
    return {"row_sum_min": seen.row_sum_min, "row_sum_max": seen.row_sum_max}


TORCH = """
class Net(nn.Module):
    def forward(self, x):
        x = self.fc(x)
        return F.softmax(x, dim=1)
loss_fn = nn.CrossEntropyLoss()
"""

EXAMPLES = (
    Example(
        "softmax before CrossEntropyLoss",
        sample(
            TORCH,
            framework="torch",
            layers=(linear(3, 10), activation(4, "softmax", "softmax")),
            loss="cross_entropy",
            loss_line=5,
        ),
        found=(Found(4, "cannot fall below 1.46", "        return x\n", "contract"),),
    ),
    Example(
        "the same, read from the source alone",
        sample(
            TORCH,
            framework="torch",
            layers=(linear(3, 3), activation(4, "softmax", "softmax")),
            loss="cross_entropy",
            loss_line=5,
            origin="static",
        ),
        found=(Found(4, "0.551", "        return x\n"),),
    ),
    Example(
        "a sigmoid module before BCEWithLogitsLoss",
        sample(
            """
            model = nn.Sequential(nn.Linear(8, 1), nn.Sigmoid())
            loss_fn = nn.BCEWithLogitsLoss()
            """,
            framework="torch",
            layers=(linear(1, 1), activation(1, "sigmoid", "Sigmoid")),
            loss="bce_with_logits",
            loss_line=2,
        ),
        found=(Found(1, "BCEWithLogitsLoss takes raw scores", "nn.Identity()", "contract"),),
    ),
    Example(
        "a softmax inside a model that is applied in the loss's own call",
        sample(
            """
            model = nn.Sequential(nn.Linear(8, 3), nn.Softmax(1))
            loss_fn = nn.CrossEntropyLoss()
            loss = loss_fn(model(x), y)
            """,
            framework="torch",
            layers=(linear(1, 3), activation(1, "softmax", "Softmax", call_site=at(3))),
            loss="cross_entropy",
            loss_line=2,
        ),
        found=(Found(1, "takes raw scores", "nn.Identity()", "contract"),),
    ),
    Example(
        "from_logits with a softmax layer is advice in Keras, which repairs it",
        sample(
            """
            model.add(Dense(10, activation="softmax"))
            model.compile(loss=SparseCategoricalCrossentropy(from_logits=True))
            """,
            layers=(dense(1, 10, "softmax"),),
            loss="sparse_categorical_crossentropy",
            loss_facts={"from_logits": True},
            loss_line=2,
        ),
        found=(Found(1, "takes raw scores", "model.add(Dense(10))"),),
    ),
    Example(
        "log_softmax before CrossEntropyLoss changes nothing",
        sample(
            TORCH,
            framework="torch",
            layers=(linear(3, 10), activation(4, "log_softmax", "log_softmax")),
            loss="cross_entropy",
        ),
    ),
    Example(
        "softmax before the Keras default",
        sample(
            """
            model.add(Dense(10, activation="softmax"))
            """,
            layers=(dense(1, 10, "softmax"),),
            loss="categorical_crossentropy",
        ),
    ),
    Example(
        "the logarithm is taken in between, as the values show",
        sample(
            TORCH,
            framework="torch",
            layers=(linear(3, 10), activation(4, "softmax", "softmax")),
            loss="cross_entropy",
            trace=Trace(
                steps=3, loss_seen=(LossSeen(calls=3, prediction_min=-4.1, prediction_max=-0.2),)
            ),
        ),
    ),
    Example(
        "raw scores",
        sample(TORCH, framework="torch", layers=(linear(3, 10),), loss="cross_entropy"),
    ),
)
