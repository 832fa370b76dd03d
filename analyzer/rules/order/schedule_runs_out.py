"""A schedule that is over long before the training.

What it finds
    A learning rate that reaches its end in a small part of the planned training: mostly a schedule
    built in epochs and stepped after each batch.
Why it hurts
    For the rest of the training the rate is next to nothing, or swings up and down with a period
    that nobody chose.
How it is measured
    The schedule is run on to its end without training. The plan is what the loops say: epochs by
    batches, read from the running program. Reported when a schedule for at most as many steps as
    there are epochs is stepped per batch and done within a third of the plan, or when the rate
    stays below a ten-thousandth of its peak for the last two thirds.
When it is right
    Schedules that repeat themselves on purpose (warm restarts, cyclic) are not looked at, nor is a
    loop that may be left early.
Example
    schedule = CosineAnnealingLR(optimizer, T_max=epochs)
    for x, y in loader:
        optimizer.step()
        schedule.step()
Instead
    for x, y in loader:
        optimizer.step()
    schedule.step()
The fix
    The step moves behind the loop over batches. Not safe for a rate that decays without an end.
Sources
    PyTorch documentation of torch.optim, "How to adjust learning rate".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.observed.order import Schedule
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import order_of, schedule_sites
from analyzer.rules.reading.schedules import (
    UNKNOWN,
    out_of_the_batches,
    pace_of,
    planned_steps,
)
from analyzer.rules.traces import ordered, schedule

EARLY = 3
"""The schedule is over within this part of the plan: a third. A decay that ends at half of the
training is common."""
SMALL = 0.02
"""Share of the peak that counts as the end: two drops by ten, or the foot of a cosine."""
OTHERS = ("CosineAnnealingWarmRestarts", "CyclicLR", "OneCycleLR")
"""Those that repeat themselves, and the one that raises at its end (`schedule-overstepped`)."""
OPEN_ENDED = ("LambdaLR", "MultiplicativeLR")


class ScheduleRunsOut(Rule):
    """Most of the training has no rate left."""

    code = "FL646"
    name = "schedule-runs-out"
    kind = "learning_rate"
    severity = "warning"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "A schedule counts its own steps; whether they are batches or epochs is decided by where"
        " step stands (PyTorch documentation of torch.optim)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each schedule against the plan."""
        order = order_of(program)
        for number, each in enumerate(order.schedules):
            planned, sites = planned_steps(order, number), schedule_sites(order, number)
            if each.name in OTHERS or not each.simulated:
                continue
            if planned is None or not sites:
                yield self.unchecked(UNKNOWN)
                continue
            pace, epochs = pace_of(order, number), order.plan.epochs or 0
            words = _words(each, planned, epochs if pace == "batch" else 0)
            if words is not None:
                yield Suspicion(
                    site=sites[0],
                    message=f"{words}; it is stepped after each {pace}.",
                    evidence=Evidence(
                        trace={"planned_steps": planned, "rates": list(each.rates[:12])}
                    ),
                    fix=_fix(program, each, sites, pace),
                    proof="contract",
                )


def _words(each: Schedule, planned: int, epochs: int) -> str | None:
    peak, lowest, at = each.peak, each.lowest, each.lowest_at
    if peak is None or lowest is None or at is None or peak <= 0:
        return None
    built = each.horizon
    short = built is not None and built <= epochs and built * EARLY <= planned
    falls = lowest <= SMALL * peak and (each.peak_at or 0) < at  # a warm-up is lowest at first
    if built is not None and short and falls and at <= built:
        return (
            f"{each.name} is built for {built:,} steps and reaches its lowest rate after"
            f" {at:,} of the {planned:,} that are planned"
        )
    gone = each.vanishes_at
    if gone is not None and gone * EARLY <= planned:
        return (
            f"Under {each.name} the rate falls below a ten-thousandth of {peak:.2g} after"
            f" {gone:,} of {planned:,} planned steps"
        )
    return None


def _fix(
    program: Program, each: Schedule, sites: tuple[object, ...], pace: str | None
) -> FixPlan | Declined:
    order = order_of(program)
    if pace != "batch" or len(sites) != 1 or each.name in OPEN_ENDED:
        return Declined("how fast the rate shall fall is the author's choice")
    plan = out_of_the_batches(program, schedule_sites(order, order.schedules.index(each))[0])
    return plan if isinstance(plan, Declined) else replace(plan, safe=bool(each.horizon))


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
BATCH = (*STEP, ("scheduler_step", 6, {"of": 0}))
FALLING = {"peak": 0.1, "peak_at": 0, "lowest": 0.0}
COSINE = schedule(1, "CosineAnnealingLR", horizon=10, lowest_at=10, **FALLING)
DECAY = schedule(1, "ExponentialLR", vanishes_at=44, lowest_at=3000, **FALLING)
OUTSIDE = "        optimizer.step()\n    schedule.step()"

EXAMPLES = (
    Example(
        "a cosine over the epochs, stepped per batch",
        ordered(LOOP, BATCH, times=30, plan=PLAN, schedules=(COSINE,)),
        found=(Found(6, "after 10 of the 200 that are planned", OUTSIDE, "contract"),),
    ),
    Example(
        "a decay that is gone after two epochs",
        ordered(LOOP, BATCH, times=30, plan=PLAN, schedules=(DECAY,)),
        found=(Found(6, "after 44 of 200 planned steps", OUTSIDE, "contract"),),
    ),
    Example(
        "a cosine over all batches",
        ordered(
            LOOP,
            BATCH,
            times=30,
            plan=PLAN,
            schedules=(COSINE.model_copy(update={"horizon": 200, "lowest_at": 200}),),
        ),
    ),
    Example(
        "a warm-up over ten batches",
        ordered(
            LOOP,
            BATCH,
            times=30,
            plan=PLAN,
            schedules=(COSINE.model_copy(update={"peak_at": 10, "lowest_at": 0}),),
        ),
    ),
    Example(
        "stepped per epoch",
        ordered(
            LOOP, (*STEP * 20, ("scheduler_step", 6, {"of": 0})), plan=PLAN, schedules=(COSINE,)
        ),
    ),
    Example(
        "the loop may be left early",
        ordered(LOOP, BATCH, times=30, plan={**PLAN, "breaks": True}, schedules=(COSINE,)),
        unchecked="the length of the training",
    ),
)
