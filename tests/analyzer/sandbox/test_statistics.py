"""Statistics of inputs and labels, against a slow way in plain Python and against the contract."""

from __future__ import annotations

import math
import random
import statistics as slow

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analyzer.observed import ArrayStats, LabelStats
from analyzer.sandbox.inside import statistics as observed

finite = st.floats(-1e6, 1e6, width=32)


def describe(values: object, **options: object) -> ArrayStats:
    options.setdefault("samples", None)
    return ArrayStats.model_validate(observed.describe_array(values, **options))


def encode(values: object, **options: object) -> LabelStats:
    if "samples" not in options:
        options["samples"] = len(values)  # type: ignore[arg-type]
    return LabelStats.model_validate(observed.describe_labels(values, **options))


@given(arrays.arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=finite))
def test_moments_equal_those_of_plain_python(values: np.ndarray) -> None:
    stats = describe(values, samples=len(values))
    plain = [float(value) for row in values.tolist() for value in row]
    assert (stats.min, stats.max) == (min(plain), max(plain))
    assert stats.mean == pytest.approx(slow.fmean(plain), rel=1e-9, abs=1e-6)
    assert stats.std == pytest.approx(slow.pstdev(plain), rel=1e-6, abs=1e-6)
    assert stats.distinct == len(set(plain))
    assert stats.integral == all(value == int(value) for value in plain)
    columns = list(zip(*values.tolist(), strict=True))
    assert stats.feature_means == pytest.approx([slow.fmean(c) for c in columns], abs=1e-6)
    assert stats.feature_stds == pytest.approx([slow.pstdev(c) for c in columns], abs=1e-3)
    assert stats.feature_mins == tuple(min(c) for c in columns)
    assert stats.feature_maxs == tuple(max(c) for c in columns)


@given(
    arrays.arrays(
        np.float64, st.integers(1, 30), elements=st.floats(allow_nan=True, allow_infinity=True)
    )
)
def test_shares_count_what_is_not_finite_and_moments_leave_it_out(values: np.ndarray) -> None:
    stats = describe(values)
    plain = values.tolist()
    assert stats.nan == pytest.approx(sum(map(math.isnan, plain)) / len(plain))
    assert stats.infinite == pytest.approx(sum(map(math.isinf, plain)) / len(plain))
    real = [value for value in plain if math.isfinite(value)]
    assert stats.min == (min(real) if real else None)
    assert stats.max == (max(real) if real else None)


def test_large_arrays_are_sampled_the_same_way_without_touching_any_random_state() -> None:
    values = np.arange(100_000, dtype=np.float64).reshape(50_000, 2)
    np.random.seed(7)
    random.seed(7)
    before = (np.random.get_state()[1].tolist(), random.getstate())
    stats = describe(values, samples=50_000, limit=100)
    assert describe(values, samples=50_000, limit=100) == stats
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before
    assert stats.inspected == 100
    assert stats.samples == 50_000
    assert stats.mean == pytest.approx(50_000, rel=0.2)


def test_huge_samples_bound_the_number_of_values() -> None:
    stats = describe(np.zeros((40, 1024, 1024), np.uint8), samples=40)
    assert stats.inspected == observed.MAX_VALUES // 1024**2


def test_distinct_values_are_counted_up_to_a_thousand_over_all_chunks() -> None:
    values = np.zeros(200_000)
    values[-5:] = [1, 2, 3, 4, 5]
    assert describe(values, limit=200_000).distinct == 6
    assert describe(np.arange(5000.0), limit=5000).distinct == 1000


def test_channels_first_statistics_are_per_channel() -> None:
    values = np.stack([np.full((4, 8, 8), level) for level in (0.0, 1.0, 5.0)], axis=1)
    assert describe(values, channel_axis=1).feature_means == (0.0, 1.0, 5.0)


@pytest.mark.parametrize(
    ("values", "dtype", "shape"),
    [
        ([[1, 2], [3, 4]], "int64", (2,)),
        ([[1, 2], [3]], "object", ()),
        (np.array([[True], [False]]), "bool", (1,)),
        (np.array([[1.5, 2]], dtype=object), "object", (2,)),
        (np.array([["a", "b"]]), "str32", (2,)),
        (3.5, "float64", ()),
        (np.zeros((0, 4)), "float64", (4,)),
        (np.array([[1.5, 2]], dtype=np.float16), "float16", (2,)),
    ],
)
def test_every_kind_of_array_is_described(values: object, dtype: str, shape: tuple[int]) -> None:
    stats = describe(values)
    assert (stats.dtype, stats.shape) == (dtype, shape)


ENCODINGS = [
    ("binary", [0, 1, 1, 0]),
    ("binary", [[0.0], [1.0], [1.0]]),
    ("binary", np.array([True, False, True])),
    ("binary", np.zeros((2, 4, 4, 1)) + np.arange(4).reshape(4, 1) % 2),
    ("binary", np.zeros((2, 1, 4, 4)) + np.arange(4) % 2),
    ("plus_minus_one", [-1, 1, 1, -1]),
    ("plus_minus_one", [[-1.0, 1.0], [1.0, 1.0]]),
    ("integer", [0, 1, 2, 0, 1, 2]),
    ("integer", [[2.0], [0.0], [1.0], [1.0], [2.0], [0.0]]),
    ("integer", [1, 2, 3, 3, 2, 1]),
    ("unknown", [0, 1, 2]),
    ("unknown", [0, 255, 255, 0]),
    ("unknown", [-1, 0, 1, 1, 0, -1]),
    ("unknown", [1]),
    ("constant", [1, 1, 1]),
    ("continuous", [1.5, 2.0, 3.0]),
    ("continuous", [-1, 1, 3, 5, 7, 9]),
    ("continuous", [0, 1, 4, 9, 16, 25, 36, 49]),
    ("continuous", np.arange(10).repeat(3) / 255),
    ("one_hot", [[1, 0, 0], [0, 0, 1]]),
    ("one_hot", np.eye(4)[np.arange(8).reshape(2, 4) % 4]),
    ("multi_hot", [[1, 0, 1], [0, 0, 1]]),
    ("multi_hot", [[0, 0, 0], [0, 0, 1]]),
    ("probabilities", [[0.9, 0.05, 0.05], [0.1, 0.8, 0.1]]),
    ("continuous", [[0.9, 0.2], [0.5, 0.1]]),
    ("tokens", [[0, 1, 2, 2], [2, 1, 0, 0]]),
    ("tokens", [[[0], [1], [2], [2]], [[2], [1], [0], [0]]]),
    ("continuous", np.arange(2 * 16 * 16 * 1).reshape(2, 16, 16, 1) % 256),
    ("text", np.array(["cat", "dog", "cat"])),
    ("text", ["cat", "dog"]),
    ("unknown", np.array(["cat", 3], dtype=object)),
    ("unknown", [float("nan"), float("nan")]),
]


@pytest.mark.parametrize(("encoding", "values"), ENCODINGS)
def test_encoding_is_decided_by_the_values(encoding: str, values: object) -> None:
    assert encode(values).encoding == encoding


def test_labels_that_are_the_inputs_make_an_autoencoder() -> None:
    images = np.random.default_rng(0).random((5, 4, 4, 1))
    flat = images.reshape(5, 16)
    assert encode(images, inputs=images).encoding == "inputs"
    assert encode(flat, inputs=images).encoding == "inputs"
    assert encode(flat + 1e-9, inputs=images).encoding == "continuous"
    column = np.arange(6.0).reshape(6, 1)
    assert encode(column, inputs=column).encoding != "inputs"


def test_a_stream_shows_few_of_its_classes() -> None:
    assert encode(np.array([3, 998, 17]), samples=None).encoding == "integer"
    assert encode(np.array([3, 998, 17]), samples=3).encoding == "continuous"


def test_periodic_labels_keep_all_their_classes() -> None:
    stats = encode(np.arange(60_000) % 4)
    assert (stats.classes, stats.inspected) == (4, 60_000)
    assert stats.balance == (0.25, 0.25, 0.25, 0.25)


@given(st.lists(st.integers(0, 6), min_size=1, max_size=60))
def test_classes_and_balance_equal_a_count_by_hand(labels: list[int]) -> None:
    stats = encode(labels)
    assert stats.values == tuple(sorted(set(labels)))
    if stats.encoding not in ("integer", "binary"):
        assert stats.classes is None
        return
    low, high = min(labels), max(labels)
    assert stats.classes == high - low + 1
    expected = [labels.count(value) / len(labels) for value in range(low, high + 1)]
    assert stats.balance == pytest.approx(expected)


@given(st.lists(st.integers(0, 9), min_size=2, max_size=40), st.integers(10, 12))
@settings(max_examples=50)
def test_one_hot_rows_agree_with_the_class_numbers(labels: list[int], width: int) -> None:
    stats = encode(np.eye(width)[labels])
    assert (stats.encoding, stats.classes) == ("one_hot", width)
    assert stats.balance == pytest.approx([labels.count(k) / len(labels) for k in range(width)])


@pytest.mark.parametrize(
    ("labels", "ordered"),
    [
        ([0] * 5 + [1] * 5, True),
        ([1] * 5 + [0] * 5, True),
        ([2] * 3 + [0] * 3 + [1] * 3, True),
        ([0, 1] * 5, False),
        ([0, 1], False),
    ],
)
def test_order_is_one_run_per_class(labels: list[int], ordered: bool) -> None:
    assert encode(labels).ordered is ordered


@pytest.mark.parametrize(
    ("shape", "dtype", "top", "first", "kind"),
    [
        ((32, 32, 3), "float32", 1, False, "color_images"),
        ((28, 28, 1), "uint8", 255, False, "grayscale_images"),
        ((3, 32, 32), "float32", 1, True, "color_images"),
        ((1, 28, 28), "float32", 1, False, "grayscale_images"),
        ((28, 28), "float32", 1, False, "grayscale_images"),
        ((600, 1), "float32", 1, False, "sequence"),
        ((16, 64, 64, 3), "float32", 1, False, "volume"),
        ((13,), "float32", 700, False, "tabular"),
        ((784,), "uint8", 255, False, "tabular"),
        ((200,), "int32", 9999, False, "text"),
        ((3,), "int32", 9999, False, "tabular"),
        ((), "str", None, False, "text"),
        ((8, 8, 64), "float32", 1, False, "unknown"),
    ],
)
def test_kind_of_data(
    shape: tuple[int, ...], dtype: str, top: float | None, first: bool, kind: str
) -> None:
    stats = {"integral": dtype.startswith(("int", "uint")), "min": 0, "max": top}
    assert observed.data_kind(shape, dtype, stats, channels_first=first) == kind
