"""Batches at the end of an epoch that no step uses in time.

What it finds
    Gradients of the last batches of an epoch that are still waiting for their step when the next
    epoch begins, because the number of batches is no multiple of the number per step.
Why it hurts
    They are cleared unused, so that these batches train nothing, or they are added to the first
    step of the next epoch, which is then larger than the others.
How it is measured
    Backward passes since the last step, at each beginning of an epoch.
When it is right
    With shuffling it costs little; hence advice.
Example
    if (i + 1) % 4 == 0:
        optimizer.step()
Instead
    if (i + 1) % 4 == 0 or i + 1 == len(loader):
        optimizer.step()
The fix
    None is offered: the condition must name the last batch too.
Sources
    PyTorch documentation, "Automatic Mixed Precision examples", gradient accumulation.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed.order import CallOrder
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.accumulation import passes_of, usual_passes
from analyzer.rules.reading.order import cycles, kind_of, of_kind, order_of, site_of
from analyzer.rules.reading.proof import count
from analyzer.rules.traces import ordered


class UnfinishedAccumulation(Rule):
    """The remainder of an epoch."""

    code = "FL638"
    name = "unfinished-accumulation"
    kind = "gradient_reset"
    severity = "advice"
    confidence = 0.85
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = "Batches behind the last full group of an epoch need a step of their own."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """What waits when an epoch begins."""
        order = order_of(program)
        if len(order.optimizers) != 1:
            return
        whole = [c for c in cycles(order, 0) if not _begins_within(order, c)]
        counts = [passes_of(order, cycle) or 0 for cycle in whole]
        usual = usual_passes(counts)
        waiting, epochs = _waiting(order)
        steps = of_kind(order, "step")
        site = site_of(order, steps[0]) if steps else None
        if usual is None or usual < 2 or site is None or not 0 < waiting < usual or not epochs:
            return
        yield Suspicion(
            site=site,
            message=(
                f"The last {count(waiting, 'batch').replace('batchs', 'batches')} of each epoch"
                f" had no step of their own: a step takes {usual} and the epoch ended before."
            ),
            evidence=Evidence(trace={"waiting": waiting, "per_step": usual, "epochs": epochs}),
            fix=Declined("the condition of the step must name the last batch too"),
            proof="contract",
        )


def _training_epoch(order: CallOrder) -> int | None:
    """The place whose loop over batches the first backward pass runs in."""
    place = None
    for event in order.events:
        kind = kind_of(order, event)
        place = event.call if kind == "epoch" else place
        if kind == "backward":
            return place
    return None


def _begins_within(order: CallOrder, cycle: tuple[object, ...]) -> bool:
    place = _training_epoch(order)
    return any(getattr(event, "call", None) == place for event in cycle)


def _waiting(order: CallOrder) -> tuple[int, int]:
    """(passes without a step when an epoch began, the same in all; how many epochs)."""
    place, passes = _training_epoch(order), 0
    found: list[int] = []
    for event in order.events:
        kind = kind_of(order, event)
        if kind == "epoch" and event.call == place:
            found.append(passes)
            passes = 0
        elif kind == "backward":
            passes += 1
        elif kind == "step":
            passes = 0
    after = found[1:]  # nothing can wait when the first epoch begins
    return (after[0], len(after)) if after and len(set(after)) == 1 else (0, 0)


LOOP = """
optimizer = optim.SGD(net.parameters())
for epoch in range(9):
    for i, (x, y) in enumerate(loader):
        (criterion(net(x), y) / 2).backward()
        if i % 2 == 1:
            optimizer.step()
            optimizer.zero_grad()
"""
BATCH = (("batch", 3), ("backward", 4))
STEP = (("step", 6, {"of": 0, "held": 4}), ("zero_grad", 7, {"of": 0}))
EPOCH = (("epoch", 3), *BATCH, *BATCH, *STEP, *BATCH, *BATCH, *STEP)

EXAMPLES = (
    Example(
        "five batches, two per step",
        ordered(LOOP, (*EPOCH, *BATCH), times=3),
        found=(Found(6, "The last 1 batch of each epoch", None, "contract"),),
    ),
    Example("four batches, two per step", ordered(LOOP, EPOCH, times=3)),
    Example("one batch per step", ordered(LOOP, (("epoch", 3), *(*BATCH, *STEP) * 3), times=3)),
)
