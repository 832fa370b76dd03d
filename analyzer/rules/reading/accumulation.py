"""Reading gradient accumulation: how many batches go into each step."""

from __future__ import annotations

from collections import Counter

from analyzer.observed.order import CallOrder
from analyzer.rules.reading.order import Cycle, kind_of


def passes_of(order: CallOrder, cycle: Cycle) -> int | None:
    """Backward passes of a cycle, each of another batch and all from one place.

    None when several places or one batch twice take part: that is no accumulation.
    """
    places, passes, fresh = set[int](), 0, False
    for event in cycle:
        kind = kind_of(order, event)
        if kind == "batch":
            fresh = True
        elif kind == "backward":
            if not fresh:
                return None
            places.add(event.call)
            passes, fresh = passes + 1, False
    return passes if len(places) == 1 else None


def usual_passes(counts: list[int]) -> int | None:
    """How many passes most steps take, when at least two thirds take that many."""
    if not counts:
        return None
    usual, times = Counter(counts).most_common(1)[0]
    return usual if times * 3 >= len(counts) * 2 else None
