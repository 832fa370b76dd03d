"""What may be tried: an edit that would mend a finding, or one that nobody has suspected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analyzer.fixing.edits import FixPlan
from analyzer.fusion import Judged


@dataclass(frozen=True, slots=True)
class Candidate:
    """One edit to try.

    Attributes:
        plan: the edit.
        finding: what it would mend; None for an edit that no rule has suggested.
        cost: runs that it takes, in units of one ordinary pair.
        likelihood: chance that it mends the fault, 0 to 1.
    """

    plan: FixPlan
    finding: Judged | None = None
    cost: float = 1.0
    likelihood: float = 0.5

    @property
    def promise(self) -> float:
        """Chance of success per unit of cost."""
        return self.likelihood / max(self.cost, 1e-6)


def in_order(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Cheapest and likeliest first; equal ones keep their order."""
    return tuple(sorted(candidates, key=lambda each: -each.promise))
