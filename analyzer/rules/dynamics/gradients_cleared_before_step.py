"""Gradients that are erased before they are used.

What it finds
    zero_grad between backward and step.
Why it hurts
    The step finds gradients of zero: the weights do not move (or only by momentum and weight
    decay), whatever the loss is.
How it is measured
    The order of zero_grad, backward and step in the observed steps.
When it is right
    Never.
Example
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
Instead
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
The fix
    zero_grad moves before backward. Safe.
Sources
    PyTorch documentation of Optimizer.zero_grad.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertBefore, RemoveStatement
from analyzer.observed import GradientCycle, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import text_at
from analyzer.rules.reading.proof import first_site
from analyzer.rules.samples import at, sample


class GradientsClearedBeforeStep(Rule):
    """Steps without gradients."""

    code = "FL502"
    name = "gradients-cleared-before-step"
    kind = "gradient_reset"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("trace",)
    why = "step uses what backward left; zero_grad between them erases it (PyTorch documentation)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The observed order of calls."""
        cycle = program.trace.cycle if program.trace else None
        if cycle is None:
            yield self.unchecked("needs a loop with backward and step, not seen")
            return
        site = first_site(cycle.zero_grad_site, cycle.site)
        if cycle.cleared_between and site is not None:
            yield Suspicion(
                site=site,
                message=(
                    f"zero_grad came between backward and step in {cycle.cleared_between}"
                    f" of {cycle.steps} steps and erased the gradients."
                ),
                evidence=Evidence(trace={"cleared_between": cycle.cleared_between}),
                fix=_moved(program),
                proof="contract",
            )


def _moved(program: Program) -> FixPlan | Declined:
    clears = program.source.by_role("zero_grad")
    backwards = program.source.by_role("backward")
    if len(clears) != 1 or len(backwards) != 1:
        return Declined("the program has several such calls")
    text = text_at(program.source, clears[0].statement)
    if text is None:
        return Declined("the call is part of a larger statement")
    moved = (RemoveStatement(clears[0].statement), InsertBefore(backwards[0].statement, text))
    return FixPlan("clear the gradients before backward", moved)


LOOP = """
for x, y in loader:
    loss = criterion(net(x), y)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
"""


def _cycle(**facts: object) -> Trace:
    return Trace(steps=60, cycle=GradientCycle.model_validate({"steps": 60, **facts}))


EXAMPLES = (
    Example(
        "between backward and step",
        sample(
            LOOP,
            framework="torch",
            trace=_cycle(cleared_between=60, zero_grad_site=at(4)),
        ),
        found=(
            Found(
                4,
                "in 60 of 60 steps",
                "    optimizer.zero_grad()\n    loss.backward()\n    optimizer.step()",
                "contract",
            ),
        ),
    ),
    Example("in order", sample(LOOP, framework="torch", trace=_cycle(zero_grad_calls=60))),
    Example("never cleared", sample(LOOP, framework="torch", trace=_cycle(dirty_starts=59))),
    Example("Keras has no such loop", sample("model.fit(x, y)", framework="keras")),
)
