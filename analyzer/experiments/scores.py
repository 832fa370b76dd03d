"""Which score decides, and how good it is between chance and perfection."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.kinds import Problem
from analyzer.observed import Measured

CLASSES = ("balanced_accuracy", "roc_auc", "accuracy", "r2")
PREFERRED: dict[Problem, tuple[str, ...]] = {
    "binary": CLASSES,
    "multiclass": CLASSES,
    "sequence": ("balanced_accuracy", "accuracy", "r2"),
    "multilabel": ("average_precision", "roc_auc", "balanced_accuracy"),
    "regression": ("r2",),
    "autoencoder": ("r2",),
    "unknown": ("average_precision", *CLASSES),
}
"""Per problem, the deciding score first.

Balanced accuracy decides for classes: a program that answers one class for everything scores at
chance however the classes are balanced, which neither plain accuracy does nor a ranking score of a
model whose output barely varies. Where no run leaves chance by its decisions (a rare class after a
short training), the ranking decides instead.
"""
UNDECIDED = 0.02
"""Balanced accuracies this close to chance say that nothing has been decided yet."""

WORDS = {
    "balanced_accuracy": "balanced accuracy",
    "roc_auc": "ROC AUC",
    "average_precision": "average precision",
    "accuracy": "accuracy",
    "r2": "R2",
}


def deciding_score(problem: Problem, runs: Sequence[Measured]) -> str | None:
    """The score that all these runs have and that decides for the problem; None without one."""
    if not runs:
        return None
    shared = set.intersection(*(set(run.scores) for run in runs))
    names = [name for name in PREFERRED[problem] if name in shared]
    if not names:
        return None
    if names[0] == "balanced_accuracy" and "roc_auc" in names and all(map(_undecided, runs)):
        return "roc_auc"
    return names[0]


def _undecided(run: Measured) -> bool:
    return abs(run.scores["balanced_accuracy"] - chance_of(run, "balanced_accuracy")) <= UNDECIDED


def chance_of(run: Measured, name: str) -> float:
    """What a constant prediction scores."""
    return run.chance.get(name, 0.0)


def skill(run: Measured, name: str) -> float:
    """The score between chance (0) and perfection (1); negative below chance."""
    chance = chance_of(run, name)
    return (run.scores[name] - chance) / max(1.0 - chance, 1e-9)
