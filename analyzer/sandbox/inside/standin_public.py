"""Invented versions of the public data sets of `keras.datasets`: form of the original, own values.

Shapes, dtypes, value ranges, numbers of classes and their balance are the originals' (MNIST:
LeCun et al. 1998; CIFAR: Krizhevsky 2009; IMDB: Maas et al. 2011; Reuters-21578; Boston: Harrison
and Rubinfeld 1978; California: Pace and Barry 1997).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import standin_arrays as arrays

_MNIST = (
    (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
    (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
)
_REUTERS = (
    67,
    537,
    94,
    3972,
    2423,
    22,
    62,
    19,
    177,
    126,
    154,
    473,
    62,
    209,
    28,
    29,
    543,
    51,
    86,
    682,
    339,
    127,
    22,
    53,
    81,
    123,
    32,
    19,
    58,
    23,
    57,
    52,
    42,
    16,
    57,
    16,
    60,
    21,
    22,
    29,
    46,
    38,
    16,
    27,
    17,
    19,
)
_TEXTS = 4000  # reviews per half: 25,000 Python lists would cost seconds and half a gigabyte

Halves = tuple[tuple[Any, Any], tuple[Any, Any]]


def mnist(rng: Any, *_arguments: Any, **_keywords: Any) -> Halves:
    """60,000 and 10,000 digits: uint8 (n, 28, 28), labels uint8 (n,)."""
    return _halves([_digits(rng, sum(balance), balance) for balance in _MNIST])


def _digits(rng: Any, n: int, balance: Any) -> tuple[Any, Any]:
    y = arrays.class_numbers(rng, n, 10, balance)
    return arrays.images(_same(rng, "digits"), y, (28, 28), sparse=True), y.astype("uint8")


def fashion_mnist(rng: Any, *_arguments: Any, **_keywords: Any) -> Halves:
    """60,000 and 10,000 garments: uint8 (n, 28, 28), ten equal classes."""
    return _halves([_pictures(rng, n, 10, (28, 28)) for n in (60_000, 10_000)])


def cifar10(rng: Any, *_arguments: Any, **_keywords: Any) -> Halves:
    """50,000 and 10,000 pictures: uint8 (n, 32, 32, 3), labels uint8 (n, 1)."""
    return _column([_pictures(rng, n, 10, (32, 32, 3)) for n in (50_000, 10_000)])


def cifar100(rng: Any, label_mode: str = "fine", **_keywords: Any) -> Halves:
    """The same with 100 classes, or 20 coarse ones."""
    classes = 100 if label_mode == "fine" else 20
    return _column([_pictures(rng, n, classes, (32, 32, 3)) for n in (50_000, 10_000)])


def _pictures(rng: Any, n: int, classes: int, shape: tuple[int, ...]) -> tuple[Any, Any]:
    y = arrays.class_numbers(rng, n, classes)
    return arrays.images(_same(rng, "pictures"), y, shape), y.astype("uint8")


def _same(rng: Any, name: str) -> Any:
    """Both halves must show the same patterns, so these come from a generator of their own."""
    import numpy

    seed = numpy.frombuffer(name.encode().ljust(8)[:8], dtype=numpy.uint32)
    del rng
    return numpy.random.default_rng(seed)


def _halves(halves: list[tuple[Any, Any]]) -> Halves:
    return halves[0], halves[1]


def _column(halves: list[tuple[Any, Any]]) -> Halves:
    (x, y), (xt, yt) = halves
    return (x, y.reshape(-1, 1)), (xt, yt.reshape(-1, 1))


def imdb(
    rng: Any, *_arguments: Any, num_words: Any = None, maxlen: Any = None, **_keywords: Any
) -> Halves:
    """Reviews as lists of word numbers from 1 (the start mark) up, labels int64 0/1."""
    return _halves(
        [_reviews(rng, _TEXTS, 2, (1, 1), num_words or 88_584, maxlen or 235) for _ in range(2)]
    )


def reuters(
    rng: Any, *_arguments: Any, num_words: Any = None, maxlen: Any = None, **_keywords: Any
) -> Halves:
    """8,982 and 2,246 newswires of 46 unequal topics."""
    return _halves(
        [_reviews(rng, n, 46, _REUTERS, num_words or 30_979, maxlen or 145) for n in (8_982, 2_246)]
    )


def _reviews(
    rng: Any, n: int, classes: int, balance: Any, vocabulary: int, length: int
) -> tuple[Any, Any]:
    import numpy

    y = arrays.class_numbers(rng, n, classes, balance)
    numbers = numpy.minimum(arrays.tokens(rng, y, length, vocabulary - 3) + 3, vocabulary - 1)
    numbers[:, 0] = 1
    lengths = rng.integers(max(length // 3, 2), length + 1, n)
    texts: Any = numpy.empty(n, dtype=object)
    for i, (row, size) in enumerate(zip(numbers.tolist(), lengths.tolist(), strict=True)):
        texts[i] = row[:size]
    return texts, y.astype("int64")


def boston_housing(rng: Any, *_arguments: Any, **_keywords: Any) -> Halves:
    """404 and 102 rows of 13 features, prices 5..50."""
    return _houses(rng, 404, 102, 13, (5.0, 50.0))


def california_housing(
    rng: Any, *_arguments: Any, version: str = "large", **_keywords: Any
) -> Halves:
    """16,512 and 4,128 (small: 480 and 120) float32 rows of 8 features, prices in dollars."""
    train, test = (480, 120) if version == "small" else (16_512, 4_128)
    (x, y), (xt, yt) = _houses(rng, train, test, 8, (14_999.0, 500_001.0))
    return (x.astype("float32"), y.astype("float32")), (xt.astype("float32"), yt.astype("float32"))


def _houses(rng: Any, train: int, test: int, features: int, prices: tuple[float, float]) -> Halves:
    import numpy

    x = arrays.table(rng, numpy.zeros(train + test, dtype=int), features)
    y = arrays.linear(rng, x)
    y = (y - y.min()) / (y.max() - y.min()) * (prices[1] - prices[0]) + prices[0]
    return (x[:train], y[:train]), (x[train:], y[train:])


def word_index(*_arguments: Any, **_keywords: Any) -> dict[str, int]:
    """Invented words, numbered from 1."""
    syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
    return {
        syllables[i // 4900 % 70] + syllables[i // 70 % 70] + syllables[i % 70]: i + 1
        for i in range(30_000)
    }


MAKERS: dict[str, Callable[..., Halves]] = {
    "mnist": mnist,
    "fashion_mnist": fashion_mnist,
    "cifar10": cifar10,
    "cifar100": cifar100,
    "imdb": imdb,
    "reuters": reuters,
    "boston_housing": boston_housing,
    "california_housing": california_housing,
}
