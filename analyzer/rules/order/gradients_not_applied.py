"""Gradients that are taken and never used.

What it finds
    A loop that asks a GradientTape for the gradients of a model's variables, and neither an
    optimizer nor the program itself ever changes these variables.
Why it hurts
    Nothing is trained; the loss only varies with the batches.
How it is measured
    The variables of each gradient call, those that optimizers are applied to, and the variables'
    values at the first call and at the end, bit by bit.
When it is right
    Gradients of inputs are not looked at. Variables that the program assigns to by itself have
    moved: not reported.
Example
    gradients = tape.gradient(loss, model.trainable_variables)
Instead
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
The fix
    apply_gradients behind the gradient call, when the program has one optimizer. Not safe: the
    loop may have been meant to measure.
Sources
    TensorFlow guide, "Training loops": apply_gradients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertAfter
from analyzer.observed import Site
from analyzer.observed.order import Taken
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import order_of, statement_around, text_of
from analyzer.rules.samples import at
from analyzer.rules.traces import ordered

FEWEST = 5
"""Calls; fewer may look at gradients once."""
TAKEN = re.compile(r"^([A-Za-z_]\w*)\s*=\s*[\w.]+\.gradient\(\s*\w+\s*,\s*([A-Za-z_][\w.]*)\s*\)$")


class GradientsNotApplied(Rule):
    """A training that changes nothing."""

    code = "FL657"
    name = "gradients-not-applied"
    kind = "optimizer"
    severity = "error"
    confidence = 0.95
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("order",)
    why = "A GradientTape only computes; the variables change when gradients are applied."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Where gradients are taken and nothing follows."""
        for taken in order_of(program).taken:
            used = taken.applied or taken.elsewhere or taken.moved or taken.missing
            if used or taken.calls < FEWEST or taken.site is None:
                continue
            yield Suspicion(
                site=taken.site,
                message=(
                    f"Gradients of {taken.variables} variables were taken {taken.calls} times"
                    " and never applied: no variable changed."
                ),
                evidence=Evidence(trace={"calls": taken.calls, "applied": 0}),
                fix=_applied(program, taken.site),
                proof="contract",
            )


def _applied(program: Program, site: Site) -> FixPlan | Declined:
    made = [call for call in program.source.by_role("optimizer") if call.target]
    statement = statement_around(program.source, site)
    match = TAKEN.match(text_of(program.source, statement)) if statement else None
    if len(made) != 1 or statement is None or match is None:
        return Declined("the gradients or the optimizer have no name of their own")
    text = f"{made[0].target}.apply_gradients(zip({match[1]}, {match[2]}))"
    return FixPlan("apply the gradients", (InsertAfter(statement, text),), safe=False)


LOOP = """
optimizer = Adam(0.01)
for x, y in batches:
    with tf.GradientTape() as tape:
        loss = criterion(y, model(x))
    gradients = tape.gradient(loss, model.trainable_variables)
"""


def _program(**facts: object) -> Program:
    known = {"site": at(5), "calls": 24, "variables": 4}
    taken = Taken.model_validate({**known, **facts})
    return ordered(LOOP, framework="keras", taken=(taken,))


EXAMPLES = (
    Example(
        "nothing follows",
        _program(),
        found=(
            Found(
                5,
                "24 times and never applied",
                "    optimizer.apply_gradients(zip(gradients, model.trainable_variables))",
                "contract",
            ),
        ),
    ),
    Example("applied", _program(applied=4, moved=True)),
    Example("assigned by hand", _program(moved=True)),
    Example("looked at once", _program(calls=1)),
)
