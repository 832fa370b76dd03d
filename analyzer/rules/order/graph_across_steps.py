"""A backward pass that reaches into the pass of an earlier step.

What it finds
    A loss whose graph contains the graph of the step before: a hidden state, a running value or a
    cached result that is carried over without detach.
Why it hurts
    The graph grows with every step, in time and memory, until backward raises: the old part was
    freed, or its weights have been changed since.
How it is measured
    Marks on the nodes behind each loss: whether a pass meets nodes that an earlier step's pass
    from the same place has been through; the number of nodes.
When it is right
    A graph that stays as large as it is, kept with retain_graph on purpose, is not reported.
Example
    hidden = cell(x, hidden)
    loss = criterion(head(hidden), y)
    loss.backward(retain_graph=True)
Instead
    hidden = cell(x, hidden.detach())
    loss = criterion(head(hidden), y)
    loss.backward()
The fix
    None is offered: detach belongs where the state enters the next step.
Sources
    PyTorch documentation, "Frequently Asked Questions", "My model reports out of memory".
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed.order import CallOrder, Event
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import crashed_with, of_kind, order_of, site_of
from analyzer.rules.traces import ordered

FREED = "backward through the graph a second time"
CHANGED = "modified by an inplace operation"


class GraphAcrossSteps(Rule):
    """The past is differentiated again and again."""

    code = "FL644"
    name = "graph-across-steps"
    kind = "train_mode"
    severity = "error"
    confidence = 0.95
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "What is carried over with its graph makes each backward pass go through all earlier steps;"
        " detach cuts it (PyTorch documentation, FAQ)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Passes that meet an earlier one."""
        order = order_of(program)
        passes = of_kind(order, "backward")
        older = [event for event in passes if event.older]
        site = site_of(order, older[0]) if older else None
        if site is None:
            return
        crashed = older[-1] is passes[-1] and crashed_with(program, FREED, CHANGED)
        sizes = _sizes(order, older[0])
        if not crashed and not _grows(sizes):
            return
        words = "and raised" if crashed else f"and grows: {sizes[0]}, {sizes[1]}, {sizes[2]} nodes"
        yield Suspicion(
            site=site,
            message=f"The graph behind this loss reaches into an earlier step's {words}.",
            evidence=Evidence(trace={"nodes": sizes[:8], "raised": crashed}),
            fix=Declined("detach belongs where the state enters the next step"),
            proof="contract",
            severity="error" if crashed else "warning",
        )


def _sizes(order: CallOrder, event: Event) -> list[int]:
    """Nodes behind the losses of this place, as far as they were counted."""
    same = [e for e in of_kind(order, "backward") if e.call == event.call]
    return [each.nodes for each in same if each.nodes is not None]


def _grows(sizes: list[int]) -> bool:
    pairs = itertools.pairwise(sizes)
    return len(sizes) > 2 and all(before < after for before, after in pairs)


LOOP = """
optimizer = optim.SGD(net.parameters(), lr=0.1)
for x, y in loader:
    state = net(x, state)
    criterion(state, y).backward(retain_graph=True)
    optimizer.step()
"""


def _events(sizes: list[int], *, older: bool) -> tuple[tuple[object, ...], ...]:
    found: list[tuple[object, ...]] = []
    for place, nodes in enumerate(sizes):
        facts = {"nodes": nodes, "older": (older and place > 0) or None, "retained": True}
        found += [("backward", 4, facts), ("step", 5, {"of": 0, "held": 4})]
    return tuple(found)


EXAMPLES = (
    Example(
        "the state keeps its graph",
        ordered(LOOP, _events([8, 15, 22, 29], older=True)),
        found=(Found(4, "8, 15, 22 nodes", None, "contract"),),
    ),
    Example(
        "the second pass raises",
        ordered(LOOP, _events([8, 15], older=True)[:3], crash=f"one of them has been {CHANGED}"),
        found=(Found(4, "and raised", None, "contract"),),
    ),
    Example("the same part every time", ordered(LOOP, _events([8, 8, 8, 8], older=True))),
    Example("a graph of its own", ordered(LOOP, _events([8, 9, 10, 11], older=False))),
)
