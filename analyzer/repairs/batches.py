"""Another batch size: 32, the usual one (Bengio 2012, section 3.1.3)."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.repairs.base import Repair, offered
from analyzer.rules.base import Program
from analyzer.rules.reading.mends import set_argument

USUAL = 32
FAR = 8
"""Sizes within this factor of the usual one are left alone."""


def batch_sizes(program: Program) -> Iterator[Repair]:
    """The usual size where the program's is far from it."""
    learner = program.learner
    size = learner.batch_size if learner else None
    if learner is None or size is None or USUAL / FAR < size < USUAL * FAR:
        return
    for call in (*program.source.by_role("fit"), *program.source.by_role("loader")):
        given = call.argument("batch_size")
        if given is not None and given.known:
            plan = set_argument(call, "batch_size", str(USUAL))
            yield from offered("batch_size", learner.batch_size_site or call.site, plan, 0.2)
            return
