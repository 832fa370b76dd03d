"""Gradients of one model that are applied to another.

What it finds
    A loop that takes the gradients of some variables and applies an optimizer to others only; the
    former never change.
Why it hurts
    The loss is that of a model that stands still, and another one is moved by gradients that do
    not belong to it.
How it is measured
    The identity of the variables in the gradient calls and in apply_gradients, and the values of
    the former at the first call and at the end, bit by bit.
When it is right
    A worker that copies the other model's weights back has moved: not reported.
Example
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, copy.trainable_variables))
Instead
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
The fix
    The variables of the gradient call in apply_gradients, when both are written out. Safe.
Sources
    TensorFlow guide, "Training loops": apply_gradients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import Site
from analyzer.observed.order import Taken
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import (
    bare_statement,
    order_of,
    statement_around,
    text_of,
)
from analyzer.rules.samples import at
from analyzer.rules.traces import ordered

TAKEN = re.compile(r"\.gradient\(\s*\w+\s*,\s*([A-Za-z_][\w.]*)\s*\)$")
APPLIED = re.compile(r"^(.*\.apply_gradients\(\s*zip\(\s*\w+\s*,\s*)([A-Za-z_][\w.]*)(\s*\)\s*\))$")


class GradientsAppliedElsewhere(Rule):
    """The model of the loss stands still."""

    code = "FL658"
    name = "gradients-applied-elsewhere"
    kind = "optimizer"
    severity = "error"
    confidence = 0.95
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("order",)
    why = "apply_gradients changes the variables that it is given, whatever the gradients are of."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Where gradients are taken and other variables changed."""
        for taken in order_of(program).taken:
            if taken.applied or not taken.elsewhere or taken.moved or taken.site is None:
                continue
            yield Suspicion(
                site=taken.site,
                message=(
                    f"The gradients of {taken.variables} variables were taken, and the optimizer"
                    f" was applied to {taken.elsewhere} others: the former never changed."
                ),
                evidence=Evidence(trace={"taken": taken.variables, "others": taken.elsewhere}),
                fix=_same(program, taken.site, taken.applied_site),
                proof="contract",
            )


def _same(program: Program, taken: Site, applied: Site | None) -> FixPlan | Declined:
    source = program.source
    first, second = statement_around(source, taken), bare_statement(source, applied)
    names = TAKEN.search(text_of(source, first)) if first else None
    match = APPLIED.match(text_of(source, second)) if second else None
    if names is None or second is None or match is None:
        return Declined("the variables are not written out in both calls")
    change = ReplaceExpression(second, f"{match[1]}{names[1]}{match[3]}")
    return FixPlan("apply them to the variables that they belong to", (change,))


LOOP = """
for x, y in batches:
    with tf.GradientTape() as tape:
        loss = criterion(y, model(x))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, copy.trainable_variables))
"""


def _program(**facts: object) -> Program:
    known = {"site": at(4), "calls": 24, "variables": 4, "applied_site": at(5)}
    taken = Taken.model_validate({**known, **facts})
    return ordered(LOOP, framework="keras", taken=(taken,))


EXAMPLES = (
    Example(
        "applied to a copy",
        _program(elsewhere=4),
        found=(Found(4, "applied to 4 others", "zip(gradients, model.train", "contract"),),
    ),
    Example("applied to its own", _program(applied=4, moved=True)),
    Example("the weights are copied back", _program(elsewhere=4, moved=True)),
)
