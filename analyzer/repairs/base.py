"""What a repair is: one small edit that may mend a kind of fault, with how often it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from analyzer.fixing.edits import Declined, FixPlan
from analyzer.kinds import Kind
from analyzer.observed import Site
from analyzer.rules.base import Program


@dataclass(frozen=True, slots=True)
class Repair:
    """An edit to be tried.

    Attributes:
        kind: the fault that it mends.
        site: where a comment about that fault goes.
        plan: the edit.
        likelihood: our estimate of how often the edit is the right one when a program with this
            fault does not learn, 0..1; it orders the experiments and decides nothing.
    """

    kind: Kind
    site: Site
    plan: FixPlan
    likelihood: float


Repairer = Callable[[Program], Iterator[Repair]]
"""Yields the repairs of one kind that this program's source allows; pure."""


def offered(
    kind: Kind, site: Site | None, plan: FixPlan | Declined, likelihood: float
) -> Iterator[Repair]:
    """The repair, unless it has no place or its builder declined."""
    if site is not None and isinstance(plan, FixPlan):
        yield Repair(kind, site, plan, likelihood)
