"""Row keys, label orders and fits, checked against a second, slow way."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from analyzer.sandbox.inside import loader_rows
from analyzer.sandbox.inside.loader_fits import Table
from analyzer.sandbox.inside.torch_broadcasts import all_pairs
from analyzer.sandbox.inside.torch_loader import words_in
from analyzer.sandbox.inside.torch_padding import fill_value

SMALL = arrays.arrays(np.int64, (12, 2), elements=st.integers(0, 2))


@given(SMALL, SMALL)
def test_shared_rows_are_those_that_stand_in_both(one: np.ndarray, other: np.ndarray) -> None:
    found = loader_rows.compared(loader_rows.row_keys(one), loader_rows.row_keys(other))
    rows = one.tolist()
    assert found["shared"] == sum(row in rows for row in other.tolist())
    assert found["repeated"] == sum(rows.count(row) > 1 for row in rows) / 12
    assert found["same"] == (rows == other.tolist())


def test_floats_of_either_width_and_both_zeros_are_equal_rows() -> None:
    wide = np.array([[0.0, 1.5]])
    assert loader_rows.row_keys(wide) == loader_rows.row_keys(-np.array([[0, -1.5]], np.float32))


@given(st.lists(st.integers(0, 4), min_size=2, max_size=40), st.integers(1, 8))
def test_classes_of_a_random_batch_are_counted_as_by_drawing(labels: list[int], batch: int) -> None:
    numbers = np.array(labels)
    missing = [(1 - labels.count(c) / len(labels)) ** batch for c in set(labels)]
    assert np.isclose(loader_rows.expected_distinct(numbers, batch), len(missing) - sum(missing))


def test_sorted_labels_come_in_one_piece_and_shuffled_ones_do_not() -> None:
    numbers = np.repeat([0, 1, 2], 20)
    parts = [numbers[i : i + 10] for i in range(0, 60, 10)]
    ordered = loader_rows.label_order(parts, numbers)
    assert ordered is not None
    assert (ordered["contiguous"], ordered["distinct"]) == (True, 1.0)
    mixed = loader_rows.label_order([parts[0], parts[2], parts[1]], numbers)
    assert mixed is not None
    assert not mixed["contiguous"]


def test_one_hot_rows_are_classes_and_several_ones_are_not() -> None:
    assert loader_rows.class_numbers(np.eye(3)).tolist() == [0, 1, 2]
    assert loader_rows.class_numbers(np.ones((3, 2))) is None
    assert loader_rows.class_numbers(np.array([0.5, 1.0])) is None


def test_a_table_is_recognised_by_its_columns() -> None:
    table = np.random.default_rng(0).normal(size=(20, 3))
    assert Table(table[:, :2]).within(Table(table))
    assert not Table(table).within(Table(table[:, :2]))
    assert not Table(np.ones((20, 2))).within(Table(table))  # constant columns tell nothing


def test_padding_is_a_value_that_only_ends_sequences() -> None:
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, 9, (40, 10))
    assert fill_value(tokens) is None
    tokens[np.arange(10) >= rng.integers(3, 10, (40, 1))] = 0
    assert fill_value(tokens) == 0
    tokens[:, 1] = 0  # now it stands inside too
    assert fill_value(tokens) is None


def test_all_pairs_need_a_column_and_a_row_of_one_length() -> None:
    assert all_pairs([4, 1], [4], [4, 4])
    assert all_pairs([4], [4, 1], [4, 4])
    assert not all_pairs([4, 1], [4, 1], [4, 1])
    assert not all_pairs([1, 1], [1], [1, 1])
    assert not all_pairs([4, 3], [3], [4, 3])


def test_names_are_read_in_words() -> None:
    assert "val" in words_in(["valLoader"])
    assert "test" in words_in(["test_loader2"])
    assert "val" not in words_in(["interval_loader"])
