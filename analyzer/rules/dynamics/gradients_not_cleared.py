"""Gradients that are never cleared.

What it finds
    Optimizer steps that use gradients of earlier steps again, because nothing clears them.
Why it hurts
    backward adds to the gradients that are there. Without zero_grad each step follows the sum of
    all gradients so far: like a momentum of one, it does not forget and does not settle.
How it is measured
    In the observed steps: how many cycles began with gradients that a step had already used. In
    code: a backward and a step, and no call that clears; or a call that clears another model's.
When it is right
    Accumulation over several backward passes before one step is recognized and not reported. With
    plain SGD the fault can look better for some steps; it is a fault all the same.
Example
    loss.backward()
    optimizer.step()
Instead
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
The fix
    zero_grad of the optimizer before backward. Safe.
Sources
    PyTorch documentation of Optimizer.zero_grad.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertBefore
from analyzer.observed import GradientCycle, Trace
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import first_site
from analyzer.rules.reading.rebuilt import rebuilt_models
from analyzer.rules.reading.scaling import code_lines
from analyzer.rules.samples import at, sample
from analyzer.source.calls import SourceIndex

CLEARING = re.compile(r"zero_grad|\.grad\s*=\s*None|\.grad\.(data\.)?zero_\(|autograd\.grad\(")


class GradientsNotCleared(Rule):
    """Each step follows all gradients so far."""

    code = "FL501"
    name = "gradients-not-cleared"
    kind = "gradient_reset"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ()
    why = (
        "backward adds to the gradients that are there; without zero_grad each step follows the sum"
        " of all earlier ones (PyTorch documentation)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The observed cycle, else the calls in the code."""
        cycle = program.trace.cycle if program.trace else None
        if cycle is not None and cycle.steps > 1:
            if cycle.dirty_starts > 0:
                yield from _seen(program, cycle)
            return
        if not program.source.by_role("backward") or not program.source.by_role("step"):
            yield self.unchecked("needs the training loop, not seen")
            return
        yield from _in_code(program)


def _seen(program: Program, cycle: GradientCycle) -> Iterator[Suspicion]:
    site = first_site(cycle.site, cycle.backward_site)
    if site is not None:
        yield Suspicion(
            site=site,
            message=(
                f"{cycle.dirty_starts} of {cycle.steps} steps began with gradients left over"
                f" from an earlier step; {_calls(cycle.zero_grad_calls)}."
            ),
            evidence=Evidence(trace=cycle.model_dump(include={"steps", "dirty_starts"})),
            fix=_clear(program),
            proof="contract",
        )


def _calls(amount: int) -> str:
    if amount == 0:
        return "zero_grad was never called"
    return f"zero_grad was called {amount} times, but not for them"


def _in_code(program: Program) -> Iterator[Suspicion]:
    source = program.source
    step = source.by_role("step")[0]
    clears = any(CLEARING.search(line) for _, line in code_lines(source))
    if not clears and not source.by_role("zero_grad"):
        yield Suspicion(
            site=step.site,
            message="The loop calls backward and step, and nothing clears the gradients.",
            evidence=Evidence(static={"zero_grad": None}),
            fix=_clear(program),
            confidence=0.85,
        )
        return
    stale = {model.target or "" for _, model in rebuilt_models(source)}
    for call in source.by_role("zero_grad"):
        if call.receiver in stale:
            yield Suspicion(
                site=call.site,
                message=(
                    f"{call.receiver}.zero_grad() clears the model made last;"
                    " the optimizer's own gradients are never cleared."
                ),
                evidence=Evidence(static={"cleared": call.receiver}),
                fix=Declined("the optimizer must first hold this model's parameters"),
                confidence=0.6,
            )


def _clear(program: Program) -> FixPlan | Declined:
    source: SourceIndex = program.source
    steps, backwards = source.by_role("step"), source.by_role("backward")
    names = {call.receiver for call in steps}
    if len(names) != 1 or len(backwards) != 1 or steps[0].receiver is None:
        return Declined("the program has several optimizers or backward calls")
    text = f"{steps[0].receiver}.zero_grad()"
    return FixPlan("clear the gradients first", (InsertBefore(backwards[0].statement, text),))


LOOP = """
for x, y in loader:
    loss = criterion(net(x), y)
    loss.backward()
    optimizer.step()
"""
CLEARED = "    optimizer.zero_grad()\n    loss.backward()\n"

EXAMPLES = (
    Example(
        "nothing clears",
        sample(
            LOOP,
            framework="torch",
            trace=Trace(steps=60, cycle=GradientCycle(steps=60, dirty_starts=59, site=at(4))),
        ),
        found=(Found(4, "59 of 60 steps began", CLEARED, "contract"),),
    ),
    Example(
        "the same, read from the code",
        sample(LOOP, framework="torch"),
        found=(Found(4, "nothing clears the gradients", CLEARED),),
    ),
    Example(
        "the wrong model is cleared",
        sample(
            """
            net = Net()
            optimizer = optim.Adam(net.parameters())
            net = Net()
            for x, y in loader:
                net.zero_grad()
                loss = criterion(net(x), y)
                loss.backward()
                optimizer.step()
            """,
            framework="torch",
        ),
        found=(Found(5, "clears the model made last", None),),
    ),
    Example(
        "cleared before backward",
        sample(
            LOOP.replace("    loss.b", "    optimizer.zero_grad()\n    loss.b"), framework="torch"
        ),
    ),
    Example(
        "accumulation over four passes",
        sample(
            LOOP,
            framework="torch",
            trace=Trace(steps=60, cycle=GradientCycle(steps=15, backward_calls=60, dirty_starts=0)),
        ),
    ),
    Example(
        "the model's gradients are cleared, and it is the optimizer's model",
        sample(LOOP.replace("    loss.b", "    net.zero_grad()\n    loss.b"), framework="torch"),
    ),
    Example(
        "no loop in sight", sample("x = 1", framework="torch"), unchecked="needs the training loop"
    ),
)
