"""Accumulated gradients that are summed, not averaged.

What it finds
    Several batches before each step, where backward starts from the loss of each batch as it is,
    without dividing it by their number.
Why it hurts
    k batches give a step that is k times as large as the one of their mean. Under SGD that is k
    times the learning rate that the program names.
How it is measured
    Batches and backward passes before each step; whether the tensor of the backward pass is the
    very result of the loss function.
When it is right
    Adam and its relatives divide by the size of the gradients: not reported. Under SGD it can be
    meant, as a rate that grows with the batch; hence advice. A loss that sums its samples, and
    clipped gradients, are not reported.
Example
    loss = criterion(net(x), y)
    loss.backward()
Instead
    loss = criterion(net(x), y) / 4
    loss.backward()
The fix
    Backward from the loss divided by the number of batches. Not safe: the rate may be meant.
Sources
    Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 3 (gradient aggregation).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import Site
from analyzer.observed.order import CallOrder
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.accumulation import passes_of, usual_passes
from analyzer.rules.reading.order import (
    bare_statement,
    cycles,
    is_adaptive,
    kind_of,
    of_kind,
    order_of,
    site_of,
    text_of,
)
from analyzer.rules.traces import optimizer, ordered

CALL = re.compile(r"^([A-Za-z_]\w*)\.backward\(\)$")


class UndividedAccumulation(Rule):
    """A sum of batches taken for their mean."""

    code = "FL637"
    name = "undivided-accumulation"
    kind = "gradient_reset"
    severity = "advice"
    confidence = 0.8
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "backward adds; the gradient of k batches is k times their mean, which under SGD is k times"
        " the learning rate (Goyal et al. 2017, section 3)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The batches behind each step of an optimizer that minds a factor."""
        order = order_of(program)
        losses = program.learner.losses if program.learner else ()
        if any(loss.reduction == "sum" for loss in losses):
            return
        for number, stepped in enumerate(order.optimizers):
            batches = None if is_adaptive(stepped) else _batches(order, number)
            passes = of_kind(order, "backward")
            site = site_of(order, passes[0]) if passes else None
            if batches and batches > 1 and site is not None:
                yield Suspicion(
                    site=site,
                    message=(
                        f"Each step sums the gradients of {batches} batches without dividing:"
                        f" for {stepped.name} that is {batches} times the learning rate."
                    ),
                    evidence=Evidence(trace={"batches_per_step": batches}),
                    fix=_divided(program, site, batches),
                    proof="contract",
                )
                return


def _batches(order: CallOrder, optimizer: int) -> int | None:
    """Undivided batches per step; None when any pass is divided or gradients are clipped."""
    counts = []
    for cycle in cycles(order, optimizer):
        kinds = [kind_of(order, event) for event in cycle]
        direct = all(e.direct for e in cycle if kind_of(order, e) == "backward")
        passes = passes_of(order, cycle)
        if not direct or "clip" in kinds or passes is None:
            return None
        counts.append(passes)
    return usual_passes(counts) if len(counts) > 1 else None


def _divided(program: Program, site: Site, batches: int) -> FixPlan | Declined:
    statement = bare_statement(program.source, site)
    match = CALL.match(text_of(program.source, statement)) if statement else None
    if statement is None or match is None:
        return Declined("the backward call is not written as loss.backward()")
    text = f"({match[1]} / {batches}).backward()"
    change = ReplaceExpression(statement, text)
    return FixPlan(f"divide the loss by {batches}", (change,), safe=False)


LOOP = """
optimizer = optim.SGD(net.parameters())
for i, (x, y) in enumerate(loader):
    loss = criterion(net(x), y)
    loss.backward()
    if i % 4 == 3:
        optimizer.step()
        optimizer.zero_grad()
"""


def _round(**facts: object) -> tuple[tuple[object, ...], ...]:
    batch = (("batch", 2), ("backward", 4, facts))
    return (*batch * 4, ("step", 6, {"of": 0, "held": 4}), ("zero_grad", 7, {"of": 0}))


EXAMPLES = (
    Example(
        "four batches per step",
        ordered(LOOP, _round(direct=True), times=8),
        found=(Found(4, "is 4 times the learning rate", "    (loss / 4).backward()", "contract"),),
    ),
    Example("divided", ordered(LOOP, _round(), times=8)),
    Example(
        "Adam divides by the gradients' size",
        ordered(LOOP, _round(direct=True), times=8, optimizers=(optimizer(1, "adam"),)),
    ),
    Example(
        "two losses of one batch",
        ordered(
            LOOP,
            (
                ("batch", 2),
                ("backward", 4, {"direct": True}),
                ("backward", 5, {"direct": True}),
                ("step", 6, {"of": 0}),
            ),
            times=8,
        ),
    ),
)
