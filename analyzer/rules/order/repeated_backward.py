"""One loss that goes back twice before a step.

What it finds
    Two backward passes from the same loss tensor before one step, and gradients that were not
    cleared between them.
Why it hurts
    backward adds: all gradients are doubled, which under SGD doubles the learning rate, and every
    step computes them twice. Without retain_graph the second call raises.
How it is measured
    The identity of the tensor of each backward pass, and whether gradients were there at the
    second.
When it is right
    Several losses of one pass are different tensors: not reported. A pass for some inputs only is
    not counted.
Example
    loss.backward(retain_graph=True)
    loss.backward()
    optimizer.step()
Instead
    loss.backward()
    optimizer.step()
The fix
    The second call goes. Safe.
Sources
    PyTorch documentation of torch.Tensor.backward: gradients accumulate in the leaves.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, RemoveStatement
from analyzer.kinds import Severity
from analyzer.observed.order import CallOrder, Event
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import (
    bare_statement,
    crashed_with,
    is_adaptive,
    of_kind,
    optimizer_at,
    order_of,
    site_of,
)
from analyzer.rules.traces import optimizer, ordered

SECOND_TIME = "backward through the graph a second time"


class RepeatedBackward(Rule):
    """Every gradient counts twice."""

    code = "FL640"
    name = "repeated-backward"
    kind = "gradient_reset"
    severity = "error"
    confidence = 0.97
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = "backward adds to the gradients that are there (PyTorch documentation of backward)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Passes from a tensor that was there before."""
        order = order_of(program)
        again, passes = _again(order)
        crashed = crashed_with(program, SECOND_TIME) and bool(again) and again[-1] is passes[-1]
        site = site_of(order, again[0]) if again else None
        if site is None or (len(again) < 2 and not crashed):
            return
        words = "raised" if crashed else "doubled its gradients"
        yield Suspicion(
            site=site,
            message=(
                f"{len(again)} of {len(passes)} backward passes started from a loss that had"
                f" already gone back in the same step, which {words}."
            ),
            evidence=Evidence(trace={"repeated": len(again), "passes": len(passes)}),
            fix=_dropped(program, order, again[0]),
            proof="contract",
            severity=_severity(order, crashed),
        )


def _again(order: CallOrder) -> tuple[list[Event], tuple[Event, ...]]:
    """(passes from the tensor of the pass before them, gradients being there; all passes)."""
    passes = of_kind(order, "backward")
    again = [
        after
        for before, after in itertools.pairwise(passes)
        if after.of is not None and after.of == before.of and after.held
    ]
    return again, passes


def _severity(order: CallOrder, crashed: bool) -> Severity:
    if crashed:
        return "error"
    return "advice" if is_adaptive(optimizer_at(order, 0)) else "warning"


def _dropped(program: Program, order: CallOrder, again: Event) -> FixPlan | Declined:
    first = next(e for e in of_kind(order, "backward") if e.of == again.of)
    statement = bare_statement(program.source, site_of(order, again))
    if statement is None or first.call == again.call:
        return Declined("one call goes back several times")
    return FixPlan("go back once", (RemoveStatement(statement),))


LOOP = """
optimizer = optim.SGD(net.parameters())
for x, y in loader:
    optimizer.zero_grad()
    loss = criterion(net(x), y)
    loss.backward(retain_graph=True)
    loss.backward()
    optimizer.step()
"""


def _events(rounds: int, *, same: bool) -> tuple[tuple[object, ...], ...]:
    found: list[tuple[object, ...]] = []
    for step in range(rounds):
        second = {"of": 2 * step, "held": 1} if same else {"of": 2 * step + 1}
        found += [("zero_grad", 3, {"of": 0}), ("backward", 5, {"of": 2 * step})]
        found += [("backward", 6, second), ("step", 7, {"of": 0, "held": 4})]
    return tuple(found)


EXAMPLES = (
    Example(
        "the same loss twice",
        ordered(LOOP, _events(10, same=True)),
        found=(
            Found(6, "10 of 20", "    loss.backward(retain_graph=True)\n    optim", "contract"),
        ),
    ),
    Example(
        "the second call raises",
        ordered(LOOP, _events(1, same=True)[:3], crash=f"Trying to {SECOND_TIME}"),
        found=(Found(6, "which raised", "retain_graph=True)\n    optimizer", "contract"),),
    ),
    Example("two losses", ordered(LOOP, _events(10, same=False))),
    Example(
        "once per step",
        ordered(LOOP, (("backward", 5), ("step", 7, {"of": 0})), optimizers=(optimizer(1),)),
    ),
)
