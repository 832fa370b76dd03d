"""Keras programs read from their source."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from analyzer.source.calls import SourceIndex
from analyzer.source.index import read_program


@pytest.fixture
def read(tmp_path: Path):
    def _read(text: str, path: str = "train.py") -> SourceIndex:
        return read_program(tmp_path, path, text=dedent(text).lstrip("\n"))

    return _read


SEQUENTIAL = """
import tensorflow as tf
from tensorflow.keras import layers as L
(x_train, y_train), (x_test, y_test) = tf.keras.datasets.mnist.load_data()
x_train = x_train.reshape(-1, 28, 28, 1)
x_train = x_train / 255
BATCH = 16 * 4
model = tf.keras.Sequential()
model.add(L.Conv2D(32, 3, activation="relu", input_shape=(28, 28, 1)))
model.add(L.MaxPooling2D(2))
model.add(L.Flatten())
model.add(L.Dropout(rate=0.25))
model.add(L.Dense(10, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy",
              optimizer=tf.keras.optimizers.SGD(learning_rate=1e-3 * 10), metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=BATCH, epochs=5, validation_split=0.1)
model.evaluate(x_test, y_test)
"""


def test_sequential_by_add(read) -> None:
    index = read(SEQUENTIAL)
    assert index.framework == "tf.keras"
    graph = index.graph
    assert graph is not None
    assert graph.complete
    assert graph.origin == "static"
    assert [layer.type for layer in graph.layers] == [
        "Conv2D", "MaxPooling2D", "Flatten", "Dropout", "Dense",
    ]  # fmt: skip
    conv, pool, flatten, dropout, dense = graph.layers
    assert (conv.filters, conv.kernel_size, conv.strides, conv.padding) == (
        32,
        (3, 3),
        (1, 1),
        "valid",
    )
    assert conv.activation == "relu"
    assert conv.site is not None
    assert conv.site.line == 8
    assert conv.output_shape == (26, 26, 32)
    assert conv.parameters == 320
    assert pool.output_shape == (13, 13, 32)
    assert flatten.output_shape == (5408,)
    assert dropout.rate == 0.25
    assert (dense.units, dense.activation, dense.name) == (10, "softmax", "dense")
    assert graph.outputs == (4,)


def test_learner_of_compile_and_fit(read) -> None:
    index = read(SEQUENTIAL)
    learner = index.learner
    assert learner is not None
    (loss,) = learner.losses
    assert (loss.name, loss.custom) == ("sparse_categorical_crossentropy", False)
    assert loss.site is not None
    assert (loss.site.line, loss.site.column) == (13, 19)
    (optimizer,) = learner.optimizers
    assert optimizer.name == "sgd"
    assert optimizer.learning_rate == pytest.approx(0.01)
    assert optimizer.learning_rate_site is not None
    assert optimizer.learning_rate_site.line == 14
    assert (learner.batch_size, learner.epochs, learner.validation_split) == (64, 5, 0.1)
    assert learner.metrics == ("accuracy",)
    assert learner.shuffle is True
    assert learner.fit_site is not None
    assert learner.fit_site.line == 15
    assert learner.compile_site is not None
    assert learner.compile_site.end_line == 14


def test_data_is_followed_to_its_last_statement(read) -> None:
    index = read(SEQUENTIAL)
    assert (index.inputs_name, index.labels_name) == ("x_train", "y_train")
    assert index.data_site is not None
    assert index.data_site.line == 5
    assert index.labels_site is not None
    assert index.labels_site.line == 3
    assert index.evaluated_names == ("x_test",)
    assert index.stated_shape == (28, 28, 1)


def test_argument_follows_a_name_to_its_literal(read) -> None:
    index = read(SEQUENTIAL)
    (fit,) = index.by_role("fit")
    batch = fit.argument("batch_size")
    assert batch is not None
    assert batch.known
    assert batch.value == 64
    assert batch.site.line == 15
    assert batch.text == "BATCH"
    assert batch.value_site is not None
    assert batch.value_site.line == 6
    assert fit.callee == "keras.Model.fit"
    assert fit.receiver == "model"


def test_functional_model_with_a_residual_connection(read) -> None:
    index = read("""
        from keras import Input, Model, layers
        i = Input(shape=(8,))
        a = layers.Dense(8, activation="relu")(i)
        b = layers.Dense(8)(a)
        c = layers.Add()([a, b])
        o = layers.Dense(1)(c)
        unused = layers.Dense(99)(a)
        model = Model(inputs=i, outputs=o)
        model.compile("adam", "mse")
    """)
    graph = index.graph
    assert graph is not None
    assert [layer.type for layer in graph.layers] == ["Input", "Dense", "Dense", "Add", "Dense"]
    assert graph.layers[3].inputs == (1, 2)
    assert graph.layers[1].call_site is not None
    assert graph.layers[1].call_site != graph.layers[1].site
    assert index.learner is not None
    assert index.learner.losses[0].name == "mean_squared_error"
    assert index.learner.optimizers[0].learning_rate == 0.001


def test_conditional_layer_makes_the_graph_incomplete(read) -> None:
    index = read("""
        import sys
        from keras.models import Sequential
        from keras.layers import Dense, Dropout
        model = Sequential([Dense(4, input_dim=2)])
        if len(sys.argv) > 1:
            model.add(Dropout(0.5))
        model.add(Dense(1))
        model.compile(loss="mse", optimizer="sgd")
    """)
    assert index.graph is not None
    assert not index.graph.complete
    assert [layer.op for layer in index.graph.layers] == ["dense", "dropout", "dense"]


def test_model_built_in_a_helper_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "__init__.py").write_text("")
    (tmp_path / "nets" / "small.py").write_text(
        "from keras import Sequential, layers\n"
        "def build(units, classes=3):\n"
        "    return Sequential([layers.Dense(units, activation='relu'), layers.Dense(classes)])\n"
    )
    (tmp_path / "train.py").write_text(
        "from nets.small import build\n"
        "model = build(16)\n"
        "model.compile(optimizer='adam', loss='mse')\n"
        "model.fit(x, y, epochs=2)\n"
    )
    index = read_program(tmp_path, "train.py")
    assert index.framework == "keras"
    assert index.graph is not None
    assert [layer.units for layer in index.graph.layers] == [16, 3]
    assert index.graph.layers[0].site is not None
    assert index.graph.layers[0].site.path == "nets/small.py"


def test_subclassed_model(read) -> None:
    index = read("""
        import tensorflow as tf
        class Net(tf.keras.Model):
            def __init__(self, classes):
                super().__init__()
                self.d1 = tf.keras.layers.Dense(32, activation=tf.nn.relu)
                self.drop = tf.keras.layers.Dropout(0.3)
                self.d2 = tf.keras.layers.Dense(classes)
            def call(self, x, training=False):
                x = self.d1(x)
                x = self.drop(x, training=training)
                return tf.nn.softmax(self.d2(x))
        net = Net(7)
        net.compile(loss=tf.keras.losses.CategoricalCrossentropy(from_logits=True),
                    optimizer="nadam")
        net.fit(data, batch_size=8, epochs=3)
    """)
    assert index.graph is not None
    assert [layer.type for layer in index.graph.layers] == ["Dense", "Dropout", "Dense", "softmax"]
    assert index.graph.layers[0].activation == "relu"
    assert index.graph.layers[2].units == 7
    assert index.graph.outputs == (3,)
    assert index.learner is not None
    assert index.learner.losses[0].from_logits is True
    assert index.learner.optimizers[0].name == "nadam"


def test_old_spellings(read) -> None:
    index = read("""
        from keras.models import Sequential
        from keras.layers.core import Dense, Activation, Dropout
        from keras.layers.convolutional import Convolution2D
        from keras.layers.advanced_activations import LeakyReLU
        from keras.optimizers import SGD
        model = Sequential()
        model.add(Convolution2D(8, 3, 5, border_mode="same", subsample=(2, 2),
                                input_shape=(32, 32, 3)))
        model.add(LeakyReLU(0.1))
        model.add(Dense(output_dim=4, init="uniform"))
        model.add(Dropout(p=0.2))
        model.compile(loss="mse", optimizer=SGD(lr=0.1, momentum=0.9))
        model.fit(X, y, nb_epoch=3)
    """)
    assert index.graph is not None
    assert index.learner is not None
    conv, leaky, dense, dropout = index.graph.layers
    assert (conv.kernel_size, conv.padding, conv.strides) == ((3, 5), "same", (2, 2))
    assert conv.output_shape == (16, 16, 8)
    assert (leaky.op, leaky.activation) == ("activation", "leaky_relu")
    assert (dense.units, dense.initializer, dropout.rate) == (4, "uniform", 0.2)
    assert index.learner.epochs == 3
    assert index.learner.optimizers[0].momentum == 0.9
    assert index.labels_name == "y"
    assert index.labels_site is None
    assert index.data_site is None


def test_undefined_well_known_names_of_a_fragment(read) -> None:
    index = read("""
        from keras.layers import Dense
        model = Sequential()
        model.add(Conv2D(4, (3, 3), input_shape=x.shape[1:]))
        model.add(Dense(2))
        model.compile(optimizer=Adam(0.5), loss="mse")
    """)
    assert index.graph is not None
    assert index.learner is not None
    assert [layer.type for layer in index.graph.layers] == ["Conv2D", "Dense"]
    assert index.learner.optimizers[0].learning_rate == 0.5


def test_star_import(read) -> None:
    index = read("""
        from keras.models import *
        from keras.layers import *
        i = Input((4,))
        m = Model(i, Dense(2)(i))
        m.compile("sgd", "mae")
    """)
    assert index.graph is not None
    assert [layer.op for layer in index.graph.layers] == ["input", "dense"]


def test_layers_added_in_a_loop(read) -> None:
    index = read("""
        from keras import Sequential
        from keras.layers import Dense
        model = Sequential()
        for width in [64, 32, 16]:
            model.add(Dense(width, activation="relu"))
        model.add(Dense(1))
        model.compile("adam", "mse")
    """)
    assert index.graph is not None
    assert index.graph.complete
    assert [layer.units for layer in index.graph.layers] == [64, 32, 16, 1]


def test_gradient_tape_loop(read) -> None:
    index = read("""
        import tensorflow as tf
        model = tf.keras.Sequential([tf.keras.layers.Dense(1)])
        loss_fn = tf.keras.losses.MeanSquaredError()
        optimizer = tf.keras.optimizers.Adam(0.01)
        for epoch in range(7):
            for x, y in dataset:
                with tf.GradientTape() as tape:
                    loss = loss_fn(y, model(x))
                grads = tape.gradient(loss, model.trainable_variables)
                optimizer.apply_gradients(zip(grads, model.trainable_variables))
    """)
    assert index.learner is not None
    assert index.learner.losses[0].name == "mean_squared_error"
    assert index.learner.epochs == 7
    assert index.learner.optimizers[0].learning_rate == 0.01
    assert [call.role for call in index.calls][-2:] == ["backward", "step"]


def test_a_scaler_is_no_model(read) -> None:
    index = read("""
        import keras
        from sklearn.preprocessing import StandardScaler
        scaler = StandardScaler()
        scaler.fit(X)
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile(loss="mse", optimizer="sgd")
        model.fit(scaler.transform(X), y)
    """)
    assert [call.role for call in index.calls if call.name == "fit"] == ["scaling", "fit"]
    assert index.learner is not None
    assert index.learner.fit_site is not None
    assert index.learner.fit_site.line == 7
