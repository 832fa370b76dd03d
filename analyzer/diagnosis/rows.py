"""The corpus as a table: one row per observed program, with its true kinds and its base."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import numpy as np

from analyzer.diagnosis.arrays import Flags, Numbers
from analyzer.diagnosis.corpus.cache import Cache
from analyzer.diagnosis.corpus.collecting import program_of
from analyzer.diagnosis.corpus.faults import FAULTS
from analyzer.diagnosis.corpus.samples import Sample
from analyzer.diagnosis.features import features_of
from analyzer.diagnosis.structure import has_structure, partial_views, structure_features
from analyzer.diagnosis.verdict import SOUND, applies
from analyzer.kinds import Kind
from analyzer.rules.base import Program

KINDS: tuple[Kind, ...] = tuple(
    kind for kind in get_args(Kind) if any(fault.kind == kind for fault in FAULTS)
)
LABELS: tuple[str, ...] = (*KINDS, SOUND)


@dataclass(frozen=True, slots=True)
class Rows:
    """Observed programs.

    Attributes:
        features: their names; values: (programs, features); truth: (programs, labels).
        samples: the programs; bases: the number of the base program of each.
    """

    features: tuple[str, ...]
    values: Numbers
    truth: Flags
    samples: tuple[Sample, ...]
    bases: Numbers

    def part(self, chosen: Flags) -> Rows:
        """The rows where `chosen` is true."""
        samples = tuple(s for s, keep in zip(self.samples, chosen, strict=True) if keep)
        return Rows(
            self.features, self.values[chosen], self.truth[chosen], samples, self.bases[chosen]
        )

    @property
    def sound(self) -> Flags:
        """Which rows are sound programs, (programs,)."""
        return np.asarray(self.truth[:, LABELS.index(SOUND)], dtype=bool)


def read_rows(cache: Cache, seeds: tuple[int, ...] = (0,)) -> Rows:
    """The observed programs of a corpus; those that could not be observed are left out."""
    return rows_of(
        [(sample, dict(features_of(program))) for sample, program in _observed(cache, seeds)]
    )


def read_structures(cache: Cache) -> Rows:
    """The same programs as if they had not trained, each in every partial view of it."""
    return rows_of(
        [
            (sample, dict(structure_features(view)))
            for sample, program in _observed(cache, (0,))
            for view in partial_views(program)
            if has_structure(view)
        ]
    )


def _observed(cache: Cache, seeds: tuple[int, ...]) -> Iterator[tuple[Sample, Program]]:
    known = {sample.name: sample for sample in cache.samples()}
    for name, seed, seen in cache.observations():
        if seed in seeds and name in known:
            program = program_of(known[name], seen)
            if applies(program):
                yield known[name], program


def rows_of(kept: list[tuple[Sample, dict[str, float]]]) -> Rows:
    """A table of these programs and features."""
    features = tuple(kept[0][1]) if kept else ()
    values = [[found[name] for name in features] for _, found in kept]
    return Rows(
        features=features,
        values=np.asarray(values, dtype=np.float32).astype(float).reshape(len(kept), len(features)),
        truth=np.asarray([truth_of(sample) for sample, _ in kept], dtype=bool).reshape(
            len(kept), len(LABELS)
        ),
        samples=tuple(sample for sample, _ in kept),
        bases=np.asarray([sample.base for sample, _ in kept], dtype=np.int64),
    )


def truth_of(sample: Sample) -> list[bool]:
    """Per label, whether it is true of the program."""
    return [label in sample.kinds or (label == SOUND and not sample.faults) for label in LABELS]
