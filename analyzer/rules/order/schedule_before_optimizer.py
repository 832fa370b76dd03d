"""A schedule that steps before the optimizer.

What it finds
    The first step of a schedule comes before the first step of its optimizer, from the place where
    it steps ever after.
Why it hurts
    The first rate of the schedule is never used, and every later one comes a step early.
How it is measured
    The order of their first steps in the run.
When it is right
    Steps before the loop, which bring a schedule to where an earlier training ended, stand
    elsewhere: not reported. One step is little; hence advice.
Example
    schedule.step()
    optimizer.step()
Instead
    optimizer.step()
    schedule.step()
The fix
    The schedule's step moves behind the optimizer's. Safe when both stand in one block.
Sources
    PyTorch documentation of torch.optim, "How to adjust learning rate" (order since 1.1).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertAfter, RemoveStatement
from analyzer.observed.order import CallOrder, Event
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import bare_statement, kind_of, order_of, site_of, text_of
from analyzer.rules.traces import ordered, schedule


class ScheduleBeforeOptimizer(Rule):
    """The first rate is skipped."""

    code = "FL649"
    name = "schedule-before-optimizer"
    kind = "learning_rate"
    severity = "advice"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "Since PyTorch 1.1 a schedule steps after the optimizer; before it, the first rate is"
        " skipped (PyTorch documentation)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Whose first step comes first."""
        order = order_of(program)
        for number, each in enumerate(order.schedules):
            early, step = _early(order, number, each.optimizer)
            site = site_of(order, early) if early else None
            if early is None or step is None or site is None:
                continue
            yield Suspicion(
                site=site,
                message=(
                    f"{each.name} stepped before the optimizer did: its first learning rate was"
                    " never used."
                ),
                evidence=Evidence(trace={"first": "schedule"}),
                fix=_moved(program, order, early, step),
                proof="contract",
            )


def _early(
    order: CallOrder, schedule: int, optimizer: int | None
) -> tuple[Event | None, Event | None]:
    """(the first step of the schedule when it comes first and again later, the optimizer's)."""
    early: Event | None = None
    step: Event | None = None
    for event in order.events:
        kind = kind_of(order, event)
        if kind in ("step", "scaler_step") and event.of == optimizer:
            if early is None:
                return None, None
            step = step or event
        elif kind == "scheduler_step" and event.of == schedule:
            if early is None:
                early = event
            elif step is not None:
                return (early, step) if event.call == early.call else (None, None)
    return None, None


def _moved(program: Program, order: CallOrder, early: Event, step: Event) -> FixPlan | Declined:
    source = program.source
    first = bare_statement(source, site_of(order, early))
    second = bare_statement(source, site_of(order, step))
    if first is None or second is None or first.column != second.column:
        return Declined("the two steps do not stand in one block")
    moved = (RemoveStatement(first), InsertAfter(second, text_of(source, first)))
    return FixPlan("step the schedule behind the optimizer", moved)


LOOP = """
optimizer = optim.SGD(net.parameters(), lr=0.1)
for x, y in loader:
    criterion(net(x), y).backward()
    schedule.step()
    optimizer.step()
"""
BACK, RATE, STEP = ("backward", 3), ("scheduler_step", 4, {"of": 0}), ("step", 5, {"of": 0})
PLAN = (schedule(1, "StepLR"),)

EXAMPLES = (
    Example(
        "the schedule first",
        ordered(LOOP, (BACK, RATE, STEP), times=9, schedules=PLAN),
        found=(
            Found(
                4, "StepLR stepped before", "    optimizer.step()\n    schedule.step()", "contract"
            ),
        ),
    ),
    Example("the optimizer first", ordered(LOOP, (BACK, STEP, RATE), times=9, schedules=PLAN)),
    Example(
        "brought forward before the loop",
        ordered(
            LOOP,
            (BACK, STEP, RATE),
            times=9,
            before=(("scheduler_step", 1, {"of": 0}),) * 3,
            schedules=PLAN,
        ),
    ),
)
