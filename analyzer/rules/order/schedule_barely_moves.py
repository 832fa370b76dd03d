"""A schedule in batches that is stepped in epochs.

What it finds
    A schedule that was built for all batches of the training and is stepped once per epoch.
Why it hurts
    It gets a small part of the steps that it was built for: the rate hardly leaves its first value.
    OneCycleLR begins at a twenty-fifth of its peak and never comes near it.
How it is measured
    The schedule's own number of steps against the plan that the loops say, and where the run
    stepped it.
When it is right
    A loop that may be left early is not looked at.
Example
    schedule = OneCycleLR(optimizer, 0.1, total_steps=epochs * len(loader))
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.step()
        schedule.step()
Instead
    for epoch in range(epochs):
        for x, y in loader:
            optimizer.step()
            schedule.step()
The fix
    The step moves behind the optimizer's step. Safe.
Sources
    PyTorch documentation of torch.optim.lr_scheduler.OneCycleLR: step after every batch.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.observed.order import CallOrder, Schedule
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import order_of, schedule_sites
from analyzer.rules.reading.schedules import (
    UNKNOWN,
    into_the_batches,
    pace_of,
    planned_steps,
    rate_after,
)
from analyzer.rules.traces import ordered, schedule

PER_BATCH = ("OneCycleLR", "CyclicLR")
UNUSED = 3
"""The schedule gets less than a third of its steps."""
CLOSE = 0.01
"""Horizons this close to the number of batches were computed from it."""


class ScheduleBarelyMoves(Rule):
    """One step per epoch of a schedule in batches."""

    code = "FL647"
    name = "schedule-barely-moves"
    kind = "learning_rate"
    severity = "warning"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "A schedule counts its own steps; one that is built for batches must be stepped after each"
        " of them (PyTorch documentation of OneCycleLR)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each schedule against the plan."""
        order = order_of(program)
        for number, each in enumerate(order.schedules):
            planned, sites = planned_steps(order, number), schedule_sites(order, number)
            slow = pace_of(order, number) == "epoch" and _in_batches(order, each)
            if each.horizon and (planned is None or not sites):
                yield self.unchecked(UNKNOWN)
            if planned is None or not slow or not each.horizon or not sites:
                continue
            if planned * UNUSED > each.horizon:
                continue
            last = rate_after(each, planned)
            ends = f" and ends at {last:.2g} with a peak of {each.peak:.2g}" if last else ""
            yield Suspicion(
                site=sites[0],
                message=(
                    f"{each.name} is built for {each.horizon:,} steps; stepped once per epoch it"
                    f" gets {planned}{ends if each.name in PER_BATCH else ''}."
                ),
                evidence=Evidence(trace={"planned_steps": planned, "horizon": each.horizon}),
                fix=into_the_batches(program, order, sites[0]),
                proof="contract",
            )


def _in_batches(order: CallOrder, each: Schedule) -> bool:
    """Whether the schedule was built for the batches of the whole training."""
    batches = (order.plan.epochs or 0) * (order.plan.batches or 0)
    close = abs((each.horizon or 0) - batches) <= CLOSE * batches
    return close or each.name in PER_BATCH


LOOP = """
optimizer = optim.SGD(net.parameters(), lr=0.1)
for epoch in range(10):
    for x, y in loader:
        criterion(net(x), y).backward()
        optimizer.step()
    schedule.step()
"""
PLAN = {"epochs": 10, "batches": 20, "breaks": False}
STEP = (("backward", 4), ("step", 5, {"of": 0}))
EPOCH = (*STEP * 20, ("scheduler_step", 6, {"of": 0}))
CYCLE = schedule(
    1, "OneCycleLR", horizon=200, peak=0.1, simulated=200, at=(0, 10), rates=(0.004, 0.01)
)
INSIDE = "        optimizer.step()\n        schedule.step()"

EXAMPLES = (
    Example(
        "one cycle over all batches, stepped per epoch",
        ordered(LOOP, EPOCH, times=2, plan=PLAN, schedules=(CYCLE,)),
        found=(Found(6, "built for 200 steps; stepped once per epoch it", INSIDE, "contract"),),
    ),
    Example(
        "stepped per batch",
        ordered(
            LOOP,
            (*STEP, ("scheduler_step", 6, {"of": 0})),
            times=30,
            plan=PLAN,
            schedules=(CYCLE,),
        ),
    ),
    Example(
        "a cosine over ten epochs",
        ordered(
            LOOP,
            EPOCH,
            times=2,
            plan=PLAN,
            schedules=(schedule(1, "CosineAnnealingLR", horizon=10),),
        ),
    ),
    Example(
        "the length of the training is not known",
        ordered(LOOP, EPOCH, times=2, schedules=(CYCLE,)),
        unchecked="the length of the training",
    ),
)
