"""Gradients that are clipped while they are still scaled.

What it finds
    clip_grad_norm_ or clip_grad_value_ between the backward pass of a scaled loss and scaler.step,
    without scaler.unscale_ before it.
Why it hurts
    The gradients are S times too large there, S being 65,536 at first, so that nearly every one is
    clipped; scaler.step then divides by S: g is replaced by c g / (S |g|) for a bound of c. With
    SGD the weights hardly move. Adam divides by the gradients' size and suffers less.
How it is measured
    The order of backward, unscale_, clipping and scaler.step in the observed steps.
When it is right
    Never. A scaler that is switched off by its argument is not looked at.
Example
    scaler.scale(loss).backward()
    clip_grad_norm_(net.parameters(), 1.0)
    scaler.step(optimizer)
Instead
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    clip_grad_norm_(net.parameters(), 1.0)
    scaler.step(optimizer)
The fix
    unscale_ before the clipping. Safe: scaler.step does not divide a second time.
Sources
    PyTorch documentation, "Automatic Mixed Precision examples", working with unscaled gradients.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertBefore
from analyzer.observed import Site
from analyzer.observed.order import CallOrder, Scaler
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import (
    bare_statement,
    is_adaptive,
    kind_of,
    order_of,
    site_of,
)
from analyzer.rules.reading.precision import scaler_and_optimizer, scales
from analyzer.rules.traces import optimizer, ordered


class ClippedBeforeUnscaling(Rule):
    """The bound applies to gradients times the scale."""

    code = "FL631"
    name = "clipped-before-unscaling"
    kind = "optimizer"
    severity = "error"
    confidence = 0.98
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "Behind a scaled loss gradients are larger by the scale; they must be unscaled before they"
        " are clipped (PyTorch documentation of automatic mixed precision)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Follow the calls of each optimizer."""
        order = order_of(program)
        if not scales(order):
            return
        for number, stepped in enumerate(order.optimizers):
            early, steps, site = _early(order, number)
            if not early or site is None or not steps:
                continue
            yield Suspicion(
                site=site,
                message=(
                    f"In {early} of {steps} steps the gradients were clipped before the scaler"
                    f" unscaled them{_scale(order)}."
                ),
                evidence=Evidence(trace={"clipped_scaled": early, "steps": steps}),
                fix=_unscale(program, order, site),
                proof="contract",
                severity="warning" if is_adaptive(stepped) else "error",
            )


def _scale(order: CallOrder) -> str:
    scale = next((s.scale for s in order.scalers if s.enabled and s.scale), None)
    return f", when they were {scale:,.0f} times too large" if scale else ""


def _early(order: CallOrder, optimizer: int) -> tuple[int, int, Site | None]:
    """(clippings of scaled gradients, steps of the scaler, where they are clipped)."""
    early, steps, site = 0, 0, None
    scaled = unscaled = False
    for event in order.events:
        kind = kind_of(order, event)
        if kind == "backward" and event.scaled:
            scaled = True
        elif event.of != optimizer:
            continue
        elif kind == "unscale":
            unscaled = True
        elif kind == "clip" and scaled and not unscaled:
            early, site = early + 1, site or site_of(order, event)
        elif kind == "scaler_step":
            steps, scaled, unscaled = steps + 1, False, False
    return early, steps, site


def _unscale(program: Program, order: CallOrder, site: Site) -> FixPlan | Declined:
    names = scaler_and_optimizer(program.source, order)
    clip = bare_statement(program.source, site) or _assigned(program, site)
    if names is None or clip is None:
        return Declined("the calls of the scaler are not written in one place")
    text = f"{names[0]}.unscale_({names[1]})"
    return FixPlan("unscale the gradients first", (InsertBefore(clip, text),))


def _assigned(program: Program, site: Site) -> Site | None:
    """The statement that keeps the norm: ``norm = clip_grad_norm_(...)``."""
    lines = program.source.lines
    if site.path != program.source.path or site.line > len(lines):
        return None
    alone = lines[site.line - 1][: site.column].rstrip().endswith("=")
    return site if alone and site.line == site.end_line else None


LOOP = """
optimizer = optim.SGD(net.parameters())
for x, y in loader:
    optimizer.zero_grad()
    scaler.scale(criterion(net(x), y)).backward()
    clip_grad_norm_(net.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
"""
MADE = Scaler(scale=65536.0)
ROUND = (
    ("zero_grad", 3, {"of": 0}),
    ("backward", 4, {"scaled": True}),
    ("clip", 5, {"of": 0, "held": 4}),
    ("scaler_step", 6, {"of": 0}),
    ("step", 6, {"of": 0, "held": 4, "scaled": True}),
    ("scaler_update", 7),
)
UNSCALED = (*ROUND[:2], ("unscale", 5, {"of": 0}), *ROUND[2:])

EXAMPLES = (
    Example(
        "the norm of scaled gradients is clipped",
        ordered(LOOP, ROUND, times=10, scalers=(MADE,)),
        found=(
            Found(
                5,
                "In 10 of 10 steps",
                "    scaler.unscale_(optimizer)\n    clip_grad_norm_",
                "contract",
            ),
        ),
    ),
    Example(
        "the same with Adam, where it costs less",
        ordered(LOOP, ROUND, times=10, scalers=(MADE,), optimizers=(optimizer(1, "adam"),)),
        found=(Found(5, "65,536 times", "    scaler.unscale_(optimizer)\n", "contract"),),
    ),
    Example(
        "unscaled first",
        ordered(
            LOOP.replace("    clip", "    scaler.unscale_(optimizer); clip"),
            UNSCALED,
            times=10,
            scalers=(MADE,),
        ),
    ),
    Example(
        "the scaler is switched off",
        ordered(LOOP, ROUND, times=10, scalers=(Scaler(wanted=False, enabled=False),)),
    ),
    Example("nothing is clipped", ordered(LOOP, (*ROUND[:2], *ROUND[3:]), times=10)),
)
