"""An optimizer step that goes around the scaler.

What it finds
    optimizer.step() after the backward pass of a scaled loss, without unscale_ and without
    scaler.step.
Why it hurts
    The gradients are still multiplied by the scale, 65,536 at first: the step is that much too
    large, and infinite gradients are not skipped.
How it is measured
    Whether the loss of each backward pass came out of scaler.scale, and who took the step.
When it is right
    After scaler.unscale_ the gradients have their own size: not reported. A scaler that is
    switched off by its argument is not looked at.
Example
    scaler.scale(loss).backward()
    optimizer.step()
Instead
    scaler.scale(loss).backward()
    scaler.step(optimizer)
The fix
    The scaler takes the step; scaler.update must follow it. Safe.
Sources
    PyTorch documentation, "Automatic Mixed Precision examples", typical training.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Change, Declined, FixPlan, InsertAfter, ReplaceExpression
from analyzer.observed import Site
from analyzer.observed.order import CallOrder, Event, Scaler
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import bare_statement, kind_of, order_of, site_of, text_of
from analyzer.rules.reading.precision import scaler_name, scales
from analyzer.rules.traces import ordered

CALL = re.compile(r"^([A-Za-z_][\w.]*)\.step\(\)$")


class ScalerBypassed(Rule):
    """Steps that are larger by the scale."""

    code = "FL633"
    name = "scaler-bypassed"
    kind = "optimizer"
    severity = "error"
    confidence = 0.98
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "Gradients of a scaled loss are larger by the scale until the scaler divides them; only"
        " scaler.step or unscale_ does that (PyTorch documentation)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """What each step found."""
        order = order_of(program)
        if not scales(order):
            return
        around, steps, passed, stepped = _around(order)
        site = site_of(order, stepped) if stepped else None
        if site is not None:
            yield Suspicion(
                site=site,
                message=(
                    f"{around} of {steps} optimizer steps used gradients of a scaled loss that"
                    " the scaler had not divided."
                ),
                evidence=Evidence(trace={"around_the_scaler": around, "steps": steps}),
                fix=_through(program, order, site, passed),
                proof="contract",
            )


def _around(order: CallOrder) -> tuple[int, int, Event | None, Event | None]:
    """(steps around the scaler, all steps, one of the scaled passes, one such step)."""
    around, steps, found = 0, 0, None
    passed: Event | None = None
    divided = False
    for event in order.events:
        kind = kind_of(order, event)
        if kind == "backward":
            passed, divided = (event, False) if event.scaled else (passed, divided)
        elif kind == "unscale":
            divided = True
        elif kind == "step":
            steps += 1
            if passed is not None and not divided and not event.scaled and event.held:
                around, found = around + 1, found or event
    return around, steps, passed, found


def _through(
    program: Program, order: CallOrder, site: Site, passed: Event | None
) -> FixPlan | Declined:
    source = program.source
    name = scaler_name(source, site_of(order, passed)) if passed else None
    statement = bare_statement(source, site)
    match = CALL.match(text_of(source, statement)) if statement else None
    if name is None or statement is None or match is None:
        return Declined("the step is not written as optimizer.step()")
    changes: tuple[Change, ...] = (ReplaceExpression(statement, f"{name}.step({match[1]})"),)
    if not any(call.kind == "scaler_update" for call in order.calls):
        changes = (*changes, InsertAfter(statement, f"{name}.update()"))
    return FixPlan("let the scaler take the step", changes)


LOOP = """
optimizer = optim.SGD(net.parameters())
for x, y in loader:
    loss = criterion(net(x), y)
    scaler.scale(loss).backward()
    optimizer.step()
"""
MADE = Scaler(scale=65536.0)
ROUND = (("backward", 4, {"scaled": True}), ("step", 5, {"of": 0, "held": 4}))
FOUND = Found(5, "10 of 10 optimizer steps", "    scaler.step(optimizer)\n", "contract")

EXAMPLES = (
    Example(
        "the optimizer steps by itself",
        ordered(LOOP, ROUND, times=10, scalers=(MADE,)),
        found=(FOUND,),
    ),
    Example(
        "unscaled before",
        ordered(LOOP, (ROUND[0], ("unscale", 5, {"of": 0}), ROUND[1]), times=10, scalers=(MADE,)),
    ),
    Example(
        "the scaler steps",
        ordered(
            LOOP.replace("optimizer.step()", "scaler.step(optimizer)"),
            (
                ROUND[0],
                ("scaler_step", 5, {"of": 0}),
                ("step", 5, {"of": 0, "held": 4, "scaled": True}),
            ),
            times=10,
            scalers=(MADE,),
        ),
    ),
)
