"""Another optimizer: an adaptive one at its usual rate, or SGD with momentum."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.fixing.edits import Change, Declined, EnsureImport, FixPlan, ReplaceExpression
from analyzer.observed import OptimizerUse
from analyzer.repairs.base import Repair, offered
from analyzer.repairs.spelling import OPTIMIZER_CLASSES, module, optimizer_argument
from analyzer.rules.base import Program
from analyzer.rules.reading.mends import quoted
from analyzer.source.calls import CallSite

ADAPTIVE = frozenset({"adam", "adamw", "nadam", "adamax", "radam"})
UNSCHEDULED, SCHEDULED = 0.4, 0.3
"""How likely the exchange mends a program without and with a schedule of its own."""
RATE = "0.001"
"""Adam's default (Kingma and Ba 2015)."""


def optimizers(program: Program) -> Iterator[Repair]:
    """Adam in place of the only optimizer, when that is of another family.

    A decay that the optimizer's own call states goes with the call.
    """
    used = program.learner.optimizers if program.learner else ()
    if len(used) != 1 or used[0].name in ADAPTIVE:
        return
    likelihood = SCHEDULED if used[0].scheduled else UNSCHEDULED
    yield from offered("optimizer", used[0].site, with_adam(program, used[0]), likelihood)


def with_adam(program: Program, optimizer: OptimizerUse) -> FixPlan | Declined:
    """Adam at its usual rate in place of `optimizer`."""
    call = program.source.at(optimizer.site)
    description = f"use Adam with a learning rate of {RATE}"
    if call is not None and call.role == "optimizer" and call.name in OPTIMIZER_CLASSES.values():
        return _in_place_of(program, call, description)
    argument = optimizer_argument(program) if program.framework != "torch" else None
    if argument is not None and isinstance(argument.value, str):
        site = argument.value_site or argument.site
        change = ReplaceExpression(site, quoted("adam", argument.text))
        return FixPlan(description, (change,), safe=False)
    return Declined("the optimizer is not written as a call that one edit can change")


def _in_place_of(program: Program, call: CallSite, description: str) -> FixPlan | Declined:
    head = f"{call.receiver}." if call.receiver else ""
    if program.framework == "torch":
        if not call.arguments:
            return Declined("the optimizer's parameters are not written in its call")
        text = f"{head}Adam({call.arguments[0].text}, lr={RATE})"
    else:
        text = f"{head}Adam(learning_rate={RATE})"
    changes: tuple[Change, ...] = (ReplaceExpression(call.site, text),)
    if not head:
        part = "optim" if program.framework == "torch" else "optimizers"
        changes = (*changes, EnsureImport(module(program, part), "Adam"))
    return FixPlan(description, changes, safe=False)
