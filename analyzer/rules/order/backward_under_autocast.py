"""A backward pass inside an autocast region.

What it finds
    backward called before the with block of autocast ends.
Why it hurts
    Backward operations choose the type of their forward operation by themselves. Under autocast
    some run in another one, which costs time or digits.
How it is measured
    Whether an autocast region is open at each backward call.
When it is right
    It mostly works; it is not recommended, which makes this advice.
Example
    with torch.autocast("cuda"):
        loss = criterion(net(x), y)
        loss.backward()
Instead
    with torch.autocast("cuda"):
        loss = criterion(net(x), y)
    loss.backward()
The fix
    None is offered: the statements behind it in the block must move too.
Sources
    PyTorch documentation of torch.autocast: backward passes under autocast are not recommended.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import of_kind, order_of, site_of
from analyzer.rules.traces import ordered


class BackwardUnderAutocast(Rule):
    """The region reaches too far."""

    code = "FL636"
    name = "backward-under-autocast"
    kind = "api"
    severity = "advice"
    confidence = 0.9
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = "Backward passes under autocast are not recommended (PyTorch documentation)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Open regions at the backward passes."""
        order = order_of(program)
        passes = of_kind(order, "backward")
        inside = [event for event in passes if event.inside]
        site = site_of(order, inside[0]) if inside else None
        if site is not None:
            yield Suspicion(
                site=site,
                message=f"{len(inside)} of {len(passes)} backward passes ran under autocast.",
                evidence=Evidence(trace={"inside": len(inside), "passes": len(passes)}),
                fix=Declined("the statements behind it in the block must move with it"),
                proof="contract",
            )


LOOP = """
optimizer = optim.SGD(net.parameters())
for x, y in loader:
    with torch.autocast("cpu"):
        loss = criterion(net(x), y)
        loss.backward()
    optimizer.step()
"""

EXAMPLES = (
    Example(
        "inside the block",
        ordered(LOOP, (("backward", 5, {"inside": True}), ("step", 6, {"of": 0})), times=10),
        found=(Found(5, "10 of 10 backward passes", None, "contract"),),
    ),
    Example("behind the block", ordered(LOOP, (("backward", 5), ("step", 6, {"of": 0})), times=10)),
    Example("no backward pass was seen", ordered(LOOP)),
)
