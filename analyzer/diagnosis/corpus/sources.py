"""The samples that generated programs train on: scikit-learn's sets and procedural ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from analyzer.diagnosis.corpus.drawn import SETS, digit_images, drawn_images, sums, waves
from analyzer.diagnosis.corpus.everyday import (
    categories,
    counts,
    few_rows,
    line,
    logic,
    patients,
    reviews,
)
from analyzer.diagnosis.corpus.recipe import Data, Task

STANDARD: tuple[str, ...] = ("X = StandardScaler().fit_transform(X)",)
MIN_MAX: tuple[str, ...] = ("X = MinMaxScaler().fit_transform(X)",)
BY_HAND = ("X = (X - X.mean(axis=0)) / (X.std(axis=0) + 1e-8)",)
SCALERS: tuple[tuple[str, ...], ...] = (STANDARD, MIN_MAX, BY_HAND)
TARGET = ("y = (y - y.mean()) / y.std()",)

Source = Callable[[Random], Data]


def _table(
    random: Random,
    task: Task,
    lines: Sequence[str],
    name: str,
    shape: Sequence[int],
    **more: object,
) -> Data:
    """A table that is scaled in one of the usual ways; `name` is imported from scikit-learn."""
    scaling: tuple[str, ...] = random.choice(SCALERS) if more.pop("wide", True) else ()
    helpers = {STANDARD: "StandardScaler", MIN_MAX: "MinMaxScaler"}
    helper = helpers.get(scaling)
    imports: tuple[tuple[str, str], ...] = ((SETS, name),) if name else ()
    if helper:
        imports += (("sklearn.preprocessing", helper),)
    samples, features, outputs = shape
    return Data(
        task=task,
        form="tabular",
        lines=tuple(lines),
        imports=imports,
        samples=samples,
        shape=(features,),
        outputs=outputs,
        scaling=scaling,
        **more,  # type: ignore[arg-type]
    )


def _loaded(name: str, task: Task, shape: tuple[int, int, int], linear: bool = True) -> Source:
    def make(random: Random) -> Data:
        line = random.choice(
            (f"X, y = {name}(return_X_y=True)", f"data = {name}()\nX, y = data.data, data.target")
        )
        return _table(random, task, line.split("\n"), name, shape, linear=linear)

    return make


def classification(random: Random) -> Data:
    """Gaussian clusters, some of them in columns of very different units."""
    classes, features = random.choice((2, 2, 3, 4, 5)), random.choice((8, 12, 20, 30))
    samples, wide = random.choice((400, 800, 1500)), random.random() < 0.6
    lines = [
        f"X, y = make_classification(n_samples={samples}, n_features={features},"
        f" n_informative={max(5, features // 2)}, n_classes={classes},"
        f" class_sep={random.choice((1.0, 1.5, 2.0))}, random_state={random.randrange(1000)})"
    ]
    if wide:
        lines.append(f"X = X * np.logspace(0, {random.choice((3, 4))}, X.shape[1]) + 100.0")
    task: Task = "binary" if classes == 2 else "multiclass"
    shape = (samples, features, classes)
    return _table(random, task, lines, "make_classification", shape, wide=wide)


def blobs(random: Random) -> Data:
    """Round clusters."""
    classes, samples = random.choice((2, 3, 5, 8)), random.choice((300, 600, 1000))
    features = random.choice((2, 4, 10))
    line = (
        f"X, y = make_blobs(n_samples={samples}, centers={classes}, n_features={features},"
        f" cluster_std={random.choice((1.0, 2.0))}, random_state={random.randrange(1000)})"
    )
    task: Task = "binary" if classes == 2 else "multiclass"
    return _table(random, task, [line], "make_blobs", (samples, features, classes), linear=True)


def planes(random: Random) -> Data:
    """Moons, circles, and the sign of a product: two classes that no line parts."""
    samples, seed = random.choice((400, 800, 1200)), random.randrange(1000)
    name = random.choice(("make_moons", "make_circles", ""))
    if name:
        noise = "noise=0.15" if name == "make_moons" else "noise=0.08, factor=0.4"
        lines = [f"X, y = {name}(n_samples={samples}, {noise}, random_state={seed})"]
    else:
        lines = [
            f"rng = np.random.default_rng({seed})",
            f"X = rng.uniform(-1.0, 1.0, size=({samples}, 2))",
            "y = (X[:, 0] * X[:, 1] > 0).astype(int)",
        ]
    return _table(random, "binary", lines, name, (samples, 2, 2), wide=False)


def rings(random: Random) -> Data:
    """Shells around the origin."""
    samples, classes = random.choice((500, 900)), random.choice((2, 3))
    line = (
        f"X, y = make_gaussian_quantiles(n_samples={samples}, n_features=4, n_classes={classes},"
        f" random_state={random.randrange(1000)})"
    )
    task: Task = "binary" if classes == 2 else "multiclass"
    shape = (samples, 4, classes)
    return _table(random, task, [line], "make_gaussian_quantiles", shape, wide=False)


def several_labels(random: Random) -> Data:
    """Several labels per sample: scikit-learn's bags of words, or signs of projections."""
    samples, labels, seed = (
        random.choice((500, 1000)),
        random.choice((3, 5)),
        random.randrange(1000),
    )
    if random.random() < 0.5:
        line = (
            f"X, y = make_multilabel_classification(n_samples={samples}, n_features=20,"
            f" n_classes={labels}, random_state={seed})"
        )
        name = "make_multilabel_classification"
        return _table(random, "multilabel", [line], name, (samples, 20, labels), linear=True)
    lines = [
        f"rng = np.random.default_rng({seed})",
        f"X = rng.normal(size=({samples}, 10))",
        f"y = (X @ rng.normal(size=(10, {labels})) > 0.5).astype(int)",
    ]
    shape = (samples, 10, labels)
    return _table(random, "multilabel", lines, "", shape, wide=False, linear=True)


def friedman(random: Random) -> Data:
    """Friedman's first function, or a linear one, of ten inputs."""
    samples, seed = random.choice((400, 800, 1500)), random.randrange(1000)
    linear = random.random() < 0.4
    if linear:
        line = (
            f"X, y = make_regression(n_samples={samples}, n_features=10, noise=5.0,"
            f" random_state={seed})"
        )
        name = "make_regression"
    else:
        name = "make_friedman1"
        line = f"X, y = make_friedman1(n_samples={samples}, noise=0.3, random_state={seed})"
    lines, wide = [line], random.random() < 0.5
    if wide:
        lines.append("X = X * np.logspace(0, 3, X.shape[1]) + 50.0")
    shape = (samples, 10, 1)
    return _table(
        random, "regression", lines, name, shape, wide=wide, target_scaling=TARGET, linear=linear
    )


def curve(random: Random) -> Data:
    """A smooth function of one or two numbers, of moderate values."""
    samples, seed = random.choice((300, 600, 1000)), random.randrange(1000)
    lines = [
        f"rng = np.random.default_rng({seed})",
        f"X = rng.uniform(-2.0, 2.0, size=({samples}, 2))",
        random.choice(
            ("y = np.sin(2.0 * X[:, 0]) + 0.5 * X[:, 1]", "y = X[:, 0] ** 2 - X[:, 0] * X[:, 1]")
        ),
    ]
    return _table(random, "regression", lines, "", (samples, 2, 1), wide=False)


def diabetes(random: Random) -> Data:
    """The diabetes progression, in its own units."""
    line = "X, y = load_diabetes(return_X_y=True, scaled=False)"
    shape = (442, 10, 1)
    return _table(
        random,
        "regression",
        [line],
        "load_diabetes",
        shape,
        target_scaling=TARGET,
        linear=True,
    )


SOURCES: tuple[tuple[Source, int], ...] = (
    (classification, 5),
    (blobs, 2),
    (planes, 3),
    (rings, 1),
    (several_labels, 3),
    (friedman, 4),
    (curve, 2),
    (diabetes, 2),
    (_loaded("load_breast_cancer", "binary", (569, 30, 2)), 2),
    (_loaded("load_wine", "multiclass", (178, 13, 3)), 2),
    (_loaded("load_iris", "multiclass", (150, 4, 3)), 1),
    (_loaded("load_digits", "multiclass", (1797, 64, 10)), 2),
    (digit_images, 4),
    (drawn_images, 4),
    (waves, 4),
    (sums, 2),
    (logic, 5),
    (few_rows, 4),
    (counts, 6),
    (patients, 3),
    (line, 4),
    (categories, 3),
    (reviews, 4),
)
"""Each set with its weight."""


def draw_data(random: Random) -> Data:
    """One set of samples."""
    makers, weights = zip(*SOURCES, strict=True)
    make: Source = random.choices(makers, weights)[0]
    return make(random)
