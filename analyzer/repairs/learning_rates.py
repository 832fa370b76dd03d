"""Other learning rates: the optimizer's usual one, and steps of ten towards and beyond it.

Which rate suits is measured, not known: the rates form a ladder (as in a range test, Smith 2017)
and the experiments climb it, the usual rate first.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.fixing.edits import (
    Change,
    Declined,
    FixPlan,
    RemoveArgument,
    ReplaceExpression,
    SetArgument,
)
from analyzer.observed import OptimizerUse
from analyzer.repairs.base import Repair, offered
from analyzer.repairs.spelling import optimizer_call
from analyzer.rules.base import Program
from analyzer.rules.reading.rates import BANDS
from analyzer.source.calls import Argument, CallSite

LADDER = ((1.0, 0.5), (0.1, 0.3), (10.0, 0.25), (0.01, 0.1))
"""Multiples of the usual rate, with how likely each is the right one."""

SAME = 1.5
"""Rates closer than this factor are one rate: no warm-up tells them apart."""


def learning_rates(program: Program) -> Iterator[Repair]:
    """Rates of the only optimizer that differ clearly from its own."""
    optimizers = program.learner.optimizers if program.learner else ()
    if len(optimizers) != 1 or optimizers[0].scheduled:
        return
    (optimizer,) = optimizers
    band, own = BANDS.get(optimizer.name), optimizer.learning_rate
    if band is None or own is None:
        return
    site = optimizer.learning_rate_site or optimizer.site
    for factor, likelihood in LADDER:
        rate = band.usual * factor
        if max(rate, own) > SAME * min(rate, own):
            yield from offered(
                "learning_rate", site, with_rate(program, optimizer, rate), likelihood
            )


def with_rate(program: Program, optimizer: OptimizerUse, rate: float) -> FixPlan | Declined:
    """Let the optimizer begin with `rate`."""
    text = f"{rate:g}"
    description = f"start with a learning rate of {text}"
    call = program.source.at(optimizer.site)
    if call is None or call.role != "optimizer":
        changes = optimizer_call(program, optimizer.name, text)
        return changes if isinstance(changes, Declined) else FixPlan(description, changes, False)
    given = rate_argument(call)
    keyword = "lr" if program.framework == "torch" else "learning_rate"
    if given is None:
        return FixPlan(description, (SetArgument(call.site, keyword, text),), False)
    if not given.known:
        return Declined("the learning rate is not written as a number")
    changes = _replaced(call, given, text, keyword)
    return FixPlan(description, changes, False)


def rate_argument(call: CallSite) -> Argument | None:
    """The argument of an optimizer's constructor that holds the learning rate."""
    place = 1 if call.callee.startswith("torch.") else 0
    return call.argument("learning_rate") or call.argument("lr", place)


def _replaced(call: CallSite, given: Argument, text: str, keyword: str) -> tuple[Change, ...]:
    if given.keyword is not None and given.keyword != keyword:
        # The old keyword goes with the old value: its renaming would bring the value back.
        return (RemoveArgument(call.site, given.keyword), SetArgument(call.site, keyword, text))
    return (ReplaceExpression(given.value_site or given.site, text),)
