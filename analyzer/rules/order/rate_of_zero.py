"""Steps at a learning rate of zero.

What it finds
    An optimizer whose learning rate was exactly zero, in all groups, in every observed step.
Why it hurts
    Nothing moves. Mostly a warm-up counts in epochs from zero, so that a whole epoch is lost, or
    divides whole numbers; or a schedule never leaves zero at all.
How it is measured
    The rate of each group at each step; the schedule is run on without training to see whether it
    ever rises.
When it is right
    A single first step at zero is how warm-ups begin: not reported.
Example
    warmup = LambdaLR(optimizer, lambda epoch: epoch / 5)
Instead
    warmup = LambdaLR(optimizer, lambda epoch: (epoch + 1) / 5)
The fix
    None is offered: the schedule's formula is the author's.
Sources
    Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.2 (gradual warm-up per step).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed.order import CallOrder, Schedule
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import order_of
from analyzer.rules.reading.proof import first_site
from analyzer.rules.traces import optimizer, ordered, schedule

FEWEST = 3
"""Steps; one at zero may be the beginning of a warm-up."""


class RateOfZero(Rule):
    """Steps that move nothing."""

    code = "FL650"
    name = "rate-of-zero"
    kind = "learning_rate"
    severity = "error"
    confidence = 0.98
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = "A step moves the weights by the learning rate times a direction: by nothing at all."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The rates that the steps had."""
        order = order_of(program)
        for number, each in enumerate(order.optimizers):
            if each.steps < FEWEST or each.still != each.steps:
                continue
            found = _schedule(order, number)
            site = first_site(found.site if found else None, each.site)
            rises = found is not None and (found.peak or 0.0) > 0
            if site is not None:
                yield Suspicion(
                    site=site,
                    message=(
                        f"The learning rate was 0 in all {each.steps} steps that were observed"
                        f"{_later(found) if found and rises else ''}."
                    ),
                    evidence=Evidence(trace={"steps": each.steps, "at_zero": each.still}),
                    fix=Declined("the rate's formula is the author's"),
                    proof="contract",
                    severity="warning" if rises else "error",
                )


def _schedule(order: CallOrder, optimizer: int) -> Schedule | None:
    own = [each for each in order.schedules if each.optimizer == optimizer]
    return own[0] if len(own) == 1 else None


def _later(found: Schedule) -> str:
    """When the schedule leaves zero; its rates are known one by one for the first steps only."""
    rates = list(zip(found.at, found.rates, strict=False))
    still = [at for at, rate in rates if rate <= 0]
    last = max(still, default=0)
    exact = any(at == last + 1 and rate > 0 for at, rate in rates)
    words = f"leaves 0 at its step {last + 1}" if exact else f"stays at 0 for {last} steps or more"
    return f"; {found.name} {words}"


LOOP = """
optimizer = optim.SGD(net.parameters(), lr=0.1)
warmup = LambdaLR(optimizer, lambda epoch: epoch / 5)
"""
STILL = (optimizer(1, still=10, lowest=0.0, highest=0.0),)

EXAMPLES = (
    Example(
        "the first epoch of a warm-up in epochs",
        ordered(
            LOOP,
            optimizers=STILL,
            schedules=(schedule(2, "LambdaLR", peak=0.1, at=(0, 1), rates=(0.0, 0.02)),),
        ),
        found=(Found(2, "leaves 0 at its step 1", None, "contract"),),
    ),
    Example(
        "no schedule and no rate",
        ordered(LOOP, optimizers=STILL),
        found=(Found(1, "0 in all 10 steps", None, "contract"),),
    ),
    Example("a first step at zero", ordered(LOOP, optimizers=(optimizer(1, still=1),))),
    Example("one step was seen", ordered(LOOP, optimizers=(optimizer(1, steps=1, still=1),))),
)
