"""What the run speaks for is tried first: symptoms and the learned verdict weigh the repairs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from analyzer.kinds import Kind
from analyzer.repairs.base import Repair

Priors = Mapping[Kind, float]
"""How much the run speaks for each kind of fault, 0..1 (`analyzer.witnesses`)."""
NO_PRIORS: Priors = MappingProxyType({})

UNSPOKEN = 0.5
"""What a kind weighs that nothing speaks for; one that everything speaks for weighs thrice as much.
Our own: the likelihoods of the catalogue differ by about as much, and neither may drown the other.
"""


def weighed(repairs: Iterable[Repair], priors: Priors) -> Iterator[Repair]:
    """The repairs with likelihoods that the priors have weighed; without priors as they are."""
    for repair in repairs:
        factor = UNSPOKEN + priors.get(repair.kind, 0.0) if priors else 1.0
        yield replace(repair, likelihood=min(1.0, repair.likelihood * factor))
