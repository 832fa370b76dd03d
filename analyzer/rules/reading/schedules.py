"""Reading schedules against the plan: how often they will be stepped, and what the rate is then."""

from __future__ import annotations

import ast
from typing import Literal

from analyzer.fixing.edits import Declined, FixPlan, InsertAfter, RemoveStatement
from analyzer.observed import Site
from analyzer.observed.order import CallOrder, Schedule
from analyzer.rules.base import Program
from analyzer.rules.reading.order import (
    bare_statement,
    kind_of,
    loops_around,
    of_kind,
    site_at,
    steps_between,
    text_of,
)

Pace = Literal["batch", "epoch"]
UNKNOWN = "needs the length of the training, and the schedule stepped in the run"
FEWEST_BATCHES = 3
"""With fewer steps per epoch the two paces are hardly different."""


def pace_of(order: CallOrder, number: int) -> Pace | None:
    """Whether a schedule is stepped after each batch or after each epoch, as the run showed it."""
    gaps, batches = steps_between(order, number), order.plan.batches
    if batches is None or batches < FEWEST_BATCHES or not gaps or not _as_planned(order):
        return None
    if len(gaps) > 1 and set(gaps) == {1}:
        return "batch"
    return "epoch" if set(gaps) == {batches} else None


def _as_planned(order: CallOrder) -> bool:
    """Whether one backward pass belongs to each step, and epochs are as long as the plan says."""
    passes, steps = len(of_kind(order, "backward")), len(of_kind(order, "step"))
    if not 0 <= passes - steps <= 1 or not order.whole:
        return False
    lengths: list[int] = []
    place, steps = None, 0
    for event in order.events:
        kind = kind_of(order, event)
        if kind == "epoch" and (place is None or (event.call == place and steps)):
            lengths += [steps] if place is not None else []
            place, steps = event.call, 0
        steps += kind == "step"
    return all(length == order.plan.batches for length in lengths)


def planned_steps(order: CallOrder, number: int) -> int | None:
    """How often a schedule will have been stepped at the end; None when that is not certain."""
    plan, pace = order.plan, pace_of(order, number)
    if plan.breaks or plan.epochs is None or plan.batches is None or pace is None:
        return None
    return plan.epochs * (plan.batches if pace == "batch" else 1)


def rate_after(schedule: Schedule, steps: int) -> float | None:
    """The rate after so many steps of the schedule; None beyond what was run on."""
    if steps > schedule.simulated:
        return None
    before = [rate for at, rate in zip(schedule.at, schedule.rates, strict=False) if at <= steps]
    return before[-1] if before else None


def out_of_the_batches(program: Program, site: Site) -> FixPlan | Declined:
    """Step the schedule once per epoch: behind the loop over batches."""
    source = program.source
    statement = bare_statement(source, site)
    loops = loops_around(source, site) if statement else ()
    if statement is None or len(loops) < 2 or not isinstance(loops[0], ast.For):
        return Declined("the step does not stand in a loop over batches inside one over epochs")
    if statement.column != loops[0].body[0].col_offset:
        return Declined("the step stands under a condition")
    moved = (
        RemoveStatement(statement),
        InsertAfter(site_at(source, loops[0]), text_of(source, statement)),
    )
    return FixPlan("step the schedule once per epoch", moved)


def into_the_batches(program: Program, order: CallOrder, site: Site) -> FixPlan | Declined:
    """Step the schedule once per batch: behind the optimizer's step."""
    source = program.source
    statement = bare_statement(source, site)
    steps = {call.site for call in order.calls if call.kind == "step"}
    after = bare_statement(source, steps.pop()) if len(steps) == 1 else None
    if statement is None or after is None or after.line > statement.line:
        return Declined("the steps of optimizer and schedule are not written one by one")
    moved = (RemoveStatement(statement), InsertAfter(after, text_of(source, statement)))
    return FixPlan("step the schedule after each batch", moved)
