"""Which generated programs are kept: sound ones that learn, faulty ones whose fault matters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from analyzer.diagnosis.corpus.checking import Score, learns, matters, scores_of
from analyzer.diagnosis.corpus.faults import ALWAYS, Fault
from analyzer.diagnosis.corpus.recipe import Recipe
from analyzer.diagnosis.corpus.samples import Family, Sample, make_sample
from analyzer.sandbox.session import Session

TRIED = 6  # faults tried of each sound program, of different kinds
KEPT = 4  # of those that matter
TOGETHER = (2, 3)  # faults at once, one program of each number
SOUND_ALONE = 3  # every so many-th family gives its sound program alone


@dataclass(frozen=True, slots=True)
class Checked:
    """A family after its check.

    Attributes:
        score: of the sound program, None when it broke.
        samples: what is kept of it; empty when the sound program did not learn.
        tried: score of each fault that was tried, by name.
    """

    base: int
    score: Score
    samples: tuple[Sample, ...]
    tried: tuple[tuple[str, Score], ...] = ()


def check_families(families: Sequence[Family], session: Session) -> Iterator[Checked]:
    """Train the sound programs, then the faulty siblings of those that learn."""
    sound = scores_of([family.recipe for family in families], session)
    chosen = {
        family.base: candidates(family) if learns(score) else []
        for family, score in zip(families, sound, strict=True)
    }
    recipes = [recipe for tries in chosen.values() for _, recipe in tries]
    scores = iter(scores_of(recipes, session))
    for family, score in zip(families, sound, strict=True):
        tries = chosen[family.base]
        results = [(fault, recipe, next(scores)) for fault, recipe in tries]
        tried = tuple((fault.name, found) for fault, _, found in results)
        kept = [
            (fault, recipe)
            for fault, recipe, found in results
            if found is not None and (fault.name in ALWAYS or matters(score, found))
        ]
        samples = siblings(family, kept[:KEPT]) if learns(score) else ()
        yield Checked(family.base, score, samples, tried)


def candidates(family: Family) -> list[tuple[Fault, Recipe]]:
    """Faults to try: of different kinds, in random order."""
    if family.base % SOUND_ALONE == 0:
        return []
    found: dict[str, tuple[Fault, Recipe]] = {}
    for fault, recipe in family.singles():
        found.setdefault(fault.kind, (fault, recipe))
    return list(found.values())[:TRIED]


def siblings(family: Family, kept: Sequence[tuple[Fault, Recipe]]) -> tuple[Sample, ...]:
    """The sound program, its faulty ones, and several of these faults at once."""
    made = [family.sound]
    made += [make_sample(family.base, family.seed, recipe, fault.seeded) for fault, recipe in kept]
    for size in TOGETHER:
        for group, recipe in islice(family.together([fault for fault, _ in kept], size), 1):
            faults = tuple(seeded for fault in group for seeded in fault.seeded)
            made.append(make_sample(family.base, family.seed, recipe, faults))
    return tuple(made)


def draw_families(seed: int, bases: Sequence[int], torch_only: bool = False) -> list[Family]:
    """The families of these numbers."""
    return [Family.draw(seed, base, torch_only) for base in bases]
