"""Invented arrays have the asked form, the same values for the same seed, and can be learned."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.sandbox.inside import standin_arrays as arrays


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 300), classes=st.integers(1, 60), seed=st.integers(0, 5))
def test_class_numbers(n: int, classes: int, seed: int) -> None:
    numbers = arrays.class_numbers(np.random.default_rng(seed), n, classes)
    assert numbers.shape == (n,)
    assert numbers.min() >= 0
    assert numbers.max() < classes
    if n >= 2 * classes:
        assert set(numbers.tolist()) == set(range(classes))
    again = arrays.class_numbers(np.random.default_rng(seed), n, classes)
    assert numbers.tolist() == again.tolist()


def test_balance_is_kept() -> None:
    numbers = arrays.class_numbers(np.random.default_rng(0), 1000, 3, (700, 200, 100))
    assert np.bincount(numbers).tolist() == [700, 200, 100]


def test_images_use_the_byte_range_and_differ_by_class() -> None:
    labels = np.repeat([0, 1], 50)
    pictures = arrays.images(np.random.default_rng(1), labels, (20, 16, 3))
    assert pictures.shape == (100, 20, 16, 3)
    assert pictures.dtype == np.uint8
    assert pictures.max() > 200
    means = [pictures[labels == k].mean(0) for k in (0, 1)]
    assert np.abs(means[0] - means[1]).mean() > 20
    grey = arrays.images(np.random.default_rng(1), labels, (28, 28), sparse=True)
    assert (grey == 0).mean() > 0.5


def test_tables_have_unlike_scales_and_a_target_that_follows_them() -> None:
    rng = np.random.default_rng(2)
    x = arrays.table(rng, arrays.class_numbers(rng, 400, 3), 6)
    assert x.shape == (400, 6)
    assert x.std(0).max() / x.std(0).min() > 5
    y = arrays.linear(rng, x)
    design = np.column_stack([x, np.ones(len(x))])
    left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    assert left.var() < 0.2 * y.var()


def test_invented_tables_are_of_one_scale_and_their_targets_of_both_signs() -> None:
    rng = np.random.default_rng(2)
    x = arrays.table(rng, arrays.class_numbers(rng, 400, 3), 6, raw=False)
    assert np.abs(x.mean(0)).max() < 2
    assert x.std(0).max() / x.std(0).min() < 3
    y = arrays.linear(rng, x, middle=0.0, spread=3.0)
    assert 0.2 < (y < 0).mean() < 0.8
    assert np.abs(y).max() < 20


@settings(max_examples=25, deadline=None)
@given(vocabulary=st.integers(2, 5000), length=st.integers(1, 40))
def test_tokens_stay_inside_the_vocabulary(vocabulary: int, length: int) -> None:
    rng = np.random.default_rng(3)
    numbers = arrays.tokens(rng, arrays.class_numbers(rng, 20, 2), length, vocabulary)
    assert numbers.shape == (20, length)
    assert numbers.min() >= 1
    assert numbers.max() < max(vocabulary, 2)
