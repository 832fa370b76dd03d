"""Plain gradient descent on a loss with vanishing gradients.

What it finds
    SGD together with a squared error on class labels.
Why it hurts
    Through softmax or sigmoid the squared error's gradient carries a factor p(1-p), at most 0.25
    and near zero for confident answers. SGD takes steps proportional to the gradient, so it hardly
    moves; adaptive optimizers divide the scale out.
How it is measured
    The optimizer's name and the loss against the task.
When it is right
    With a cross-entropy, where SGD with momentum is a good choice.
Example
    model.compile(loss="mean_squared_error", optimizer="sgd")
Instead
    model.compile(loss="categorical_crossentropy", optimizer="adam")
The fix
    None is offered: the loss is the root and has its own finding.
Sources
    Goodfellow, Bengio, Courville, Deep Learning, sections 6.2.2.2 and 8.5; Theia's table of faults,
    "change optimizer", in both programs together with this loss.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.losses import REGRESSION, only_loss, spoken
from analyzer.rules.samples import dense, sample

CLASS_TASKS = frozenset({"binary", "multiclass", "multilabel"})


class SlowOptimizer(Rule):
    """Steps proportional to gradients that vanish."""

    code = "FL404"
    name = "slow-optimizer"
    kind = "optimizer"
    severity = "advice"
    confidence = 0.5
    needs = ("loss", "optimizer")
    why = (
        "SGD moves in proportion to gradients that a squared error on classes makes vanish;"
        " adaptive optimizers divide their scale out (Deep Learning, sections 6.2.2.2 and 8.5)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The optimizers of a classifier with a regression loss."""
        assert program.learner is not None
        loss = only_loss(program)
        if loss is None or loss.name not in REGRESSION or program.problem not in CLASS_TASKS:
            return
        for optimizer in program.learner.optimizers:
            if optimizer.name == "sgd" and optimizer.site is not None:
                yield Suspicion(
                    site=optimizer.site,
                    message=f"SGD takes steps in proportion to {spoken(loss)}'s small gradients.",
                    evidence=Evidence(static={"optimizer": "sgd", "loss": loss.name}),
                    fix=Declined("the loss is the root and has its own finding"),
                )


KERAS = """
sgd = SGD()
model.compile(loss="mean_squared_error", optimizer=sgd)
"""
HEAD = (dense(2, 3, "softmax"),)

EXAMPLES = (
    Example(
        "with squared error on classes",
        sample(
            KERAS,
            layers=HEAD,
            loss="mean_squared_error",
            optimizer="sgd",
            optimizer_line=1,
            problem="multiclass",
        ),
        found=(Found(1, "mean_squared_error's small gradients", None),),
    ),
    Example(
        "with cross-entropy",
        sample(
            KERAS,
            layers=HEAD,
            loss="categorical_crossentropy",
            optimizer="sgd",
            problem="multiclass",
        ),
    ),
    Example(
        "for a regression",
        sample(
            KERAS, layers=HEAD, loss="mean_squared_error", optimizer="sgd", problem="regression"
        ),
    ),
    Example(
        "an adaptive optimizer",
        sample(
            KERAS, layers=HEAD, loss="mean_squared_error", optimizer="adam", problem="multiclass"
        ),
    ),
)
