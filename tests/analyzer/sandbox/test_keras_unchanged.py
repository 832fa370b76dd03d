"""Observing changes nothing: the same numbers, bit for bit, with and without the observer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.keras_programs import STEPS, numbers, observed, plain

HERE = Path(__file__).parent
SAMPLES = 84  # batches of 16 and a last one of 4


@pytest.fixture(scope="module")
def keras(request: pytest.FixtureRequest) -> Any:
    return pytest.importorskip(request.param)


def images() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.random((SAMPLES, 8, 8, 1)).astype("float32")
    return x, np.random.randint(0, 3, SAMPLES)


def network(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 1)),
            layers.BatchNormalization(),
            layers.Dropout(0.4),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", kernel_regularizer="l2"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def logged(keras: Any) -> tuple[list[Any], Any]:
    """A callback that keeps what Keras tells after every batch."""
    kept: list[Any] = []
    callback = keras.callbacks.LambdaCallback(
        on_batch_end=lambda _, logs: kept.append(tuple(sorted(logs.items())))
    )
    return kept, callback


def end_state(keras: Any, model: Any, kept: list[Any]) -> list[Any]:
    """Everything that later training depends on."""
    state = [np.asarray(weight) for weight in model.get_weights()]
    optimizer = model.optimizer.variables
    state += [np.asarray(v) for v in (optimizer() if callable(optimizer) else optimizer)]
    dropped = keras.layers.Dropout(0.5)(np.ones((4, 8), "float32"), training=True)
    return numbers([*kept, *state, np.asarray(dropped)])


def fit_arrays(keras: Any, **options: Any) -> list[Any]:
    x, y = images()
    model = network(keras)
    kept, callback = logged(keras)
    model.fit(x, y, batch_size=16, epochs=3, verbose=0, callbacks=[callback], **options)
    return end_state(keras, model, kept)


def fit_validated(keras: Any) -> list[Any]:
    return fit_arrays(keras, validation_split=0.25)


def fit_generator(keras: Any) -> list[Any]:
    own = np.random.RandomState(3)  # Keras reads ahead in a thread, how far is up to chance

    def batches() -> Any:
        while True:
            yield own.random_sample((16, 8, 8, 1)), own.randint(0, 3, 16)

    model = network(keras)
    kept, callback = logged(keras)
    model.fit(batches(), steps_per_epoch=STEPS, verbose=0, callbacks=[callback])
    return end_state(keras, model, kept)


def fit_dataset(keras: Any) -> list[Any]:
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices(images()).shuffle(SAMPLES)
    data = data.map(lambda x, y: (x + tf.random.normal(tf.shape(x)), y)).batch(16)
    model = network(keras)
    kept, callback = logged(keras)
    model.fit(data, epochs=3, verbose=0, callbacks=[callback])
    return end_state(keras, model, kept)


def fit_sequence(keras: Any) -> list[Any]:
    class Batches(keras.utils.Sequence):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.x, self.y = images()

        def __len__(self) -> int:
            return 5

        def __getitem__(self, index: int) -> Any:
            part = slice(16 * index, 16 * index + 16)
            return self.x[part], self.y[part]

    model = network(keras)
    kept, callback = logged(keras)
    model.fit(Batches(), epochs=2, verbose=0, callbacks=[callback], shuffle=False)
    return end_state(keras, model, kept)


def train_on_batches(keras: Any) -> list[Any]:
    x, y = images()
    model = network(keras)
    kept = [tuple(model.train_on_batch(x[i : i + 16], y[i : i + 16])) for i in range(0, 64, 16)]
    return end_state(keras, model, kept)


def several_steps_per_execution(keras: Any, samples: int = SAMPLES) -> list[Any]:
    x, y = (side[:samples] for side in images())
    model = network(keras)
    model.compile("sgd", "sparse_categorical_crossentropy", steps_per_execution=4)
    kept, callback = logged(keras)
    model.fit(x, y, batch_size=8, verbose=0, callbacks=[callback])
    return end_state(keras, model, kept)


def one_step_in_the_last_execution(keras: Any) -> list[Any]:
    return several_steps_per_execution(keras, samples=72)


def compiled_by_xla(keras: Any) -> list[Any]:
    x, y = images()
    model = network(keras)
    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=True)
    kept, callback = logged(keras)
    model.fit(x, y, batch_size=14, epochs=3, verbose=0, callbacks=[callback])
    return end_state(keras, model, kept)


def built_by_its_first_step(keras: Any) -> list[Any]:
    x, y = images()
    model = keras.Sequential(
        [keras.layers.Flatten(), keras.layers.Dense(8, "tanh"), keras.layers.Dense(3)]
    )
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    kept, callback = logged(keras)
    model.fit(x, y, batch_size=16, epochs=3, verbose=0, callbacks=[callback])
    return end_state(keras, model, kept)


def loop(keras: Any, *, traced: bool) -> list[Any]:
    import tensorflow as tf

    x, y = images()
    model = network(keras)
    loss_of = keras.losses.SparseCategoricalCrossentropy()

    def step(batch: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            loss = loss_of(labels, model(batch, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    run = tf.function(step) if traced else step
    data = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(SAMPLES).batch(16)
    kept = [float(run(batch, labels)) for batch, labels in data]
    return end_state(keras, model, kept)


def eager_loop(keras: Any) -> list[Any]:
    return loop(keras, traced=False)


def traced_loop(keras: Any) -> list[Any]:
    return loop(keras, traced=True)


def layer_with_numpy_noise(keras: Any) -> list[Any]:
    class Noise(keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs + np.random.normal(size=(1, 3)).astype("float32")

    model = keras.Sequential([keras.layers.Dense(3), Noise(), keras.layers.Dense(1)])
    model.compile("sgd", "mse", run_eagerly=True)
    x, y = images()
    kept, callback = logged(keras)
    model.fit(x.reshape(SAMPLES, -1), y, verbose=0, batch_size=16, callbacks=[callback])
    return end_state(keras, model, kept)


PROGRAMS = [
    fit_arrays,
    fit_validated,
    fit_generator,
    fit_dataset,
    fit_sequence,
    train_on_batches,
    several_steps_per_execution,
    one_step_in_the_last_execution,
    layer_with_numpy_noise,
    compiled_by_xla,
    built_by_its_first_step,
    eager_loop,
    traced_loop,
]
LEGACY = (fit_arrays, fit_generator, built_by_its_first_step, eager_loop, traced_loop)
CASES = [("keras", program) for program in PROGRAMS] + [("tf_keras", p) for p in LEGACY]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("keras", "program"), CASES, indirect=["keras"])
def test_training_is_bit_identical(keras: Any, program: Callable[[Any], list[Any]]) -> None:
    without = plain(keras, lambda: program(keras))
    # more steps than it takes, and looked at as often as a warm-up of sixty
    seen, within = observed(keras, lambda: program(keras), steps=60, root=HERE)
    assert within == without
    assert seen.trace is not None
    assert seen.trace.steps >= 4
    assert not seen.trace.notes
    assert len(seen.trace.loss) == seen.trace.steps
    assert seen.trace.layers[-1].points[0].step == 0
    assert seen.trace.layers[-1].points[0].gradient_norm is not None


@pytest.mark.parametrize("keras", ["keras", "tf_keras"], indirect=True)
def test_no_dataset_is_made_of_a_generator(keras: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making one changes the allocator of the whole process, and all later steps are slower."""
    import tensorflow as tf

    made: list[Any] = []
    original = tf.data.Dataset.from_generator
    monkeypatch.setattr(
        tf.data.Dataset,
        "from_generator",
        lambda *args, **kwargs: made.append(args) or original(*args, **kwargs),
    )
    seen, _ = observed(keras, lambda: fit_arrays(keras), root=HERE)
    assert seen.trace is not None
    assert seen.trace.layers
    assert not made
