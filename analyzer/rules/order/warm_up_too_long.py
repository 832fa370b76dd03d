"""A warm-up that the training never leaves.

What it finds
    A learning rate that still rises when the planned training ends, and has not reached half of
    its peak.
Why it hurts
    The rate that the program names is never used; the model trains at a fraction of it.
How it is measured
    The schedule is run on without training until the rate stops rising; the plan is what the loops
    say.
When it is right
    A rate that rises without an end, as in a range test, has no peak and is not reported; nor is a
    loop that may be left early.
Example
    warmup = LinearLR(optimizer, 0.01, total_iters=5000)
Instead
    warmup = LinearLR(optimizer, 0.01, total_iters=len(loader))
The fix
    None is offered: how long to warm up is the author's choice.
Sources
    Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.2: five of ninety epochs.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed.order import Schedule
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import order_of, schedule_sites
from analyzer.rules.reading.proof import first_site
from analyzer.rules.reading.schedules import UNKNOWN, pace_of, planned_steps, rate_after
from analyzer.rules.traces import ordered, schedule

REACHED = 0.5
"""Share of the peak; a training that ends above it has used most of the warm-up."""


class WarmUpTooLong(Rule):
    """The end comes before the peak."""

    code = "FL651"
    name = "warm-up-too-long"
    kind = "learning_rate"
    severity = "warning"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = "A warm-up is a small part of the training (Goyal et al. 2017: five of ninety epochs)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each schedule against the plan."""
        order = order_of(program)
        for number, each in enumerate(order.schedules):
            planned = planned_steps(order, number)
            site = first_site(each.site, *schedule_sites(order, number))
            pace = pace_of(order, number)
            slow = pace == "epoch" and each.name == "OneCycleLR"
            if each.simulated and planned is None:
                yield self.unchecked(UNKNOWN)
            if planned is None or site is None or slow or not _rising(each, planned):
                continue
            last = rate_after(each, planned)
            yield Suspicion(
                site=site,
                message=(
                    f"{each.name} warms up for {each.peak_at:,} steps; the training takes"
                    f" {planned:,} and ends at a rate of {last:.2g} in place of {each.peak:.2g}."
                ),
                evidence=Evidence(trace={"planned_steps": planned, "peak_at": each.peak_at}),
                fix=Declined("how long to warm up is the author's choice"),
                proof="contract",
            )


def _rising(each: Schedule, planned: int) -> bool:
    """Whether the rate rises over the whole plan, and stops rising behind it."""
    last, peak, at = rate_after(each, planned), each.peak, each.peak_at
    if last is None or peak is None or at is None or each.periodic:
        return False
    during = [r for place, r in zip(each.at, each.rates, strict=False) if place <= planned]
    rises = during == sorted(during) and during[0] < during[-1]
    return rises and planned < at < each.simulated and last < REACHED * peak


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


def _warmup(peak_at: int) -> Schedule:
    at = (0, 100, 200, 1000, 3000)
    rates = tuple(0.1 * min(1.0, place / peak_at) for place in at)
    return schedule(1, "LinearLR", at=at, rates=rates, peak=0.1, peak_at=peak_at)


EXAMPLES = (
    Example(
        "a thousand steps of two hundred",
        ordered(LOOP, BATCH, times=30, plan=PLAN, schedules=(_warmup(1000),)),
        found=(Found(1, "ends at a rate of 0.02 in place of 0.1", None, "contract"),),
    ),
    Example("half of it", ordered(LOOP, BATCH, times=30, plan=PLAN, schedules=(_warmup(100),))),
    Example(
        "a range test rises for ever",
        ordered(LOOP, BATCH, times=30, plan=PLAN, schedules=(_warmup(3000),)),
    ),
    Example(
        "the loop may be left early",
        ordered(LOOP, BATCH, times=30, schedules=(_warmup(1000),)),
        unchecked="the length of the training",
    ),
)
