"""An edit together with another that it needs: what a mended program may stumble over next.

A sigmoid before a regression loss hides that the step is too large: without it the loss is no
number after a few steps. So an edit whose check fails is offered beside a smaller step, an adaptive
one, or scaled inputs.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.fixing.edits import FixPlan
from analyzer.repairs.base import Repair
from analyzer.repairs.inputs import inputs
from analyzer.repairs.learning_rates import learning_rates
from analyzer.repairs.optimizers import optimizers
from analyzer.rules.base import Program

MAKERS = (inputs, optimizers, learning_rates)


def beside(plan: FixPlan, program: Program) -> Iterator[Repair]:
    """The plan with one companion each."""
    for make in MAKERS:
        for repair in make(program):
            words = f"{plan.description} and {repair.plan.description}"
            changes = (*plan.changes, *repair.plan.changes)
            yield Repair(
                repair.kind, repair.site, FixPlan(words, changes, safe=False), repair.likelihood
            )
