"""Generated programs: a sound one and its faulty siblings, each with what was seeded in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import permutations
from random import Random

from analyzer.diagnosis.corpus.drawing import draw_recipe
from analyzer.diagnosis.corpus.faults import COMMON, Fault, applicable
from analyzer.diagnosis.corpus.keras_text import keras_program
from analyzer.diagnosis.corpus.recipe import Recipe, Role, Seeded, Written
from analyzer.diagnosis.corpus.text import Lines
from analyzer.diagnosis.corpus.torch_text import torch_program
from analyzer.kinds import Kind

KERAS = (1, 3)  # of every five base programs those with these numbers are written for Keras


@dataclass(frozen=True, slots=True)
class Sample:
    """One program of the corpus.

    Attributes:
        name: unique, made of the base program's number and the seeded faults.
        base: number of the sound program that it stems from.
        seed: the corpus' seed; with `base` it gives the same program again.
        faults: what was seeded; empty for a sound program.
        lines: line numbers of each fault, by its name.
    """

    name: str
    base: int
    seed: int
    written: Written
    faults: tuple[Seeded, ...]
    lines: Mapping[str, tuple[int, ...]]
    text: str

    @property
    def kinds(self) -> frozenset[Kind]:
        """The true kinds."""
        return frozenset(fault.kind for fault in self.faults)


def write(recipe: Recipe) -> Lines:
    """The recipe in its framework's words."""
    return torch_program(recipe) if recipe.written == "torch" else keras_program(recipe)


def make_sample(base: int, seed: int, recipe: Recipe, faults: tuple[Seeded, ...] = ()) -> Sample:
    """The program that this recipe is."""
    written = write(recipe)
    roles = written.lines_of()
    return Sample(
        name="+".join([f"{seed}-{base}", *(fault.fault for fault in faults)]),
        base=base,
        seed=seed,
        written=recipe.written,
        faults=faults,
        lines={fault.fault: _places(fault.role, roles) for fault in faults},
        text=written.text,
    )


def _places(role: Role, roles: Mapping[Role, tuple[int, ...]]) -> tuple[int, ...]:
    """The fault's lines; what was left out (an activation, a scaling) belongs to its neighbours."""
    return roles.get(role) or roles.get("hidden") or roles.get("data") or ()


@dataclass(frozen=True, slots=True)
class Family:
    """A sound program and candidates for its faulty siblings."""

    base: int
    seed: int
    recipe: Recipe

    @classmethod
    def draw(cls, seed: int, base: int, torch_only: bool = False) -> Family:
        """The family of this number; the same for the same seed."""
        random = Random(f"{seed}:{base}")
        keras = base % 5 in KERAS and not torch_only
        return cls(base, seed, draw_recipe(random, "keras" if keras else "torch"))

    @property
    def sound(self) -> Sample:
        """The program without a fault."""
        return make_sample(self.base, self.seed, self.recipe)

    def singles(self) -> list[tuple[Fault, Recipe]]:
        """Every fault that applies, in random order, common kinds rather first."""
        random = Random(f"{self.seed}:{self.base}:faults")
        found = list(applicable(self.recipe, random))
        keys = [random.random() ** (1.0 / COMMON.get(fault.kind, 1.0)) for fault, _ in found]
        order = sorted(range(len(found)), key=lambda i: -keys[i])
        return [found[i] for i in order]

    def together(self, those: list[Fault], size: int) -> Iterator[tuple[tuple[Fault, ...], Recipe]]:
        """So many of these faults, of different kinds, in one program, in random order."""
        random = Random(f"{self.seed}:{self.base}:{size} at once")
        groups = list(permutations(those, size))
        random.shuffle(groups)
        for group in groups:
            kinds = [kind for fault in group for kind in fault.kinds]
            changed = self._changed(group) if len(kinds) == len(set(kinds)) else None
            if changed is not None:
                yield group, changed

    def _changed(self, group: tuple[Fault, ...]) -> Recipe | None:
        """The recipe with all of these faults; None where one undoes another."""
        recipe = self.recipe
        for fault in group:
            changed = fault.change(recipe, Random(f"{self.seed}:{self.base}:{fault.name}"))
            if changed is None or not keeps(self.recipe, recipe, changed):
                return None
            recipe = changed
        return recipe


def keeps(sound: Recipe, first: Recipe, both: Recipe) -> bool:
    """Whether another fault changes something, and nothing that those before it had changed."""
    return both != first and all(
        getattr(both, name) == getattr(first, name)
        for name in Recipe.__dataclass_fields__
        if getattr(first, name) != getattr(sound, name)
    )
