"""Whether one observation gives the same verdict when it is repeated with other seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from analyzer.diagnosis.corpus.cache import Cache
from analyzer.diagnosis.corpus.collecting import program_of
from analyzer.diagnosis.corpus.samples import Sample
from analyzer.diagnosis.features import features_of
from analyzer.diagnosis.forest import Forest
from analyzer.diagnosis.rows import Rows
from analyzer.diagnosis.verdict import SOUND, LearnedVerdict, applies, judge

REPEATS = 10
SEEDS = tuple(range(1, REPEATS + 1))
"""Of the repeats; the corpus itself is observed with seed 0."""


@dataclass(frozen=True, slots=True)
class Stability:
    """Repeats of some programs.

    Attributes:
        programs, runs: how many; same: share of the repeats with the first run's verdict.
        called: likewise for "sound or not" alone.
    """

    programs: int
    runs: int
    same: float
    called: float


def spoken(verdict: LearnedVerdict) -> str:
    """The verdict in one word: "sound", or the most probable kind."""
    return SOUND if verdict.calls_sound else verdict.ranked[0]


def chosen(rows: Rows, amount: int) -> list[Sample]:
    """Programs to repeat, spread evenly over these rows."""
    step = max(1, len(rows.samples) // max(1, amount))
    return list(rows.samples[::step][:amount])


def stability(cache: Cache, forest: Forest, samples: Sequence[Sample]) -> Stability:
    """The verdicts of all observed repeats of these programs beside that of seed 0."""
    words: dict[str, dict[int, str]] = {}
    for name, seed, verdict in _verdicts(cache, forest, {s.name: s for s in samples}):
        words.setdefault(name, {})[seed] = spoken(verdict)
    pairs = [
        (runs[0], word)
        for runs in words.values()
        if 0 in runs
        for seed, word in runs.items()
        if seed in SEEDS
    ]
    same = [one == other for one, other in pairs]
    called = [(one == SOUND) == (other == SOUND) for one, other in pairs]
    return Stability(len(words), len(pairs), _share(same), _share(called))


def _verdicts(
    cache: Cache, forest: Forest, samples: Mapping[str, Sample]
) -> Iterator[tuple[str, int, LearnedVerdict]]:
    for name, seed, seen in cache.observations():
        if name in samples:
            program = program_of(samples[name], seen)
            if applies(program):
                yield name, seed, judge(forest, features_of(program))


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else float("nan")
