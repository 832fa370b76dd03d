"""Accuracy as the metric of a regression.

What it finds
    An accuracy metric while the targets are measurements.
Why it hurts
    Accuracy counts predictions that equal their target. Real numbers practically never do: the
    number stays near zero or measures rounding, and says nothing about the model.
How it is measured
    The names of the metrics against the task.
When it is right
    For classes.
Example
    model.compile(loss="mse", optimizer="adam", metrics=["accuracy"])
Instead
    model.compile(loss="mse", optimizer="adam", metrics=["mae"])
The fix
    The mean absolute error. Safe: metrics do not change the training.
Sources
    Keras documentation of Accuracy.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.losses import REGRESSION, only_loss
from analyzer.rules.reading.mends import quoted
from analyzer.rules.reading.proof import first_site
from analyzer.rules.samples import at, sample

ACCURACIES = frozenset({"accuracy", "acc", "binary_accuracy", "categorical_accuracy"})


class AccuracyOnRegression(Rule):
    """Equality counted on real numbers."""

    code = "FL406"
    name = "accuracy-on-regression"
    kind = "metric"
    severity = "advice"
    confidence = 0.9
    needs = ("loss",)
    why = "Accuracy counts exact hits, which real numbers hardly ever are (Keras docs)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The metrics of a regression."""
        learner, loss = program.learner, only_loss(program)
        assert learner is not None
        if program.problem != "regression" or loss is None or loss.name not in REGRESSION:
            return
        wrong = [name for name in learner.metrics if name.lower() in ACCURACIES]
        site = first_site(learner.metrics_site, learner.compile_site)
        if wrong and site is not None:
            yield Suspicion(
                site=site,
                message=f"The metric '{wrong[0]}' counts exact hits, but the task is a regression.",
                evidence=Evidence(static={"metrics": list(learner.metrics)}),
                fix=_fix(program),
            )


def _fix(program: Program) -> FixPlan | Declined:
    for call in program.source.by_role("compile"):
        given = call.argument("metrics", 2)
        if given is None:
            continue
        names = given.value if isinstance(given.value, list | tuple) else ()
        if len(names) == 1 and names[0] in ACCURACIES:
            inner = given.text.strip("[]() ,")
            text = given.text.replace(inner, quoted("mae", inner), 1)
            return FixPlan(
                "measure the mean absolute error", (ReplaceExpression(given.site, text),)
            )
    return Declined("the metrics are not written as a list of one")


KERAS = "model.compile(loss='mse', optimizer='adam', metrics=['accuracy'])"

EXAMPLES = (
    Example(
        "accuracy of measurements",
        sample(
            KERAS,
            loss="mean_squared_error",
            learner={"metrics": ("accuracy",), "metrics_site": at(1)},
            problem="regression",
        ),
        found=(Found(1, "counts exact hits", "metrics=['mae']"),),
    ),
    Example(
        "accuracy of classes",
        sample(
            KERAS,
            loss="binary_crossentropy",
            learner={"metrics": ("accuracy",), "metrics_site": at(1)},
            problem="binary",
        ),
    ),
    Example(
        "absolute error",
        sample(
            KERAS,
            loss="mean_squared_error",
            learner={"metrics": ("mae",), "metrics_site": at(1)},
            problem="regression",
        ),
    ),
)
