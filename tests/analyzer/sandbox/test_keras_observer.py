"""What is seen of small Keras programs of every shape."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analyzer.observed import Layer, Observation, Site
from tests.support.keras_programs import observed

HERE = Path(__file__).parent
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def keras() -> Any:
    return pytest.importorskip("keras")


def text_at(site: Site | None) -> str:
    """What is written in this file at the site, on one line."""
    assert site is not None
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()[site.line - 1 : site.end_line]
    lines[-1] = lines[-1][: site.end_column]
    lines[0] = lines[0][site.column :]
    return " ".join(line.strip() for line in lines)


def layers_of(seen: Observation) -> tuple[Layer, ...]:
    assert seen.graph is not None
    return seen.graph.layers


def test_sequential_model_on_arrays(keras: Any) -> None:
    from keras.layers import Dense

    x_train = np.random.default_rng(0).random((100, 5))
    y_train = (x_train.sum(axis=1) > 2.5).astype(int)
    x_test = x_train * 255

    def program() -> None:
        model = keras.Sequential()
        model.add(keras.Input((5,)))
        model.add(Dense(8, activation="relu", kernel_initializer="zeros"))
        model.add(keras.layers.Dropout(0.25))
        model.add(Dense(1, activation="softmax"))
        model.compile(
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
            optimizer=keras.optimizers.SGD(0.5, momentum=0.9),
            metrics=["accuracy"],
        )
        assert x_test is not None
        model.fit(x_train, y_train, 20, epochs=9, validation_split=0.2, verbose=0)

    seen, _ = observed(keras, program, steps=6, root=HERE, profiled_names=("x_test", "missing"))
    hidden, dropout, output = layers_of(seen)
    assert text_at(output.site) == 'Dense(1, activation="softmax")'
    assert (hidden.op, hidden.units, hidden.activation, hidden.initializer) == (
        "dense",
        8,
        "relu",
        "zeros",
    )
    assert (hidden.input_shape, hidden.input_channels, hidden.parameters) == ((5,), 5, 48)
    assert (dropout.op, dropout.rate, output.initializer) == ("dropout", 0.25, None)
    learner = seen.learner
    assert learner is not None
    assert (learner.batch_size, learner.epochs, learner.steps_per_epoch) == (20, 9, 4)
    assert (learner.losses[0].name, learner.losses[0].from_logits) == ("binary_crossentropy", True)
    assert text_at(learner.losses[0].site) == "keras.losses.BinaryCrossentropy(from_logits=True)"
    optimizer = learner.optimizers[0]
    assert (optimizer.name, optimizer.learning_rate, optimizer.momentum) == ("sgd", 0.5, 0.9)
    assert text_at(optimizer.learning_rate_site) == "0.5"
    assert text_at(learner.batch_size_site) == "20"
    assert text_at(learner.epochs_site) == "9"
    assert learner.metrics == ("accuracy",)
    assert seen.data is not None
    assert (seen.data.inputs[0].name, seen.data.inputs[0].samples) == ("x_train", 80)
    assert (seen.data.labels[0].name, seen.data.labels[0].encoding) == ("y_train", "binary")
    assert seen.data.validation_inputs[0].samples == 20
    assert [array.name for array in seen.data.test_inputs] == ["x_test"]
    assert (seen.data.kind, seen.framework) == ("tabular", "keras")
    trace = seen.trace
    assert trace is not None
    assert (trace.steps, trace.ended, len(trace.loss)) == (6, "steps", 6)
    assert trace.loss_seen[0].prediction_min == pytest.approx(1.0)
    assert trace.loss_seen[0].row_sum_max == pytest.approx(1.0)
    first = trace.layers[0].points[0]
    assert (first.output_zero, first.weight_norm, first.gradient_zero) == (1.0, 0.0, 1.0)


def test_losses_are_those_of_single_steps(keras: Any) -> None:
    x = np.random.default_rng(0).random((40, 3)).astype("float32")
    y = x @ np.ones((3, 1), "float32")

    def program() -> list[float]:
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        slow: list[float] = []
        for start in range(0, 40, 10):
            batch, wanted = x[start : start + 10], y[start : start + 10]
            slow.append(float(((np.asarray(model(batch)) - wanted) ** 2).mean()))
            model.fit(batch, wanted, batch_size=10, shuffle=False, verbose=0)
        return slow

    seen, slow = observed(keras, program, steps=100, root=HERE)
    assert seen.trace is not None
    assert seen.trace.loss == pytest.approx(slow[:4], rel=1e-5)


def test_functional_model_with_two_inputs_and_a_nested_model(keras: Any) -> None:
    layers = keras.layers
    rng = np.random.default_rng(0)
    images, numbers = rng.random((32, 8, 8, 3)), rng.random((32, 4))
    labels = np.eye(3)[rng.integers(0, 3, 32)]

    def program() -> None:
        picture, extra = keras.Input((8, 8, 3)), keras.Input((4,))
        inner = keras.Sequential([layers.Conv2D(4, 3, strides=2, padding="same")])
        hidden = layers.Flatten()(inner(picture))
        hidden = layers.Concatenate()([hidden, layers.Dense(2)(extra)])
        hidden = keras.ops.relu(hidden)
        model = keras.Model([picture, extra], layers.Dense(3, activation="softmax")(hidden))
        model.compile("adam", "categorical_crossentropy")
        model.fit([images, numbers], labels, verbose=0)

    seen, _ = observed(keras, program, steps=1, root=HERE)
    found = {layer.type: layer for layer in layers_of(seen)}
    merge = found["Concatenate"]
    feeding = {layers_of(seen)[index].type for index in merge.inputs}
    assert feeding == {"Flatten", "Dense"}
    assert (found["Conv2D"].strides, found["Conv2D"].padding) == ((2, 2), "same")
    assert found["Conv2D"].output_shape == (4, 4, 4)
    assert (found["Relu"].op, found["Relu"].activation) == ("activation", "relu")
    assert text_at(found["Relu"].site) == "keras.ops.relu(hidden)"
    assert seen.graph is not None
    assert [layers_of(seen)[index].activation for index in seen.graph.outputs] == ["softmax"]
    assert seen.graph.functions_seen
    assert seen.data is not None
    assert [array.name for array in seen.data.inputs] == ["images", "numbers"]
    assert (seen.data.labels[0].encoding, seen.data.labels[0].classes) == ("one_hot", 3)
    assert seen.data.kind == "color_images"


def test_subclassed_model_in_the_order_of_its_calls(keras: Any) -> None:
    class Net(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.last = keras.layers.Dense(2)
            self.first = keras.layers.Dense(4, activation="tanh")

        def call(self, inputs: Any) -> Any:
            return self.last(self.first(self.first(inputs)))

    def program() -> None:
        model = Net()
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(np.random.random((8, 4)), np.array([0, 1] * 4), verbose=0)

    seen, _ = observed(keras, program, steps=1, root=HERE)
    first, last = layers_of(seen)
    assert (first.activation, first.repeated, last.units, last.repeated) == ("tanh", 2, 2, 1)
    assert seen.graph is not None
    assert not seen.graph.functions_seen
    assert (first.input_shape, last.output_shape) == ((4,), (2,))
    assert text_at(first.site) == 'keras.layers.Dense(4, activation="tanh")'


def test_library_networks_are_a_backbone(keras: Any) -> None:
    def program() -> None:
        base = keras.applications.MobileNet((32, 32, 3), 0.25, weights=None, include_top=False)
        model = keras.Sequential([base, keras.layers.Flatten(), keras.layers.Dense(1)])
        model.compile("adam", "mse")
        model.fit(np.zeros((4, 32, 32, 3)), np.zeros(3), verbose=0)  # refused, which saves time

    seen, _ = observed(keras, program, steps=1, root=HERE)
    assert seen.graph is not None
    assert seen.graph.backbone
    assert [layer.op for layer in layers_of(seen)] == ["model", "flatten", "dense"]


@pytest.mark.parametrize("source", ["generator", "dataset", "sequence"])
def test_streams_are_described_as_they_pass(keras: Any, source: str) -> None:
    import tensorflow as tf

    x = np.random.default_rng(0).random((48, 6, 6, 1)).astype("float32")
    y = np.arange(48) % 3

    class Batches(keras.utils.PyDataset):  # type: ignore[misc]
        def __len__(self) -> int:
            return 3

        def __getitem__(self, index: int) -> Any:
            return x[index * 16 :][:16], y[index * 16 :][:16]

    def generated() -> Any:
        for start in (0, 16, 32) * 9:
            yield x[start:][:16], y[start:][:16]

    streams = {
        "generator": generated,
        "dataset": lambda: tf.data.Dataset.from_tensor_slices((x, y)).batch(16),
        "sequence": Batches,
    }

    def program() -> None:
        model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(3)])
        model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
        model.fit(streams[source](), steps_per_epoch=3, epochs=2, verbose=0)

    seen, _ = observed(keras, program, steps=4, root=HERE)
    assert seen.data is not None
    assert (seen.data.inputs[0].shape, seen.data.kind) == ((6, 6, 1), "grayscale_images")
    assert (seen.data.labels[0].encoding, seen.data.labels[0].classes) == ("integer", 3)
    assert seen.data.inputs[0].mean == pytest.approx(x.mean(), rel=0.05)
    assert seen.data.input_at_model[0].inspected == 64
    assert seen.learner is not None
    assert seen.learner.batch_size == 16


def test_a_crash_in_the_first_step_keeps_what_was_known(keras: Any) -> None:
    def program() -> None:
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="softmax")])
        model.compile("rmsprop", "categorical_crossentropy")
        model.fit(np.zeros((10, 4)), np.eye(2)[np.zeros(10, int)], verbose=0)

    seen, result = observed(keras, program, steps=3, root=HERE)
    assert result is None
    assert len(layers_of(seen)) == 1
    assert seen.learner is not None
    assert seen.learner.optimizers[0].name == "rmsprop"
    assert seen.data is not None
    assert seen.data.labels[0].classes == 2
    assert seen.trace is None or seen.trace.steps == 0


def test_a_first_step_that_is_not_a_number_is_told(keras: Any) -> None:
    def program() -> None:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        model.fit(np.full((4, 2), np.nan), np.zeros(4), verbose=0)

    seen, _ = observed(keras, program, steps=1, root=HERE)
    assert seen.trace is not None
    assert np.isnan(seen.trace.loss[0])
    assert seen.trace.layers[0].points[0].output_nan == 1.0
    assert seen.data is not None
    assert seen.data.inputs[0].nan == 1.0


@pytest.mark.parametrize("traced", [False, True])
def test_hand_written_loops(keras: Any, traced: bool) -> None:
    import tensorflow as tf

    x = np.random.default_rng(0).random((32, 4)).astype("float32")
    y = np.random.default_rng(1).integers(0, 2, 32)

    def program() -> None:
        model = keras.Sequential([keras.layers.Dense(8, activation="relu"), keras.layers.Dense(2)])
        loss_of = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        optimizer = keras.optimizers.Adam(learning_rate=0.01)

        def step(batch: Any, labels: Any) -> None:
            with tf.GradientTape() as tape:
                loss = loss_of(labels, model(batch, training=True))
            gradients = tape.gradient(loss, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))

        run = tf.function(step) if traced else step
        while True:
            run(tf.constant(x), tf.constant(y))

    seen, _ = observed(keras, program, steps=6, root=HERE)
    assert [layer.units for layer in layers_of(seen)] == [8, 2]
    learner = seen.learner
    assert learner is not None
    assert text_at(learner.optimizers[0].learning_rate_site) == "0.01"
    assert (learner.losses[0].name, learner.losses[0].from_logits) == (
        "sparse_categorical_crossentropy",
        True,
    )
    assert learner.batch_size == 32
    assert "tape.gradient(loss" in text_at(learner.fit_site)
    assert seen.data is not None
    assert seen.data.inputs[0].shape == (4,)
    assert seen.data.labels[0].encoding in ("binary", "integer")
    assert seen.trace is not None
    assert (seen.trace.steps, seen.trace.ended) == (6, "steps")
    assert seen.trace.loss[-1] < seen.trace.loss[0]
    assert seen.trace.layers[0].points[-1].gradient_norm is not None


def test_tf_keras_is_seen_alike(keras: Any) -> None:
    legacy = pytest.importorskip("tf_keras")
    assert legacy is not keras
    x = np.random.default_rng(0).random((64, 3))

    def program() -> None:
        model = legacy.Sequential([legacy.layers.Dense(4, activation="relu", input_dim=3)])
        model.add(legacy.layers.Dense(1))
        model.compile(legacy.optimizers.Adam(learning_rate=0.1), "mse", ["mae"])
        model.fit(x, x.sum(axis=1), epochs=3, verbose=0)

    seen, _ = observed(legacy, program, steps=4, root=HERE)
    hidden, output = layers_of(seen)
    assert text_at(hidden.site).startswith("legacy.layers.Dense(4")
    assert (hidden.input_shape, output.output_shape, output.activation) == ((3,), (1,), None)
    learner = seen.learner
    assert learner is not None
    assert (learner.losses[0].name, learner.metrics) == ("mean_squared_error", ("mae",))
    assert text_at(learner.optimizers[0].learning_rate_site) == "0.1"
    assert seen.trace is not None
    assert len(seen.trace.loss) == 4
    assert seen.trace.layers[0].points[0].gradient_norm is not None


def test_hooks_keep_the_signatures_that_programs_can_ask_for(keras: Any) -> None:
    names = ("fit", "train_on_batch", "compile")
    for name in names:
        parameters = inspect.signature(getattr(keras.Model, name)).parameters
        assert "self" in parameters
        assert len(parameters) > 3


def test_a_model_that_is_never_trained_gives_its_graph(keras: Any) -> None:
    def program() -> None:
        inputs = keras.Input((4,))
        outputs = keras.layers.Dense(3, activation="softmax")(inputs)
        keras.Model(inputs, outputs).compile(loss="mse", optimizer="sgd")
        models.append(keras.Model(inputs, outputs))

    models: list[Any] = []
    seen, _ = observed(keras, program, steps=3, root=HERE)
    assert [layer.type for layer in layers_of(seen)] == ["InputLayer", "Dense"]
    assert seen.trace is None or seen.trace.steps == 0
