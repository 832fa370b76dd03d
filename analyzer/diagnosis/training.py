"""Models over the features, trained with scikit-learn; what is shipped, and what it is compared to.

Every model gives one share per label. scikit-learn is imported when a model is trained, not when
the analyzer starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

import numpy as np

from analyzer.diagnosis.arrays import Flags, Numbers
from analyzer.diagnosis.forest import Forest, Tree
from analyzer.diagnosis.rows import LABELS, Rows
from analyzer.diagnosis.verdict import SOUND

Estimate = Callable[[Numbers], Numbers]
"""Shares of the labels, (programs, labels), from features, (programs, features)."""

SEED = 5
FOLDS = 5
TREES, LEAF = 120, 2
FEWER_TREES, LARGER_LEAF = 80, 6
"""Of the model of structures, which has three rows of each program."""
SOUND_KEPT = 0.97
"""Share of the sound programs, on folds held out by base, that the threshold lets through."""
DIGITS = 3  # of shares in the file


def grow_forest(rows: Rows, trees: int = TREES, leaf: int = LEAF, seed: int = SEED) -> Any:
    """The shipped model's trees: randomized ones, which keep missing values as they are."""
    from sklearn.ensemble import ExtraTreesClassifier

    forest = ExtraTreesClassifier(
        n_estimators=trees,
        min_samples_leaf=leaf,
        max_features=0.3,
        random_state=seed,
        class_weight=None,
    )
    return forest.fit(rows.values, rows.truth)


def shares(model: Any, values: Numbers) -> Numbers:
    """The estimated shares of a multi-label model, (programs, labels)."""
    return np.stack(
        [
            each[:, list(classes).index(True)] if True in list(classes) else np.zeros(len(values))
            for each, classes in zip(model.predict_proba(values), model.classes_, strict=True)
        ],
        axis=1,
    )


def extra_trees(rows: Rows, trees: int = TREES, leaf: int = LEAF) -> Estimate:
    """Randomized trees."""
    model = grow_forest(rows, trees, leaf)
    return lambda values: shares(model, values)


def random_forest(rows: Rows) -> Estimate:
    """Breiman's forest."""
    from sklearn.ensemble import RandomForestClassifier

    model = RandomForestClassifier(n_estimators=TREES, min_samples_leaf=2, random_state=SEED)
    model.fit(rows.values, rows.truth)
    return lambda values: shares(model, values)


def boosting(rows: Rows) -> Estimate:
    """Gradient boosting on histograms, one model per label."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    models = []
    known = np.isfinite(rows.values).any(axis=0)  # it refuses columns without any value
    for at in range(len(LABELS)):
        truth = rows.truth[:, at]
        model = HistGradientBoostingClassifier(
            max_iter=60, learning_rate=0.1, max_leaf_nodes=15, random_state=SEED
        )
        models.append(
            model.fit(rows.values[:, known], truth) if 0 < truth.sum() < len(truth) else None
        )

    def estimate(values: Numbers) -> Numbers:
        columns = [
            np.zeros(len(values)) if model is None else model.predict_proba(values[:, known])[:, 1]
            for model in models
        ]
        return np.stack(columns, axis=1)

    return estimate


def paper_union(rows: Rows) -> Estimate:
    """The paper's: nearest neighbours, a decision tree and a random forest, votes united.

    Its labels are those that any of the three gives; they are ranked by the mean of the votes.
    """
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import MinMaxScaler
    from sklearn.tree import DecisionTreeClassifier

    steps = (
        (MinMaxScaler(), KNeighborsClassifier()),
        (DecisionTreeClassifier(random_state=SEED),),
        (RandomForestClassifier(random_state=SEED),),
    )
    filled = {"strategy": "median", "keep_empty_features": True}
    models = [make_pipeline(SimpleImputer(**filled), *those) for those in steps]
    for model in models:
        model.fit(rows.values, rows.truth)
    return lambda values: np.mean([shares(model, values) for model in models], axis=0)


def output_activation_blamer(rows: Rows) -> Estimate:
    """The trivial baseline: it is always the output activation."""
    del rows
    votes = np.asarray([float(label == "output_activation") for label in LABELS])
    return lambda values: np.tile(votes, (len(values), 1))


METHODS: Mapping[str, Callable[[Rows], Estimate]] = {
    "randomized trees (shipped)": extra_trees,
    "random forest": random_forest,
    "gradient boosting": boosting,
    "the paper's union": paper_union,
    "always the output activation": output_activation_blamer,
}


def out_of_fold(rows: Rows, train: Callable[[Rows], Estimate], folds: int = FOLDS) -> Numbers:
    """Shares of every program by models that saw none of its base's programs."""
    from sklearn.model_selection import GroupKFold

    found = np.zeros(rows.truth.shape)
    split = GroupKFold(n_splits=min(folds, len(set(rows.bases.tolist()))))
    for own, held in split.split(rows.values, groups=rows.bases):
        chosen: Flags = np.zeros(len(rows.bases), dtype=bool)
        chosen[own] = True
        found[held] = train(rows.part(chosen))(rows.values[held])
    return found


def calibration_curves(raw: Numbers, rows: Rows) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Per label a monotone curve from raw shares to how often they are right (isotonic)."""
    from sklearn.isotonic import IsotonicRegression

    curves = []
    for at in range(len(LABELS)):
        fit = IsotonicRegression(y_min=0.005, y_max=0.995, out_of_bounds="clip")
        fit.fit(raw[:, at], rows.truth[:, at].astype(float))
        # A tilt keeps the order of what lies on one step of the isotonic stairs.
        xs = sorted({0.0, 1.0, *(round(float(x), 4) for x in fit.X_thresholds_)})
        ys = fit.predict(np.asarray(xs))
        curves.append(
            tuple((x, round(0.98 * float(y) + 0.02 * x, 4)) for x, y in zip(xs, ys, strict=True))
        )
    return tuple(curves)


def train_structure(rows: Rows, facts: Mapping[str, Any] | None = None) -> Forest:
    """The model of programs that did not train on their own data."""
    return train_model(rows, facts, FEWER_TREES, LARGER_LEAF)


def train_model(
    rows: Rows, facts: Mapping[str, Any] | None = None, trees: int = TREES, leaf: int = LEAF
) -> Forest:
    """The model that is shipped: trees, calibration and threshold, all from these rows."""
    raw = out_of_fold(rows, partial(extra_trees, trees=trees, leaf=leaf))
    curves = calibration_curves(raw, rows)
    at = LABELS.index(SOUND)
    sound = np.interp(raw[rows.sound, at], *zip(*curves[at], strict=True))
    return Forest(
        features=rows.features,
        labels=LABELS,
        trees=tuple(_tree(one.tree_) for one in grow_forest(rows, trees, leaf).estimators_),
        curves=curves,
        sound_at=round(float(np.quantile(sound, 1.0 - SOUND_KEPT)), 4) if len(sound) else 0.5,
        facts={"trained": date.today().isoformat(), "programs": len(rows.bases), **(facts or {})},
    )


def _tree(tree: Any) -> Tree:
    """A fitted tree of scikit-learn as plain arrays."""
    leaves = np.flatnonzero(tree.children_left < 0)
    counts = tree.value[leaves]  # (leaves, labels, classes), False before True
    parts = counts[:, :, -1] / counts.sum(axis=2)
    nodes = tree.__getstate__()["nodes"]
    return Tree(
        feature=[int(f) if f >= 0 else -1 for f in tree.feature],
        threshold=[_short(float(t)) for t in tree.threshold],
        left=tree.children_left.tolist(),
        right=tree.children_right.tolist(),
        missing_left=nodes["missing_go_to_left"].astype(int).tolist(),
        shares={
            int(leaf): [round(float(v), DIGITS) for v in row]
            for leaf, row in zip(leaves, parts, strict=True)
        },
    )


def _short(value: float) -> float:
    """Seven digits: single precision, in which the trees were grown."""
    return float(f"{value:.7g}")
