"""How good the learned diagnosis is, on programs of base programs that it was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analyzer.diagnosis.arrays import Flags, Numbers
from analyzer.diagnosis.corpus.cache import Cache
from analyzer.diagnosis.forest import Forest
from analyzer.diagnosis.rows import KINDS, LABELS, Rows, read_rows, read_structures
from analyzer.diagnosis.training import (
    METHODS,
    calibration_curves,
    out_of_fold,
    train_model,
    train_structure,
)
from analyzer.diagnosis.verdict import SOUND

HELD_OUT = 4  # every so many-th base program is held out
TOP = 2
NAMED = 0.5  # from this probability on a kind counts as named, for precision and recall
SOUND_AT = LABELS.index(SOUND)


@dataclass(frozen=True, slots=True)
class Figures:
    """One method on one set of programs.

    Attributes:
        top_two: share of the faulty programs with a true kind among the first two.
        top_one: among the first.
        sound_kept: share of the sound programs that are called sound.
        faulty_caught: share of the faulty programs that are not called sound.
        precision, recall: over all kinds together, of kinds at probability one half or more.
    """

    method: str
    faulty: int
    sound: int
    top_two: float
    top_one: float
    sound_kept: float
    faulty_caught: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class KindFigures:
    """One kind of fault.

    Attributes:
        programs: held-out programs that have it; top_two: share of them in which it is among the
            first two kinds.
    """

    kind: str
    programs: int
    precision: float
    recall: float
    top_two: float


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Everything that is told of the held-out programs.

    Attributes:
        trained: programs trained on; bases, held_bases: base programs on either side.
        methods: every method; kinds: the shipped one, kind by kind.
    """

    trained: int
    bases: int
    held_bases: int
    methods: tuple[Figures, ...]
    kinds: tuple[KindFigures, ...]


def held_out(rows: Rows) -> Flags:
    """The programs that are not trained on, whole families of them."""
    return np.asarray(rows.bases % HELD_OUT == HELD_OUT - 1, dtype=bool)


def held_out_figures(cache: Path) -> tuple[HeldOut, HeldOut]:
    """Every method, trained on one part of a corpus, on the other; and what structure says."""
    corpus = Cache(cache)
    return evaluate(read_rows(corpus)), evaluate_structure(read_structures(corpus))


def evaluate(rows: Rows, methods: Sequence[str] = tuple(METHODS)) -> HeldOut:
    """The figures of each method; the split is by base program."""
    return _evaluate(rows, methods, train_model)


def evaluate_structure(rows: Rows) -> HeldOut:
    """The figures of the model of structures."""
    return _evaluate(rows, tuple(METHODS)[:1], train_structure)


def _evaluate(rows: Rows, methods: Sequence[str], ship: Callable[[Rows], Forest]) -> HeldOut:
    held = held_out(rows)
    own, other = rows.part(~held), rows.part(held)
    figures: list[Figures] = []
    kinds: tuple[KindFigures, ...] = ()
    for name in methods:
        found, sound_at = judged(name, own, other, ship)
        figures.append(figures_of(name, found, other, sound_at))
        kinds = kinds or tuple(kind_figures(found, other))
    return HeldOut(
        trained=len(own.bases),
        bases=len(set(own.bases.tolist())),
        held_bases=len(set(other.bases.tolist())),
        methods=tuple(figures),
        kinds=kinds,
    )


def judged(
    name: str, own: Rows, other: Rows, ship: Callable[[Rows], Forest]
) -> tuple[Numbers, float]:
    """Probabilities of `other` by a method trained on `own`, and its threshold for "sound".

    The first method is shipped: `ship` makes what is shipped of it.
    """
    train = METHODS[name]
    if name == next(iter(METHODS)):
        forest = ship(own)
        return probabilities(forest, other), forest.sound_at
    if name.startswith("always"):
        return train(own)(other.values), 0.5
    raw = out_of_fold(own, train)
    curves = calibration_curves(raw, own)
    found = calibrate(train(own)(other.values), curves)
    sound = calibrate(raw[own.sound], curves)[:, SOUND_AT]
    return found, float(np.quantile(sound, 0.03)) if len(sound) else 0.5


def calibrate(raw: Numbers, curves: Sequence[Sequence[tuple[float, float]]]) -> Numbers:
    """Probabilities from raw shares, label by label."""
    columns = [np.interp(raw[:, at], *zip(*curve, strict=True)) for at, curve in enumerate(curves)]
    return np.stack(columns, axis=1)


def probabilities(forest: Forest, rows: Rows) -> Numbers:
    """By the shipped evaluator, row by row."""
    found = [
        forest.probabilities(dict(zip(rows.features, map(float, values), strict=True)))
        for values in rows.values
    ]
    return np.asarray([[row[label] for label in LABELS] for row in found])


def figures_of(name: str, found: Numbers, rows: Rows, sound_at: float) -> Figures:
    """The figures of one method."""
    faulty = ~rows.sound
    kinds, truth = found[:, : len(KINDS)], rows.truth[:, : len(KINDS)]
    order = np.argsort(-kinds, axis=1, kind="stable")
    hit = np.take_along_axis(truth, order, axis=1)
    called = found[:, SOUND_AT] >= sound_at
    named = (kinds >= NAMED) & ~called[:, None]
    right = float((named & truth).sum())
    return Figures(
        method=name,
        faulty=int(faulty.sum()),
        sound=int(rows.sound.sum()),
        top_two=_share(hit[faulty, :TOP].any(axis=1)),
        top_one=_share(hit[faulty, 0]),
        sound_kept=_share(called[rows.sound]),
        faulty_caught=_share(~called[faulty]),
        precision=right / max(1.0, float(named.sum())),
        recall=right / max(1.0, float(truth.sum())),
    )


def _share(values: Flags) -> float:
    return float(values.mean()) if len(values) else float("nan")


def kind_figures(found: Numbers, rows: Rows) -> list[KindFigures]:
    """Every kind of the corpus."""
    kinds = found[:, : len(KINDS)]
    first = np.argsort(-kinds, axis=1, kind="stable")[:, :TOP]
    figures = []
    for at, kind in enumerate(KINDS):
        truth, named = rows.truth[:, at], kinds[:, at] >= NAMED
        right = float((truth & named).sum())
        figures.append(
            KindFigures(
                kind=kind,
                programs=int(truth.sum()),
                precision=right / named.sum() if named.any() else float("nan"),
                recall=right / truth.sum() if truth.any() else float("nan"),
                top_two=_share((first[truth] == at).any(axis=1)),
            )
        )
    return figures
