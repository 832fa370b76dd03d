"""A Keras schedule whose rate is gone long before the training ends.

What it finds
    A LearningRateScheduler or a schedule object of the optimizer under which the rate falls below
    a ten-thousandth of its peak within a third of the planned training.
Why it hurts
    For the rest of the training the weights stand still. Mostly decay_steps counts epochs where
    the schedule counts batches, or a factor that was meant for once applies in every epoch.
How it is measured
    The schedule is called for every epoch, or for steps over the whole plan, once the program has
    ended; the plan is what fit was asked for.
When it is right
    A fit that may stop early is not looked at.
Example
    CosineDecay(0.01, decay_steps=epochs)
Instead
    CosineDecay(0.01, decay_steps=epochs * steps_per_epoch)
The fix
    None is offered: how fast the rate shall fall is the author's choice.
Sources
    Keras documentation of LearningRateSchedule: called with the optimizer's step count.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed.order import Plan, Schedule
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import order_of
from analyzer.rules.traces import ordered, schedule

EARLY = 3
"""The rate is gone within a third of the plan, as in `schedule-runs-out`."""


class DecayToNothing(Rule):
    """Most of the training has no rate left."""

    code = "FL656"
    name = "decay-to-nothing"
    kind = "learning_rate"
    severity = "warning"
    confidence = 0.95
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("order",)
    why = (
        "A schedule of the optimizer counts batches, a LearningRateScheduler epochs (Keras"
        " documentation); what is over early leaves a rate of nothing."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Each schedule over the planned training."""
        order = order_of(program)
        for each in order.schedules:
            planned, gone = _planned(order.plan, each), each.vanishes_at
            if planned is None or order.plan.breaks or not each.simulated:
                yield self.unchecked("needs the length of the training, not known or not certain")
                continue
            if gone is None or gone * EARLY > planned or each.site is None or each.peak is None:
                continue
            units = "epochs" if each.unit == "epoch" else "batches"
            yield Suspicion(
                site=each.site,
                message=(
                    f"Under this {each.name} the rate falls below a ten-thousandth of"
                    f" {each.peak:.2g} after {gone:,} of {planned:,} planned {units}."
                ),
                evidence=Evidence(
                    trace={"gone_after": gone, "planned": planned, "rates": list(each.rates[:12])}
                ),
                fix=Declined("how fast the rate shall fall is the author's choice"),
                proof="contract",
            )


def _planned(plan: Plan, each: Schedule) -> int | None:
    if plan.epochs is None or each.unit == "epoch":
        return plan.epochs
    return None if plan.batches is None else plan.epochs * plan.batches


TEXT = """
schedule = CosineDecay(0.01, decay_steps=30)
model.fit(x, y, epochs=30)
"""
PLAN = {"epochs": 30, "batches": 16, "breaks": False}


def _program(unit: str, gone: int | None, **plan: object) -> Program:
    made = schedule(1, "CosineDecay", unit=unit, vanishes_at=gone, peak=0.01)
    return ordered(TEXT, framework="keras", schedules=(made,), plan={**PLAN, **plan})


EXAMPLES = (
    Example(
        "decay steps in epochs",
        _program("batch", 32),
        found=(Found(1, "after 32 of 480 planned batches", None, "contract"),),
    ),
    Example(
        "a tenth in each epoch",
        _program("epoch", 5),
        found=(Found(1, "after 5 of 30 planned epochs", None, "contract"),),
    ),
    Example("gone at the end", _program("batch", 470)),
    Example("never gone", _program("batch", None)),
    Example(
        "the fit may stop early",
        _program("epoch", 5, breaks=True),
        unchecked="the length of the training",
    ),
)
