"""From symptoms to what they come from: many to many, weighed by the facts of the program.

Each symptom speaks for its causes, for the first with its whole strength and for each further one
with less; the facts of the program weigh that (`context`), and independent symptoms add up as
independent witnesses do (noisy or; Pearl 1988, section 4.3.2). The scores order candidates and are
no probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from analyzer.kinds import Kind
from analyzer.observed import Site
from analyzer.rules.base import Program
from analyzer.symptoms.base import Symptom
from analyzer.symptoms.context import odds
from analyzer.symptoms.places import place_of

NEXT = 0.9
"""What a cause weighs beside the one before it in a symptom's list."""
HALF = 0.5
"""The part that a whole strength contributes: no symptom alone is certain of a cause."""
CERTAIN = 0.95


@dataclass(frozen=True, slots=True)
class Cause:
    """A kind of fault that the symptoms may come from.

    Attributes:
        score: 0..1, comparable within one program.
        site: where it would be mended; symptoms: those that speak for it, strongest first.
    """

    kind: Kind
    score: float
    site: Site | None
    symptoms: tuple[Symptom, ...]


def ranked_causes(symptoms: Sequence[Symptom], program: Program) -> tuple[Cause, ...]:
    """What the symptoms may come from, likeliest first."""
    kinds = dict.fromkeys(kind for symptom in symptoms for kind in symptom.causes)
    found = [_cause(kind, symptoms, program) for kind in kinds]
    return tuple(sorted(found, key=lambda cause: -cause.score))


def _cause(kind: Kind, symptoms: Sequence[Symptom], program: Program) -> Cause:
    speaking = sorted(
        (symptom for symptom in symptoms if kind in symptom.causes),
        key=lambda symptom: -symptom.strength,
    )
    doubts = prod(1 - weight(symptom, kind, program) for symptom in speaking)
    layer = next((symptom.layer for symptom in speaking if symptom.layer is not None), None)
    return Cause(kind, 1 - doubts, place_of(kind, program, layer), tuple(speaking))


def weight(symptom: Symptom, kind: Kind, program: Program) -> float:
    """How much one symptom speaks for one of its causes in this program, 0..CERTAIN."""
    if len(symptom.causes) == 1:
        return min(CERTAIN, symptom.strength)  # it comes from nothing else, whatever the facts are
    own = HALF * symptom.strength * NEXT ** symptom.causes.index(kind)
    return min(CERTAIN, own * odds(kind, program, symptom.steps))
