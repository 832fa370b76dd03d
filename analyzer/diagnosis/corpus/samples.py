"""Generated programs: a sound one and its faulty siblings, each with what was seeded in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from analyzer.diagnosis.corpus.drawing import draw_recipe
from analyzer.diagnosis.corpus.faults import Fault, applicable
from analyzer.diagnosis.corpus.keras_text import keras_program
from analyzer.diagnosis.corpus.recipe import Recipe, Role, Seeded, Written
from analyzer.diagnosis.corpus.text import Lines
from analyzer.diagnosis.corpus.torch_text import torch_program
from analyzer.kinds import Kind

KERAS_EVERY = 3  # of so many base programs one is written for Keras: its runs take longer


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
        keras = base % KERAS_EVERY == KERAS_EVERY - 1 and not torch_only
        return cls(base, seed, draw_recipe(random, "keras" if keras else "torch"))

    @property
    def sound(self) -> Sample:
        """The program without a fault."""
        return make_sample(self.base, self.seed, self.recipe)

    def singles(self) -> list[tuple[Fault, Recipe]]:
        """Every fault that applies, in random order."""
        random = Random(f"{self.seed}:{self.base}:faults")
        found = list(applicable(self.recipe, random))
        random.shuffle(found)
        return found

    def pairs(self, those: list[Fault]) -> Iterator[tuple[Fault, Fault, Recipe]]:
        """Two of these faults of different kinds in one program, in random order."""
        random = Random(f"{self.seed}:{self.base}:pairs")
        order = [(one, two) for one in those for two in those if one.kind != two.kind]
        random.shuffle(order)
        for one, two in order:
            first = one.change(self.recipe, Random(f"{self.seed}:{self.base}:{one.name}"))
            both = first and two.change(first, Random(f"{self.seed}:{self.base}:{two.name}"))
            if first is not None and both is not None and keeps(self.recipe, first, both):
                yield one, two, both


def keeps(sound: Recipe, first: Recipe, both: Recipe) -> bool:
    """Whether the second fault left what the first had changed."""
    return both != first and all(
        getattr(both, name) == getattr(first, name)
        for name in Recipe.__dataclass_fields__
        if getattr(first, name) != getattr(sound, name)
    )
