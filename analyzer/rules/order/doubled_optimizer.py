"""Two optimizers that step on the same parameters.

What it finds
    Two optimizers that hold the same parameters and both step between two backward passes.
Why it hurts
    These parameters move twice for one gradient: the steps add up to a learning rate that nothing
    in the program names, and each optimizer's moments describe a path that was not taken.
How it is measured
    The identity of the parameters in the optimizers, and the order of their steps.
When it is right
    Optimizers that take turns, each after its own backward pass or one after the other has
    finished, are not reported.
Example
    body = optim.SGD(net.parameters(), lr=0.1)
    head = optim.SGD(net.head.parameters(), lr=0.01)
Instead
    optimizer = optim.SGD([
        {"params": net.body.parameters(), "lr": 0.1},
        {"params": net.head.parameters(), "lr": 0.01},
    ])
The fix
    None is offered: which optimizer shall hold them is the author's choice.
Sources
    PyTorch documentation of torch.optim, "Per-parameter options".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed.order import CallOrder
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import kind_of, order_of
from analyzer.rules.reading.proof import count
from analyzer.rules.traces import optimizer, ordered


class DoubledOptimizer(Rule):
    """One gradient, two steps."""

    code = "FL642"
    name = "doubled-optimizer"
    kind = "optimizer"
    severity = "warning"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = "What two optimizers hold is moved by both for one and the same gradient."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Shared parameters of optimizers that step together."""
        order = order_of(program)
        for number, second in enumerate(order.optimizers):
            for other, amount in second.shared.items():
                together = _together(order, other, number) if other < number else 0
                if together < 2 or second.site is None:
                    continue
                first = order.optimizers[other]
                made = f" of line {first.site.line}" if first.site else ""
                yield Suspicion(
                    site=second.site,
                    message=(
                        f"{count(amount, 'parameter')} of this optimizer also belong to the"
                        f" {first.name}{made}, and both stepped on the same gradients"
                        f" {together} times."
                    ),
                    evidence=Evidence(trace={"shared": amount, "together": together}),
                    fix=Declined("which optimizer shall hold them is the author's choice"),
                    proof="contract",
                )


def _together(order: CallOrder, one: int, other: int) -> int:
    """How often both stepped, with gradients, between two backward passes."""
    together, stepped = 0, set[int]()
    for event in order.events:
        kind = kind_of(order, event)
        if kind in ("backward", "zero_grad"):
            stepped = set()
        elif kind == "step" and event.of in (one, other) and event.held:
            stepped.add(event.of)
            if len(stepped) == 2:
                together, stepped = together + 1, set()
    return together


LOOP = """
first = optim.SGD(net.parameters(), lr=0.1)
second = optim.SGD(net.head.parameters(), lr=0.01)
for x, y in loader:
    net.zero_grad()
    criterion(net(x), y).backward()
    first.step()
    second.step()
"""
BOTH = (optimizer(1, shared={1: 2}), optimizer(2, shared={0: 2}))
BACK = (("zero_grad", 4), ("backward", 5))
FIRST, SECOND = ("step", 6, {"of": 0, "held": 4}), ("step", 7, {"of": 1, "held": 2})

EXAMPLES = (
    Example(
        "the head is in both",
        ordered(LOOP, (*BACK, FIRST, SECOND), times=10, optimizers=BOTH),
        found=(Found(2, "the same gradients 10 times", None, "contract"),),
    ),
    Example(
        "each has its own backward pass",
        ordered(LOOP, (*BACK, FIRST, *BACK, SECOND), times=10, optimizers=BOTH),
    ),
    Example(
        "nothing is shared",
        ordered(LOOP, (*BACK, FIRST, SECOND), times=10, optimizers=(optimizer(1), optimizer(2))),
    ),
)
