"""Invented arrays: pure NumPy, learnable, in the form of what is missing.

Images are a class's own blurred pattern plus noise; tables are classes with shifted means or a
noisy linear function; texts draw some words more often in one class. About as hard as an easy real
data set, and nothing more is promised: no finding may rest on these values.
"""

from __future__ import annotations

from typing import Any


def class_numbers(rng: Any, n: int, classes: int, balance: Any = None) -> Any:
    """Shuffled class numbers, shape (n,), every class at least once when n allows.

    Args:
        rng: a NumPy generator.
        n: how many.
        classes: how many classes.
        balance: relative class sizes, equal when None.
    """
    import numpy

    share = numpy.ones(classes) if balance is None else numpy.asarray(balance, float)
    counts = numpy.maximum(1, numpy.floor(share / share.sum() * n)).astype(int)
    numbers: Any = numpy.repeat(numpy.arange(classes), counts)
    numbers = numpy.resize(numbers, n) if len(numbers) < n else numbers[:n]
    return rng.permutation(numbers)


def images(rng: Any, labels: Any, shape: tuple[int, ...], sparse: bool = False) -> Any:
    """uint8 images, shape (n, *shape) with channels last, values 0..255.

    Args:
        rng: a NumPy generator.
        labels: class numbers, shape (n,).
        shape: (height, width) or (height, width, channels).
        sparse: mostly black, as handwritten digits are.
    """
    import numpy

    full = shape if len(shape) == 3 else (*shape, 1)
    classes = int(labels.max()) + 1 if len(labels) else 1
    coarse = rng.random((classes, 7, 7, full[2]))
    rows: Any = numpy.arange(full[0]) * 7 // full[0]
    columns: Any = numpy.arange(full[1]) * 7 // full[1]
    patterns = coarse[:, rows][:, :, columns]
    if sparse:
        patterns = numpy.where(patterns > 0.8, 0.9, 0.0)
    patterns = (patterns * 191).astype(numpy.uint8)
    out = patterns[labels]
    for start in range(0, len(out), 4096):
        part = out[start : start + 4096]
        noise = numpy.frombuffer(rng.bytes(part.size), numpy.uint8).reshape(part.shape) & 63
        if sparse:
            noise[part == 0] = 0
        part += noise
    result: Any = out.reshape(len(labels), *shape)
    return result


def table(rng: Any, labels: Any, columns: int, *, raw: bool = True) -> Any:
    """Features of class numbers, shape (n, columns), float64, means apart.

    Args:
        raw: in units of their own, far from zero; else about 0 ± 2, so that no fault of a program
            hides behind numbers that nobody has measured.
    """
    import numpy

    classes = int(labels.max()) + 1 if len(labels) else 1
    centres = rng.normal(0, 1.5, (classes, columns))
    scales = 10.0 ** rng.integers(0, 3, columns)
    values = centres[labels] + rng.normal(size=(len(labels), columns))
    return numpy.round((values + 5) * scales if raw else values, 4)


def linear(rng: Any, x: Any, *, middle: float = 20.0, spread: float = 10.0) -> Any:
    """A noisy linear function of features, shape (n,), about `middle` ± `spread`."""
    standard = (x - x.mean(0)) / (x.std(0) + 1e-9)
    weights = rng.normal(size=x.shape[1]) / x.shape[1] ** 0.5
    return middle + spread * (standard @ weights + 0.1 * rng.normal(size=len(x)))


def tokens(rng: Any, labels: Any, length: int, vocabulary: int) -> Any:
    """Word numbers 1..vocabulary-1, shape (n, length); each class prefers its own words."""
    import numpy

    top = max(vocabulary - 1, 1)
    common = numpy.minimum(rng.zipf(1.3, (len(labels), length)), top)
    classes = int(labels.max()) + 1 if len(labels) else 1
    own = (rng.integers(0, 8, common.shape) * classes + labels[:, None] + 10) % top + 1
    return numpy.where(rng.random(common.shape) < 0.25, own, common)


def words(rng: Any, labels: Any, length: int = 20) -> list[str]:
    """Texts of invented words, one per label."""
    syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
    numbers = tokens(rng, labels, length, 2000)
    return [" ".join(syllables[w % 70] + syllables[w // 70 % 70] for w in row) for row in numbers]


def samples(rng: Any, labels: Any, shape: tuple[int, ...]) -> Any:
    """float32 samples of any shape, shape (n, *shape): class pattern plus noise, about ±2."""
    import numpy

    classes = int(labels.max()) + 1 if len(labels) else 1
    patterns = rng.normal(size=(classes, *shape)).astype(numpy.float32)
    noise = rng.standard_normal((len(labels), *shape), dtype=numpy.float32)
    return patterns[labels] * 0.7 + noise
