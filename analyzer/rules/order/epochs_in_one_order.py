"""A distributed sampler that gives every epoch the same order.

What it finds
    A shuffling DistributedSampler that is read in several epochs, and set_epoch is never called.
Why it hurts
    Its order follows from the seed and the epoch that it was told. Untold, every epoch has the
    very same batches in the same order, and each process sees the same samples for ever.
How it is measured
    The order that the sampler gave in each epoch, compared with the one before.
When it is right
    shuffle=False is not reported. Trainers that call set_epoch themselves are seen to do so.
Example
    for epoch in range(epochs):
        for x, y in loader:
            step(x, y)
Instead
    for epoch in range(epochs):
        sampler.set_epoch(epoch)
        for x, y in loader:
            step(x, y)
The fix
    set_epoch before the loop over batches. Safe.
Sources
    PyTorch documentation of torch.utils.data.distributed.DistributedSampler, warning.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, InsertBefore
from analyzer.observed import Site
from analyzer.observed.order import CallOrder, EpochSampler
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.order import loops_around, order_of, site_at
from analyzer.rules.samples import at
from analyzer.rules.traces import ordered

MADE = re.compile(r"^\s*([A-Za-z_]\w*)\s*=\s*[\w.]*DistributedSampler\(")
FEWEST = 8
"""Entries from which on two equal orders are no chance: one in 8! = 40,320."""


class EpochsInOneOrder(Rule):
    """Shuffled once and for all."""

    code = "FL645"
    name = "epochs-in-one-order"
    kind = "data_split"
    severity = "warning"
    confidence = 0.98
    frameworks = frozenset({"torch"})
    needs = ("order",)
    why = (
        "Without set_epoch the sampler gives the same order in every epoch (PyTorch documentation"
        " of DistributedSampler)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The orders that each sampler gave."""
        order = order_of(program)
        told = any(call.kind == "set_epoch" for call in order.calls)
        for sampler in order.samplers:
            repeated = sampler.iterations > 1 and sampler.same == sampler.iterations - 1
            if not sampler.shuffles or not repeated or sampler.entries < FEWEST or told:
                continue
            if sampler.site is not None:
                yield Suspicion(
                    site=sampler.site,
                    message=(
                        f"{sampler.iterations} epochs read their {sampler.entries:,} samples in"
                        " exactly the same order; set_epoch was never called."
                    ),
                    evidence=Evidence(trace={"epochs": sampler.iterations, "same": sampler.same}),
                    fix=_told(program, order, sampler.site),
                    proof="contract",
                )


def _told(program: Program, order: CallOrder, site: Site) -> FixPlan | Declined:
    source = program.source
    line = source.lines[site.line - 1] if site.path == source.path else ""
    name = MADE.match(line)
    reads = [call.site for call in order.calls if call.kind == "epoch" and call.site]
    loops = (
        loops_around(source, reads[0].model_copy(update={"line": reads[0].line + 1}))
        if (len(reads) == 1)
        else ()
    )
    if name is None or len(loops) < 2 or not isinstance(loops[1], ast.For):
        return Declined("the loop over epochs does not stand around the loop over batches")
    if not isinstance(loops[1].target, ast.Name):
        return Declined("the loop over epochs has no counter")
    text = f"{name[1]}.set_epoch({loops[1].target.id})"
    return FixPlan("tell the sampler the epoch", (InsertBefore(site_at(source, loops[0]), text),))


LOOP = """
sampler = DistributedSampler(data, num_replicas=2, rank=0)
for epoch in range(9):
    for x, y in loader:
        train(x, y)
"""


def _sampler(**facts: object) -> EpochSampler:
    known = {"site": at(1), "iterations": 4, "same": 3, "entries": 32}
    return EpochSampler.model_validate({**known, **facts})


EXAMPLES = (
    Example(
        "never told the epoch",
        ordered(LOOP, (("epoch", 3),), times=4, samplers=(_sampler(),)),
        found=(
            Found(1, "4 epochs read", "    sampler.set_epoch(epoch)\n    for x, y", "contract"),
        ),
    ),
    Example(
        "told the epoch",
        ordered(LOOP, (("set_epoch", 2), ("epoch", 3)), times=4, samplers=(_sampler(same=0),)),
    ),
    Example("not shuffled", ordered(LOOP, samplers=(_sampler(shuffles=False),))),
    Example("one epoch was seen", ordered(LOOP, samplers=(_sampler(iterations=1, same=0),))),
)
