"""A scaler whose scale is never updated.

What it finds
    scaler.step in every step and no scaler.update.
Why it hurts
    The second scaler.step raises, because update must come between two steps; where no device
    scales, the program runs here and fails on the device.
How it is measured
    The calls of scaler.step and scaler.update in the observed steps.
When it is right
    Never. A scaler that is switched off by its argument is not looked at.
Example
    scaler.step(optimizer)
Instead
    scaler.step(optimizer)
    scaler.update()
The fix
    update after the step. Safe.
Sources
    PyTorch documentation of torch.amp.GradScaler.update.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertAfter
from analyzer.observed.order import Scaler
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import bare_statement, of_kind, order_of, site_of
from analyzer.rules.reading.precision import scaler_and_optimizer, scales
from analyzer.rules.traces import ordered


class ScalerNeverUpdated(Rule):
    """Two steps without an update between them."""

    code = "FL634"
    name = "scaler-never-updated"
    kind = "optimizer"
    severity = "error"
    confidence = 0.98
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "update adapts the scale and must follow the steps of each iteration; a second step without"
        " it raises (PyTorch documentation of GradScaler)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Steps of the scaler, and its updates."""
        order = order_of(program)
        steps = of_kind(order, "scaler_step")
        own = [event for event in steps if event.of == steps[0].of]
        if not scales(order) or len(own) < 2 or of_kind(order, "scaler_update"):
            return
        site = site_of(order, steps[0])
        statement = bare_statement(program.source, site)
        names = scaler_and_optimizer(program.source, order)
        if site is not None:
            yield Suspicion(
                site=site,
                message=f"scaler.step was called {len(own)} times and scaler.update never.",
                evidence=Evidence(trace={"steps": len(own), "updates": 0}),
                fix=FixPlan("update the scale", (InsertAfter(statement, f"{names[0]}.update()"),))
                if statement and names
                else Declined("the step of the scaler is part of a larger statement"),
                proof="contract",
            )


LOOP = """
optimizer = optim.SGD(net.parameters())
for x, y in loader:
    scaler.scale(criterion(net(x), y)).backward()
    scaler.step(optimizer)
"""
MADE = Scaler(scale=65536.0)
ROUND = (("backward", 3, {"scaled": True}), ("scaler_step", 4, {"of": 0}))

EXAMPLES = (
    Example(
        "no update",
        ordered(LOOP, ROUND, times=2, scalers=(MADE,), crash="RuntimeError: step() has already"),
        found=(Found(4, "2 times", "    scaler.step(optimizer)\n    scaler.update()", "contract"),),
    ),
    Example(
        "updated",
        ordered(
            LOOP + "    scaler.update()", (*ROUND, ("scaler_update", 5)), times=9, scalers=(MADE,)
        ),
    ),
    Example("one step was seen", ordered(LOOP, ROUND, scalers=(MADE,))),
    Example("no scaler", ordered(LOOP, (("backward", 3), ("step", 4, {"of": 0})), times=9)),
)
