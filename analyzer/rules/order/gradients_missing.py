"""Gradients that come out as None.

What it finds
    A GradientTape that gives None for trainable variables: the loss was not computed from them
    under the tape.
Why it hurts
    These variables are not trained. When all are None, apply_gradients raises; the usual causes
    are a forward pass outside the tape, or values that leave TensorFlow through NumPy.
How it is measured
    The results of the gradient calls in the run.
When it is right
    A layer that this loss does not use has no gradient, and may be meant to have none: when only
    some are None it is advice.
Example
    outputs = model(x)
    with tf.GradientTape() as tape:
        loss = criterion(y, outputs)
Instead
    with tf.GradientTape() as tape:
        outputs = model(x)
        loss = criterion(y, outputs)
The fix
    None is offered: the computation must stay under the tape.
Sources
    TensorFlow guide, "Introduction to gradients and automatic differentiation", cases of None.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed.order import Taken
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import order_of
from analyzer.rules.samples import at
from analyzer.rules.traces import ordered


class GradientsMissing(Rule):
    """The loss does not know the variables."""

    code = "FL659"
    name = "gradients-missing"
    kind = "parameters"
    severity = "error"
    confidence = 0.95
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("order",)
    why = (
        "gradient gives None for variables that the loss was not computed from under the tape"
        " (TensorFlow guide to automatic differentiation)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The results of each gradient call."""
        for taken in order_of(program).taken:
            if not taken.missing or taken.site is None:
                continue
            all_of_them = len(taken.missing) >= min(taken.variables, 64)
            named = ", ".join(taken.missing[:3]) + (", ..." if len(taken.missing) > 3 else "")
            yield Suspicion(
                site=taken.site,
                message=(
                    f"The gradient is None for {len(taken.missing)} of {taken.variables}"
                    f" variables: {named}."
                ),
                evidence=Evidence(trace={"missing": list(taken.missing[:10])}),
                fix=Declined("the computation must stay under the tape"),
                proof="contract",
                severity="error" if all_of_them else "advice",
            )


LOOP = """
for x, y in batches:
    gradients = tape.gradient(loss, model.trainable_variables)
"""


def _program(*missing: str, variables: int = 2) -> Program:
    taken = Taken(site=at(2), calls=9, variables=variables, missing=missing)
    return ordered(LOOP, framework="keras", taken=(taken,))


EXAMPLES = (
    Example(
        "none at all",
        _program("dense/kernel", "dense/bias"),
        found=(Found(2, "None for 2 of 2 variables", None, "contract"),),
    ),
    Example(
        "an unused layer",
        _program("pooler/kernel", variables=9),
        found=(Found(2, "None for 1 of 9 variables", None, "contract"),),
    ),
    Example("all are there", _program()),
    Example("no tape was used", ordered(LOOP, framework="keras")),
)
