"""What the trained model answers on one batch, and where nothing is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer.observed.probes import Baselines
from tests.support.keras_programs import observed

HERE = Path(__file__).parent
STEPS = 40
pytestmark = pytest.mark.filterwarnings("ignore")


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(160, 6)).astype("float32")
    return x, (x[:, :1] * 3).astype("float32")


def asked(keras: Any, program: Any) -> Baselines | None:
    seen, _ = observed(keras, program, steps=STEPS, root=HERE)
    assert seen.trace is not None
    assert not seen.trace.notes
    return seen.probes.baselines if seen.probes is not None else None


def network(keras: Any) -> Any:
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05), "mse")
    return model


@pytest.mark.parametrize("name", ["keras", "tf_keras"])
def test_a_model_that_learns(name: str) -> None:
    keras = pytest.importorskip(name)
    x, y = data()
    found = asked(keras, lambda: network(keras).fit(x, y, batch_size=16, epochs=9, verbose=0))
    assert found is not None
    assert found.rows == 16
    assert found.initial is not None
    assert found.trained is not None
    assert found.zeroed is not None
    assert found.shuffled is not None
    assert found.trained < 0.2 * min(found.initial, found.zeroed, found.shuffled)
    assert found.one_batch[0] == pytest.approx(found.trained, rel=1e-4)
    assert len(found.one_batch) > 1
    assert found.one_batch[-1] < found.one_batch[0]
    assert found.spread_inputs is not None
    assert found.spread_inputs > 0.1


def test_a_loss_of_the_programs_own_is_not_guessed() -> None:
    keras = pytest.importorskip("keras")
    import tensorflow as tf

    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

        def train_step(self, batch: Any) -> Any:
            x, y = batch
            with tf.GradientTape() as tape:
                loss = 7.0 * tf.reduce_mean(tf.abs(self(x) - y))
            found = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(found, self.trainable_variables, strict=True))
            return {"loss": loss}

    def program() -> None:
        model = Own()
        model.compile("sgd", "mse")  # which is not what train_step computes
        model.fit(*data(), batch_size=16, verbose=0, epochs=2)

    found = asked(keras, program)
    assert found is not None
    assert (found.trained, found.zeroed, found.shuffled) == (None, None, None)
    assert found.one_batch[0] > 0


def test_zeros_are_no_words() -> None:
    keras = pytest.importorskip("keras")
    x, y = np.random.default_rng(0).integers(0, 9, (64, 5)), np.zeros((64, 1), "float32")

    def program() -> None:
        layers = keras.layers
        parts = [keras.Input((5,)), layers.Embedding(9, 4), layers.Flatten(), layers.Dense(1)]
        model = keras.Sequential(parts)
        model.compile("sgd", "mse")
        model.fit(x, y, batch_size=16, verbose=0)

    found = asked(keras, program)
    assert found is not None
    assert found.trained is not None
    assert (found.zeroed, found.shuffled) == (None, None)  # all labels are the same


def test_a_traced_loop_goes_on_with_its_own_step() -> None:
    keras = pytest.importorskip("keras")
    import tensorflow as tf

    x, y = data()

    def program() -> None:
        model, loss_of = network(keras), keras.losses.MeanSquaredError()

        @tf.function
        def step(batch: Any, labels: Any) -> None:
            with tf.GradientTape() as tape:
                loss = loss_of(labels, model(batch, training=True))
            found = tape.gradient(loss, model.trainable_variables)
            model.optimizer.apply_gradients(zip(found, model.trainable_variables, strict=True))

        for _ in range(3):
            for start in range(0, 160, 16):
                part = slice(start, start + 16)
                step(tf.constant(x[part]), tf.constant(y[part]))

    found = asked(keras, program)
    assert found is not None
    assert found.trained is not None
    assert found.one_batch[0] == pytest.approx(found.trained, rel=1e-3)
