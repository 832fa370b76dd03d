"""A step of another optimizer than the one whose parameters are trained.

What it finds
    An optimizer whose steps never found a gradient, while the parameters of another one, which
    never stepped, hold them.
Why it hurts
    The model that the loss belongs to never changes, and nothing is reported.
How it is measured
    The gradients that each step found, and at the end those of each optimizer's parameters.
When it is right
    Never.
Example
    loss = criterion(student(x), y)
    loss.backward()
    teacher_optimizer.step()
Instead
    loss = criterion(student(x), y)
    loss.backward()
    student_optimizer.step()
The fix
    The other optimizer's name at the step and at zero_grad. Safe.
Sources
    PyTorch documentation of torch.optim, "Taking an optimization step".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed.order import CallOrder, SteppedOptimizer
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import (
    bare_statement,
    of_kind,
    order_of,
    site_of,
    text_of,
)
from analyzer.rules.traces import optimizer, ordered


class WrongOptimizerStepped(Rule):
    """The trained model's optimizer stands still."""

    code = "FL643"
    name = "wrong-optimizer-stepped"
    kind = "optimizer"
    severity = "error"
    confidence = 0.98
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = "A step changes only what its optimizer holds (PyTorch documentation of torch.optim)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Steps without gradients, and gradients without steps."""
        order = order_of(program)
        idle = [o for o in order.optimizers if not o.steps and o.gradients]
        for number, stepped in enumerate(order.optimizers):
            vain = stepped.steps > 1 and stepped.empty == stepped.steps
            steps = [e for e in of_kind(order, "step") if e.of == number]
            site = site_of(order, steps[0]) if steps else None
            if not vain or len(idle) != 1 or site is None:
                continue
            yield Suspicion(
                site=site,
                message=(
                    f"None of the {stepped.steps} steps of this {stepped.name} found a gradient;"
                    f" {idle[0].gradients} parameters of the {idle[0].name}, which never"
                    " steps, hold one."
                ),
                evidence=Evidence(trace={"empty": stepped.empty, "steps": stepped.steps}),
                fix=_renamed(program, order, number, idle[0]),
                proof="contract",
                root=f"optimizer:{stepped.site.line}" if stepped.site else "",
            )


def _renamed(
    program: Program, order: CallOrder, stepped: int, idle: SteppedOptimizer
) -> FixPlan | Declined:
    source = program.source
    made = source.at(idle.site)
    calls = {e.call for e in of_kind(order, "step", "zero_grad") if e.of == stepped}
    statements = [bare_statement(source, order.calls[call].site) for call in sorted(calls)]
    if made is None or not made.target:
        return Declined("the other optimizer has no name")
    changes = []
    for statement in statements:
        text = text_of(source, statement) if statement else ""
        match = re.match(r"^[A-Za-z_][\w.]*(\.(?:step|zero_grad)\(.*)$", text, re.DOTALL)
        if statement is None or match is None:
            return Declined("the step is part of a larger statement")
        changes.append(ReplaceExpression(statement, f"{made.target}{match[1]}"))
    return FixPlan(f"step {made.target}", tuple(changes))


LOOP = """
first = optim.SGD(net.parameters(), lr=0.1)
second = optim.SGD(old.parameters(), lr=0.1)
for x, y in loader:
    second.zero_grad()
    criterion(net(x), y).backward()
    second.step()
"""
ROUND = (("zero_grad", 4, {"of": 1}), ("backward", 5), ("step", 6, {"of": 1, "held": 0}))
IDLE = optimizer(1, steps=0)
VAIN = optimizer(2, empty=10, gradients=0)

EXAMPLES = (
    Example(
        "the old model's optimizer steps",
        ordered(LOOP, ROUND, times=10, optimizers=(IDLE, VAIN)),
        found=(Found(6, "None of the 10 steps", "    first.step()", "contract"),),
    ),
    Example(
        "it found gradients at times",
        ordered(LOOP, ROUND, times=10, optimizers=(IDLE, optimizer(2, empty=4))),
    ),
    Example(
        "a frozen model's optimizer steps beside the other",
        ordered(LOOP, ROUND, times=10, optimizers=(optimizer(1), VAIN)),
    ),
)
