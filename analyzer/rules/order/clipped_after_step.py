"""Gradients that are clipped when they have already been used.

What it finds
    clip_grad_norm_ or clip_grad_value_ between a step and the next backward pass, and none
    between backward and step.
Why it hurts
    The step has used the gradients as they were; what is clipped behind it is cleared, or never
    looked at again. The bound has no effect.
How it is measured
    The order of backward, clipping and step in the observed steps.
When it is right
    An infinite bound only measures the norm: not reported.
Example
    loss.backward()
    optimizer.step()
    clip_grad_norm_(net.parameters(), 1.0)
Instead
    loss.backward()
    clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
The fix
    The clipping moves before the step. Safe.
Sources
    PyTorch documentation of torch.nn.utils.clip_grad_norm_; Pascanu et al. 2013, algorithm 1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertBefore, RemoveStatement
from analyzer.observed.order import CallOrder, Event
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import bare_statement, kind_of, order_of, site_of, text_of
from analyzer.rules.traces import ordered


class ClippedAfterStep(Rule):
    """The bound comes too late."""

    code = "FL639"
    name = "clipped-after-step"
    kind = "optimizer"
    severity = "warning"
    confidence = 0.98
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "Clipping changes the gradients that are there; the step before it has used them unclipped"
        " (PyTorch documentation of clip_grad_norm_)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Where each clipping falls."""
        order = order_of(program)
        for number in range(len(order.optimizers)):
            late, in_time, step = _placed(order, number)
            site = site_of(order, late[0]) if late else None
            if len(late) < 2 or in_time or site is None or step is None:
                continue
            yield Suspicion(
                site=site,
                message=(
                    f"The gradients were clipped after the step in {len(late)} steps and before"
                    " it in none: the bound has no effect."
                ),
                evidence=Evidence(trace={"after_the_step": len(late), "before_the_step": 0}),
                fix=_moved(program, order, late[0], step),
                proof="contract",
            )


def _placed(order: CallOrder, optimizer: int) -> tuple[list[Event], int, Event | None]:
    """(clippings between step and backward, those between backward and step, the last step)."""
    late: list[Event] = []
    in_time, step, filled = 0, None, False
    for event in order.events:
        kind = kind_of(order, event)
        if kind == "backward":
            filled = True
        elif event.of != optimizer:
            continue
        elif kind == "step":
            step, filled = event, False
        elif kind == "clip" and event.bound is not None and math.isfinite(event.bound):
            if filled:
                in_time += 1
            elif step is not None:
                late.append(event)
    return late, in_time, step


def _moved(program: Program, order: CallOrder, clip: Event, step: Event) -> FixPlan | Declined:
    source = program.source
    clipped = bare_statement(source, site_of(order, clip))
    stepped = bare_statement(source, site_of(order, step))
    if clipped is None or stepped is None:
        return Declined("the calls are part of larger statements")
    moved = (RemoveStatement(clipped), InsertBefore(stepped, text_of(source, clipped)))
    return FixPlan("clip before the step", moved)


LOOP = """
optimizer = optim.SGD(net.parameters())
for x, y in loader:
    optimizer.zero_grad()
    criterion(net(x), y).backward()
    optimizer.step()
    clip_grad_norm_(net.parameters(), 1.0)
"""
CLEAR, BACK, STEP = ("zero_grad", 3, {"of": 0}), ("backward", 4), ("step", 5, {"of": 0})
CLIP = ("clip", 6, {"of": 0, "bound": 1.0, "held": 4})

EXAMPLES = (
    Example(
        "behind the step",
        ordered(LOOP, (CLEAR, BACK, STEP, CLIP), times=10),
        found=(Found(6, "in 10 steps", "net.parameters(), 1.0)\n    opt", "contract"),),
    ),
    Example("before the step", ordered(LOOP, (CLEAR, BACK, CLIP, STEP), times=10)),
    Example(
        "the norm is only measured",
        ordered(
            LOOP.replace("1.0", "inf"),
            (CLEAR, BACK, STEP, ("clip", 6, {"of": 0, "bound": math.inf})),
            times=10,
        ),
    ),
)
