"""A one-cycle schedule that is stepped beyond its end.

What it finds
    OneCycleLR built for fewer steps than the training takes.
Why it hurts
    It has no rate to give behind its end: the next step raises, and the training is lost there.
How it is measured
    The exception in the run; else the schedule's number of steps against the plan that the loops
    say.
When it is right
    A loop that may be left early is not looked at.
Example
    schedule = OneCycleLR(optimizer, 0.1, total_steps=epochs)
    for x, y in loader:
        schedule.step()
Instead
    schedule = OneCycleLR(optimizer, 0.1, total_steps=epochs * len(loader))
    for x, y in loader:
        schedule.step()
The fix
    None is offered: the number of steps is written in terms of the program's own names.
Sources
    PyTorch documentation of torch.optim.lr_scheduler.OneCycleLR, total_steps.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import crashed_with, order_of, schedule_sites
from analyzer.rules.reading.schedules import planned_steps
from analyzer.rules.traces import ordered, schedule

BEYOND = "Tried to step"


class ScheduleOverstepped(Rule):
    """The training is longer than the cycle."""

    code = "FL648"
    name = "schedule-overstepped"
    kind = "learning_rate"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = "OneCycleLR raises when it is stepped more often than total_steps (its documentation)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The end of the cycle and the end of the training."""
        order = order_of(program)
        for number, each in enumerate(order.schedules):
            sites, planned = schedule_sites(order, number), planned_steps(order, number)
            if each.name != "OneCycleLR" or not each.horizon or not sites:
                continue
            raised = crashed_with(program, BEYOND) and each.steps >= each.horizon
            if not raised and (planned is None or planned <= each.horizon):
                continue
            words = f"of the {planned:,} that are planned" if planned else "and was stepped again"
            yield Suspicion(
                site=sites[0],
                message=f"OneCycleLR ends after {each.horizon:,} steps {words}, and raises then.",
                evidence=Evidence(trace={"horizon": each.horizon, "planned_steps": planned}),
                fix=Declined("the number of steps is written in the program's own names"),
                proof="contract",
            )


LOOP = """
optimizer = optim.SGD(net.parameters(), lr=0.1)
for epoch in range(10):
    for x, y in loader:
        criterion(net(x), y).backward()
        optimizer.step()
        schedule.step()
"""
PLAN = {"epochs": 10, "batches": 20, "breaks": False}
BATCH = (("backward", 4), ("step", 5, {"of": 0}), ("scheduler_step", 6, {"of": 0}))

EXAMPLES = (
    Example(
        "built for half of the training",
        ordered(
            LOOP, BATCH, times=30, plan=PLAN, schedules=(schedule(1, "OneCycleLR", horizon=100),)
        ),
        found=(Found(6, "after 100 steps of the 200", None, "contract"),),
    ),
    Example(
        "built for the epochs",
        ordered(
            LOOP,
            BATCH,
            times=10,
            crash=f"ValueError: {BEYOND} 11 times.",
            schedules=(schedule(1, "OneCycleLR", horizon=10, steps=10),),
        ),
        found=(Found(6, "was stepped again", None, "contract"),),
    ),
    Example(
        "built for all batches",
        ordered(
            LOOP, BATCH, times=30, plan=PLAN, schedules=(schedule(1, "OneCycleLR", horizon=200),)
        ),
    ),
    Example("no schedule", ordered(LOOP, BATCH[:2], times=30, plan=PLAN)),
)
