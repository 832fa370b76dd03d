"""Images and sequences that generated programs train on, drawn by a few lines each."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from analyzer.diagnosis.corpus.recipe import Data, Form, Task

SETS = "sklearn.datasets"


def _made(form: Form, task: Task, lines: Sequence[str], **facts: Any) -> Data:
    imports = facts.pop("imports", ())
    return Data(task=task, form=form, lines=tuple(lines), imports=imports, **facts)


def digit_images(random: Random) -> Data:
    """The 8 by 8 digits as images, in their own units or in bytes."""
    bytes_, samples = random.random() < 0.5, random.choice((600, 1000))
    lines = [
        "digits = load_digits()",
        f"X, y = digits.images[:{samples}, :, :, None], digits.target[:{samples}]",
    ]
    if bytes_:
        lines.append("X = np.floor(X * 255.0 / 16.0)")
    bound = 255.0 if bytes_ else 16.0
    scaling = random.choice((f"X = X / {bound}", f"X = X / {bound / 2} - 1.0"))
    return _made(
        "images",
        "multiclass",
        lines,
        imports=((SETS, "load_digits"),),
        samples=samples,
        shape=(8, 8, 1),
        outputs=10,
        scaling=(scaling,),
        linear=True,
    )


def drawn_images(random: Random) -> Data:
    """Bars in four directions or a bright quadrant, in bytes, in one or three channels."""
    samples, channels = random.choice((400, 800)), random.choice((1, 3))
    side, classes = random.choice((10, 12)), random.choice((2, 4))
    lines = [
        f"rng = np.random.default_rng({random.randrange(1000)})",
        f"y = rng.integers(0, {classes}, size={samples})",
        f"X = rng.uniform(0.0, 120.0, size=({samples}, {side}, {side}, {channels}))",
        "for i, label in enumerate(y):",
        f"    a, b = rng.integers(1, {side - 3}, size=2)",
        "    if label == 0:",
        "        X[i, a : a + 2, :, :] += 110.0",
        "    elif label == 1:",
        "        X[i, :, b : b + 2, :] += 110.0",
        "    elif label == 2:",
        "        X[i, a : a + 4, b : b + 4, :] += 110.0",
    ]
    task: Task = "binary" if classes == 2 else "multiclass"
    return _made(
        "images",
        task,
        lines,
        samples=samples,
        shape=(side, side, channels),
        outputs=classes,
        scaling=("X = X / 255.0",),
    )


def waves(random: Random) -> Data:
    """Noisy waves: which frequency, or the value that comes next."""
    samples, length = random.choice((400, 700)), random.choice((16, 24))
    lines = [
        f"rng = np.random.default_rng({random.randrange(1000)})",
        f"phase = rng.uniform(0.0, 6.28, size=({samples}, 1))",
    ]
    if random.random() < 0.5:
        classes = random.choice((2, 3))
        lines += [
            f"y = rng.integers(0, {classes}, size={samples})",
            f"t = np.arange({length})[None, :]",
            "X = np.sin(phase + t * (0.3 + 0.5 * y[:, None]))[..., None]",
            "X = X + rng.normal(scale=0.1, size=X.shape)",
        ]
        task: Task = "binary" if classes == 2 else "multiclass"
        outputs = classes
    else:
        lines += [
            f"t = np.arange({length + 1})[None, :]",
            "waves = np.sin(phase + t * 0.4)",
            "X, y = waves[:, :-1, None], waves[:, -1]",
        ]
        task, outputs = "regression", 1
    scaling: tuple[str, ...] = ()
    if random.random() < 0.4:
        lines.append("X = 500.0 + 200.0 * X")
        scaling = ("X = (X - X.mean()) / X.std()",)
    facts = {"samples": samples, "shape": (length, 1), "outputs": outputs, "scaling": scaling}
    return _made("sequence", task, lines, **facts)


def sums(random: Random) -> Data:
    """Whether the sum of a sequence is positive."""
    samples, length = random.choice((500, 900)), random.choice((10, 15))
    lines = [
        f"rng = np.random.default_rng({random.randrange(1000)})",
        f"X = rng.normal(size=({samples}, {length}, 2))",
        "y = (X[:, :, 0].sum(axis=1) > 0).astype(int)",
    ]
    facts = {"samples": samples, "shape": (length, 2), "outputs": 2}
    return _made("sequence", "binary", lines, **facts)
