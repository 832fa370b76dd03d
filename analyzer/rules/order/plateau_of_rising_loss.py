"""A plateau schedule that waits for the loss to rise.

What it finds
    ReduceLROnPlateau with mode="max" that is given a loss.
Why it hurts
    Every epoch in which the loss falls counts as one without improvement: the rate is reduced
    while the training works.
How it is measured
    Each metric that the run gave it, compared with the losses since its step before: the last one,
    their mean or their sum, to four digits.
When it is right
    A score that grows, such as an accuracy, belongs with mode="max".
Example
    schedule = ReduceLROnPlateau(optimizer, mode="max")
    schedule.step(val_loss)
Instead
    schedule = ReduceLROnPlateau(optimizer, mode="min")
    schedule.step(val_loss)
The fix
    mode="min". Safe.
Sources
    PyTorch documentation of torch.optim.lr_scheduler.ReduceLROnPlateau, mode.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import FixPlan, SetArgument
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import of_kind, order_of
from analyzer.rules.reading.proof import count
from analyzer.rules.traces import ordered, schedule


class PlateauOfRisingLoss(Rule):
    """A falling loss taken for a bad sign."""

    code = "FL652"
    name = "plateau-of-rising-loss"
    kind = "learning_rate"
    severity = "warning"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        'With mode="max" the rate is reduced when the metric stops rising (PyTorch documentation of'
        " ReduceLROnPlateau); a loss is to fall."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """What each plateau schedule was given."""
        order = order_of(program)
        for number, each in enumerate(order.schedules):
            given = [e for e in of_kind(order, "scheduler_step") if e.of == number]
            losses = bool(given) and all(event.fed_loss for event in given)
            if each.mode == "max" and losses and each.site is not None:
                yield Suspicion(
                    site=each.site,
                    message=(
                        f'{each.name} waits for a rise (mode="max") and was given the loss, in'
                        f" {count(len(given), 'step')} of {len(given)}."
                    ),
                    evidence=Evidence(trace={"given": [event.metric for event in given[:8]]}),
                    fix=FixPlan(
                        "wait for the loss to fall", (SetArgument(each.site, "mode", '"min"', 1),)
                    ),
                    proof="contract",
                )


LOOP = """
ReduceLROnPlateau(optimizer, mode="max")
schedule.step(loss)
"""
MAX = schedule(1, "ReduceLROnPlateau", mode="max")
MAX = MAX.model_copy(
    update={"site": MAX.site.model_copy(update={"end_column": 40}) if MAX.site else None}
)


def _given(**facts: object) -> tuple[tuple[object, ...], ...]:
    return (("scheduler_step", 2, {"of": 0, "metric": 0.7, **facts}),)


EXAMPLES = (
    Example(
        "the loss is given",
        ordered(LOOP, _given(fed_loss=True), times=3, schedules=(MAX,)),
        found=(Found(1, "in 3 steps of 3", 'mode="min"', "contract"),),
    ),
    Example("a score is given", ordered(LOOP, _given(fed_loss=False), schedules=(MAX,))),
    Example(
        "it waits for a fall",
        ordered(LOOP, _given(fed_loss=True), schedules=(MAX.model_copy(update={"mode": "min"}),)),
    ),
)
