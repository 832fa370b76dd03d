"""A backward pass from the plain loss, under a scaler that divides.

What it finds
    loss.backward() where scaler.step takes the step: the loss never went through scaler.scale.
Why it hurts
    scaler.step divides all gradients by the scale, 65,536 at first. What was never multiplied comes
    out that much too small, or the call fails because no scale was set.
How it is measured
    Whether the tensor of each backward pass came out of scaler.scale, and who took the step.
When it is right
    Never. A scaler that is switched off by its argument is not looked at.
Example
    loss.backward()
    scaler.step(optimizer)
Instead
    scaler.scale(loss).backward()
    scaler.step(optimizer)
The fix
    The backward pass starts from the scaled loss. Safe.
Sources
    PyTorch documentation, "Automatic Mixed Precision examples", typical training.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import Site
from analyzer.observed.order import CallOrder, Event, Scaler
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import bare_statement, kind_of, order_of, site_of, text_of
from analyzer.rules.reading.precision import scaler_and_optimizer, scales
from analyzer.rules.traces import ordered

CALL = re.compile(r"^([A-Za-z_]\w*)\.backward\((.*)\)$", re.DOTALL)


class UnscaledBackward(Rule):
    """Divided by the scale and never multiplied."""

    code = "FL632"
    name = "unscaled-backward"
    kind = "optimizer"
    severity = "error"
    confidence = 0.98
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "scaler.step divides the gradients by the scale that scaler.scale must have put on the loss"
        " (PyTorch documentation of automatic mixed precision)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The backward passes before each step of the scaler."""
        order = order_of(program)
        if not scales(order):
            return
        plain, steps, first = _plain(order)
        site = site_of(order, first) if first else None
        if plain and site is not None:
            yield Suspicion(
                site=site,
                message=(
                    f"{plain} of {steps} steps of the scaler followed a backward pass from a loss"
                    " that scaler.scale never saw."
                ),
                evidence=Evidence(trace={"unscaled": plain, "steps": steps}),
                fix=_scaled(program, order, site),
                proof="contract",
            )


def _plain(order: CallOrder) -> tuple[int, int, Event | None]:
    """(steps without any scaled pass before them, all of the scaler's steps, one such pass)."""
    plain, steps, first = 0, 0, None
    passes: list[Event] = []
    for event in order.events:
        kind = kind_of(order, event)
        if kind == "backward":
            passes.append(event)
        elif kind == "scaler_step":
            steps += 1
            if passes and not any(each.scaled for each in passes):
                plain, first = plain + 1, first or passes[-1]
        elif kind == "scaler_update":
            passes = []
    return plain, steps, first


def _scaled(program: Program, order: CallOrder, site: Site) -> FixPlan | Declined:
    names = scaler_and_optimizer(program.source, order)
    statement = bare_statement(program.source, site)
    match = CALL.match(text_of(program.source, statement)) if statement else None
    if names is None or statement is None or match is None:
        return Declined("the backward call is not written as loss.backward()")
    text = f"{names[0]}.scale({match[1]}).backward({match[2]})"
    return FixPlan("scale the loss", (ReplaceExpression(statement, text),))


LOOP = """
optimizer = optim.SGD(net.parameters())
for x, y in loader:
    loss = criterion(net(x), y)
    loss.backward()
    scaler.step(optimizer)
    scaler.update()
"""
MADE = Scaler(scale=65536.0)


def _round(**facts: object) -> tuple[tuple[object, ...], ...]:
    return (
        ("backward", 4, facts),
        ("scaler_step", 5, {"of": 0}),
        ("step", 5, {"of": 0, "scaled": True}),
        ("scaler_update", 6),
    )


EXAMPLES = (
    Example(
        "the loss is not scaled",
        ordered(LOOP, _round(), times=10, scalers=(MADE,)),
        found=(
            Found(4, "10 of 10 steps of the scaler", "scaler.scale(loss).backward()", "contract"),
        ),
    ),
    Example("scaled", ordered(LOOP, _round(scaled=True), times=10, scalers=(MADE,))),
    Example(
        "switched off",
        ordered(LOOP, _round(), times=10, scalers=(Scaler(wanted=False, enabled=False),)),
    ),
)
