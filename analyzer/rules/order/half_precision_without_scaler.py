"""Training in half precision without scaling the loss.

What it finds
    autocast to float16 around the forward pass, and a plain backward pass: no GradScaler anywhere.
Why it hurts
    float16 holds nothing below 6e-8. Small gradients become exactly zero on their way back, and
    what they belong to stops learning; nothing reports it.
How it is measured
    The type of each autocast region that the program enters with gradients on, the losses that
    backward starts from, and the scalers that exist.
When it is right
    bfloat16 has the range of float32 and needs no scaler. A loss that the program itself
    multiplies before backward is not reported.
Example
    with torch.autocast("cuda", dtype=torch.float16):
        loss = criterion(net(x), y)
    loss.backward()
Instead
    with torch.autocast("cuda", dtype=torch.bfloat16):
        loss = criterion(net(x), y)
    loss.backward()
The fix
    bfloat16, where float16 is written. Not safe: older devices compute it slowly; a GradScaler is
    the other way.
Sources
    Micikevicius et al., "Mixed Precision Training", ICLR 2018, section 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, ReplaceExpression
from analyzer.observed import Site
from analyzer.observed.order import CallOrder, Scaler
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import kind_of, order_of, site_of, text_of
from analyzer.rules.traces import ordered


class HalfPrecisionWithoutScaler(Rule):
    """Small gradients become zero."""

    code = "FL635"
    name = "half-precision-without-scaler"
    kind = "numerics"
    severity = "warning"
    confidence = 0.9
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "Gradients below 6e-8 are zero in float16; scaling the loss keeps them"
        " (Micikevicius et al., ICLR 2018, section 3.2)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Half precision before a plain backward pass."""
        order = order_of(program)
        if order.scalers:
            return
        passes, site = _plain_passes(order)
        if passes > 1 and site is not None:
            yield Suspicion(
                site=site,
                message=(
                    f"{passes} backward passes started from losses computed in float16, and no"
                    " GradScaler scaled any of them."
                ),
                evidence=Evidence(trace={"passes": passes, "scalers": 0}),
                fix=_wider(program, site),
                proof="contract",
            )


def _plain_passes(order: CallOrder) -> tuple[int, Site | None]:
    """(backward passes from a loss as it was computed in float16, the first such region)."""
    passes, site = 0, None
    region = None
    for event in order.events:
        kind = kind_of(order, event)
        if kind == "autocast":
            region = event
        elif kind == "backward":
            half = region is not None and region.precision == "float16"
            if region is not None and half and event.direct and not event.scaled:
                passes, site = passes + 1, site or site_of(order, region)
            region = None
    return passes, site


def _wider(program: Program, site: Site) -> FixPlan | Declined:
    if site.path != program.source.path or site.end_line > len(program.source.lines):
        return Declined("the region is opened in another file")
    text = text_of(program.source, site)
    if text.count("torch.float16") != 1:
        return Declined("float16 is not written in this call: a GradScaler is needed")
    wider = text.replace("torch.float16", "torch.bfloat16")
    return FixPlan("compute in bfloat16", (ReplaceExpression(site, wider),), safe=False)


LOOP = """
optimizer = optim.SGD(net.parameters())
for x, y in loader:
    region = torch.autocast("cuda", dtype=torch.float16)
    with region:
        loss = criterion(net(x), y)
    loss.backward()
    optimizer.step()
"""


def _round(precision: str, **facts: object) -> tuple[tuple[object, ...], ...]:
    return (
        ("autocast", 3, {"precision": precision}),
        ("backward", 6, {"direct": True, **facts}),
        ("step", 7, {"of": 0, "held": 4}),
    )


EXAMPLES = (
    Example(
        "float16 and a plain loss",
        ordered(LOOP.replace("region = ", ""), _round("float16"), times=10),
        found=(Found(3, "10 backward passes", "dtype=torch.bfloat16", "contract"),),
    ),
    Example("bfloat16", ordered(LOOP, _round("bfloat16"), times=10)),
    Example("scaled by hand", ordered(LOOP, _round("float16", direct=None), times=10)),
    Example("scaled", ordered(LOOP, _round("float16", scaled=True), times=10, scalers=(Scaler(),))),
)
