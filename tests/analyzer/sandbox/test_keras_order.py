"""What Keras callbacks watch, the rates over the plan, and where a loop's gradients go."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from analyzer.observed.order import CallOrder
from analyzer.sandbox.inside.keras_order_rates import describe
from tests.support.keras_programs import observed

keras = pytest.importorskip("keras")
SAMPLES = 96


def model_of(optimizer: Any) -> Any:
    model = keras.Sequential([keras.layers.Input((4,)), keras.layers.Dense(1)])
    model.compile(optimizer=optimizer, loss="mse", metrics=["mae"])
    return model


def order_of(program: Any, root: Path, steps: int = 6) -> CallOrder:
    observation, _ = observed(keras, program, steps=steps, root=root)
    assert observation.order is not None
    return observation.order


def arrays() -> tuple[Any, Any]:
    import numpy as np

    x = np.random.default_rng(0).normal(size=(SAMPLES, 4)).astype("float32")
    return x, x.sum(axis=1)


def test_a_callback_and_the_names_in_the_logs(tmp_path: Path) -> None:
    def program() -> None:
        x, y = arrays()
        stop = keras.callbacks.EarlyStopping(monitor="val_mae", mode="max")
        model_of("sgd").fit(
            x, y, epochs=3, batch_size=16, validation_split=0.5, callbacks=[stop], verbose=0
        )

    order = order_of(program, tmp_path)
    (watch,) = order.watches
    assert (watch.name, watch.monitor, watch.rising) == ("EarlyStopping", "val_mae", True)
    assert {"loss", "mae", "val_loss", "val_mae"} <= set(watch.available)
    assert (order.plan.epochs, order.plan.batches, order.plan.breaks) == (3, 3, True)


def test_schedules_are_asked_for_the_whole_plan(tmp_path: Path) -> None:
    asked: list[int] = []

    def halve(epoch: int, rate: float) -> float:
        asked.append(epoch)
        return rate / 2

    def program() -> None:
        x, y = arrays()
        callback = keras.callbacks.LearningRateScheduler(halve)
        model_of(keras.optimizers.SGD(0.08)).fit(
            x, y, epochs=12, batch_size=16, callbacks=[callback], verbose=0
        )

    order = order_of(program, tmp_path, steps=4)
    (schedule,) = order.schedules
    assert schedule.unit == "epoch"
    assert schedule.rates == pytest.approx([0.08 / 2**epoch for epoch in range(1, 13)])
    assert asked == [0, *range(12)]  # once by fit, then in the end


def test_rates_that_vanish_and_come_back_do_not_vanish() -> None:
    assert describe([(0, 1.0), (1, 1e-6), (2, 1e-6)])["vanishes_at"] == 1
    assert describe([(0, 1.0), (1, 1e-6), (2, 1.0)])["vanishes_at"] is None
    assert describe([])["simulated"] == 0
