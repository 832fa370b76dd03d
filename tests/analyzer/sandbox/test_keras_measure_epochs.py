"""Short epochs put together: the batches stay what they were."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from analyzer.sandbox.inside.keras_measure_epochs import STEPS, fed
from analyzer.sandbox.inside.keras_measure_parts import Parts


def parts(rows: int, batch: int, **changed: Any) -> Parts:
    x = np.arange(rows, dtype="float32").reshape(-1, 1)
    made = Parts(x, x[:, 0], None, x, x[:, 0], True, rows, batch, None)
    return made._replace(**changed)


def batches(given: Any) -> list[tuple[Any, ...]]:
    return [tuple(np.asarray(side) for side in batch) for batch in given.arguments["x"]]


@pytest.mark.parametrize(("rows", "batch"), [(50, 32), (7, 7), (10, 1), (64, 16)])
def test_every_epoch_has_all_rows_in_batches_of_the_programs_size(rows: int, batch: int) -> None:
    given = fed(parts(rows, batch), 1000, 3, shuffle=True, together=True)
    per_epoch = math.ceil(rows / batch)
    seen = batches(given)
    many = STEPS // per_epoch
    assert len(seen) == many * per_epoch
    assert given.epochs == math.ceil(1000 / many)
    orders = []
    for start in range(0, len(seen), per_epoch):
        epoch = seen[start : start + per_epoch]
        sizes = [len(x) for x, _ in epoch]
        assert sizes[:-1] == [batch] * (per_epoch - 1)
        values = np.concatenate([x[:, 0] for x, _ in epoch])
        assert sorted(values) == list(range(rows))
        assert all((x[:, 0] == y).all() for x, y in epoch)
        orders.append(tuple(values))
    assert len(set(orders)) > 1


def test_both_sides_of_a_pair_get_the_same_batches_and_another_seed_others() -> None:
    one, same, other = (
        batches(fed(parts(50, 8), 100, seed, shuffle=True, together=True)) for seed in (1, 1, 2)
    )
    assert all((a[0] == b[0]).all() for a, b in zip(one, same, strict=True))
    assert not all((a[0] == b[0]).all() for a, b in zip(one, other, strict=True))


def test_without_shuffling_the_order_stays_and_weights_come_along() -> None:
    weights = np.arange(20, dtype="float32")
    given = fed(parts(20, 8, weights=weights), 9, 1, shuffle=False, together=True)
    seen = batches(given)
    assert all((x[:, 0] == w).all() for x, _, w in seen)
    assert [float(x[0, 0]) for x, _, _ in seen[:4]] == [0.0, 8.0, 16.0, 0.0]


@pytest.mark.parametrize(
    ("changed", "rows", "epochs", "together"),
    [
        ({}, 50, 100, False),
        ({}, 50, 1, True),
        ({}, 33 * STEPS, 100, True),
        ({"y": np.array([str(i) for i in range(50)])}, 50, 100, True),
        ({"y": [1] * 50}, 50, 100, True),
    ],
)
def test_everything_else_is_given_as_it_is(
    changed: dict[str, Any], rows: int, epochs: int, together: bool
) -> None:
    data = parts(rows, 32, **changed)
    given = fed(data, epochs, 1, shuffle=True, together=together)
    assert given.arguments["x"] is data.x
    assert given.arguments["batch_size"] == 32
    assert given.epochs == epochs
