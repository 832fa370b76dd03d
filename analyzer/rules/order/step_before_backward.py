"""A loop that steps before it goes back.

What it finds
    The first step of an optimizer comes before the first backward pass, from the place where it
    steps ever after.
Why it hurts
    Each step uses the gradients of the batch before, taken at weights that are gone by then; the
    first step does nothing, and the gradients of the last batch are never used.
How it is measured
    The order of the first step and the first backward pass, and the gradients that it found.
When it is right
    One step before the loop, which some do to quiet a scheduler, stands elsewhere: not reported.
    One batch of delay costs little; hence advice.
Example
    optimizer.step()
    optimizer.zero_grad()
    loss.backward()
Instead
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
The fix
    The step moves behind backward. Safe when both stand in one block.
Sources
    PyTorch documentation of torch.optim, "Taking an optimization step".
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertAfter, RemoveStatement
from analyzer.observed.order import CallOrder, Event
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import bare_statement, kind_of, order_of, site_of, text_of
from analyzer.rules.traces import ordered


class StepBeforeBackward(Rule):
    """Always one batch behind."""

    code = "FL641"
    name = "step-before-backward"
    kind = "gradient_reset"
    severity = "advice"
    confidence = 0.9
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = "A step uses the gradients that backward has left before it (PyTorch documentation)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The first step and the first backward pass."""
        order = order_of(program)
        step, backward = _first_two(order)
        if step is None or backward is None or step.held != 0:
            return
        again = [e for e in order.events if e.call == step.call and e.held]
        site = site_of(order, step)
        if again and site is not None:
            yield Suspicion(
                site=site,
                message=(
                    "The first step came before any backward pass and found no gradient; each"
                    f" of the {len(again)} that followed used those of the batch before."
                ),
                evidence=Evidence(trace={"steps_behind": len(again)}),
                fix=_moved(program, order, step, backward),
                proof="contract",
            )


def _first_two(order: CallOrder) -> tuple[Event | None, Event | None]:
    """The first step, when it comes before the first backward pass, and that pass."""
    step: Event | None = None
    for event in order.events:
        kind = kind_of(order, event)
        if kind == "step" and step is None:
            step = event
        elif kind == "backward":
            return step, event
    return step, None


def _moved(program: Program, order: CallOrder, step: Event, back: Event) -> FixPlan | Declined:
    source = program.source
    stepped = bare_statement(source, site_of(order, step))
    passed = bare_statement(source, site_of(order, back))
    if stepped is None or passed is None or stepped.column != passed.column:
        return Declined("step and backward do not stand in one block")
    moved = (RemoveStatement(stepped), InsertAfter(passed, text_of(source, stepped)))
    return FixPlan("step behind backward", moved)


LOOP = """
optimizer = optim.SGD(net.parameters())
for x, y in loader:
    optimizer.step()
    optimizer.zero_grad()
    loss = criterion(net(x), y)
    loss.backward()
"""
FIRST = (("step", 3, {"of": 0, "held": 0}), ("zero_grad", 4, {"of": 0}), ("backward", 6))
ROUND = (("step", 3, {"of": 0, "held": 4}), *FIRST[1:])

EXAMPLES = (
    Example(
        "step comes first",
        ordered(LOOP, ROUND, times=9, before=FIRST),
        found=(Found(3, "each of the 9", "    loss.backward()\n    optimizer.step()", "contract"),),
    ),
    Example(
        "one step before the loop",
        ordered(LOOP, (*ROUND[1:], ROUND[0]), times=9, before=(("step", 1, {"of": 0, "held": 0}),)),
    ),
    Example("backward comes first", ordered(LOOP, (*ROUND[1:], ROUND[0]), times=9)),
)
