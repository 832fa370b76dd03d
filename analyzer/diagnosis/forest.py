"""A forest of decision trees as JSON, and its answer for one program; NumPy alone.

Each tree is a set of parallel arrays over its nodes, as scikit-learn keeps them: the feature that
a node asks for (-1 in a leaf), the threshold, the children, and where a missing value goes. A leaf
holds one share per label. Shares are averaged over the trees, then calibrated label by label by a
monotone, piecewise linear curve.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analyzer.diagnosis.arrays import Numbers

VERSION = 1


class ModelError(ValueError):
    """A model file that this version cannot read."""


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree.

    Attributes:
        feature, threshold, left, right, missing_left: per node.
        shares: (nodes, labels), in leaves.
    """

    feature: Sequence[int]
    threshold: Sequence[float]
    left: Sequence[int]
    right: Sequence[int]
    missing_left: Sequence[int]
    shares: Mapping[int, Sequence[float]]

    def answer(self, values: Numbers) -> Sequence[float]:
        """The leaf's shares; `values` rounded to single precision, as the trees were grown."""
        node = 0
        while self.feature[node] >= 0:
            value = values[self.feature[node]]
            if np.isnan(value):
                goes_left = bool(self.missing_left[node])
            else:
                goes_left = bool(value <= self.threshold[node])
            node = self.left[node] if goes_left else self.right[node]
        return self.shares[node]


@dataclass(frozen=True, slots=True)
class Forest:
    """A trained model.

    Attributes:
        features: names, in the order of the trees' numbers.
        labels: kinds of fault, and "sound".
        curves: per label, points (raw share, probability) of its calibration.
        sound_at: from this probability on a program is called sound.
        facts: how it was trained, for the reader.
    """

    features: tuple[str, ...]
    labels: tuple[str, ...]
    trees: tuple[Tree, ...]
    curves: tuple[tuple[tuple[float, float], ...], ...]
    sound_at: float
    facts: Mapping[str, Any]

    def raw(self, features: Mapping[str, float]) -> Numbers:
        """Share of each label before calibration, (labels,)."""
        given = [features.get(name, float("nan")) for name in self.features]
        values = np.asarray(given, dtype=np.float32).astype(float)
        return np.mean([tree.answer(values) for tree in self.trees], axis=0)

    def probabilities(self, features: Mapping[str, float]) -> dict[str, float]:
        """Probability of each label."""
        raw = self.raw(features)
        return {
            label: calibrated(float(share), curve)
            for label, share, curve in zip(self.labels, raw, self.curves, strict=True)
        }


def calibrated(share: float, curve: Sequence[tuple[float, float]]) -> float:
    """The probability that stands for a share."""
    return float(np.interp(share, [x for x, _ in curve], [y for _, y in curve]))


def forest_to_json(forest: Forest) -> str:
    """The model file."""
    trees = [
        {
            "feature": list(tree.feature),
            "threshold": list(tree.threshold),
            "left": list(tree.left),
            "right": list(tree.right),
            "missing_left": list(tree.missing_left),
            "shares": {str(node): _sparse(values) for node, values in tree.shares.items()},
        }
        for tree in forest.trees
    ]
    value = {
        "version": VERSION,
        "facts": dict(forest.facts),
        "sound_at": forest.sound_at,
        "features": forest.features,
        "labels": forest.labels,
        "curves": forest.curves,
        "trees": trees,
    }
    return json.dumps(value, separators=(",", ":")) + "\n"


def forest_from_json(text: str) -> Forest:
    """The model of a file.

    Raises:
        ModelError: it was written by another version.
    """
    value = json.loads(text)
    if value.get("version") != VERSION:
        raise ModelError(
            f"the model file has version {value.get('version')!r}, expected {VERSION}; rebuild it"
            " with `faultline train-diagnosis`"
        )
    return Forest(
        features=tuple(value["features"]),
        labels=tuple(value["labels"]),
        trees=tuple(_tree(tree, len(value["labels"])) for tree in value["trees"]),
        curves=tuple(tuple((x, y) for x, y in curve) for curve in value["curves"]),
        sound_at=value["sound_at"],
        facts=value["facts"],
    )


def _sparse(shares: Sequence[float]) -> list[float]:
    """Numbers of the labels that are there, each followed by its share: most leaves hold one."""
    return [number for at, share in enumerate(shares) if share for number in (at, share)]


def _tree(value: Mapping[str, Any], labels: int) -> Tree:
    shares = {int(node): _dense(pairs, labels) for node, pairs in value["shares"].items()}
    return Tree(**{**value, "shares": shares})


def _dense(pairs: Sequence[float], labels: int) -> list[float]:
    shares = [0.0] * labels
    for at, share in zip(pairs[::2], pairs[1::2], strict=True):
        shares[int(at)] = share
    return shares


def read_forest(path: Path) -> Forest:
    """The model of this file."""
    return forest_from_json(path.read_text(encoding="utf-8"))
