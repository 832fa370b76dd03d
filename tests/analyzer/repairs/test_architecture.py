"""More layers and other sizes: where the edit goes in each of the ways to write a Keras model."""

from __future__ import annotations

import ast

import pytest

from analyzer.fixing.apply import change_text
from analyzer.repairs.catalogue import repairs_for
from analyzer.rules.samples import activation, conv, dense, other, sample


def edited(program, kind):
    text = "\n".join(program.source.lines) + "\n"
    found = [change_text(program.path, text, r.plan.changes) for r in repairs_for(kind, program)]
    for after in found:
        ast.parse(after)
    return found


ADDED = """
model.add(Dense(8, activation="tanh"))
model.add(Dense(1))
"""
LISTED = """
model = Sequential([
    layers.Dense(8, activation="tanh"),
    layers.Dense(1),
])
"""
CALLED = """
x = Dense(8, activation="tanh")(x)
x = Dense(1)(x)
"""


@pytest.mark.parametrize(
    ("text", "first", "wanted"),
    [
        (ADDED, 1, "model.add(BatchNormalization())"),
        (LISTED, 2, "layers.BatchNormalization()"),
        (CALLED, 1, "x = BatchNormalization()(x)"),
    ],
)
def test_normalization_follows_the_hidden_layer_however_the_model_is_written(text, first, wanted):
    program = sample(text, layers=(dense(first, 8, "tanh"), dense(first + 1, 1)))
    (after,) = edited(program, "batch_norm")
    assert after.count("BatchNormalization()") == 1
    assert wanted in after
    assert after.index("BatchNormalization()") > after.index("Dense(8")
    assert after.index("BatchNormalization()") < after.index("Dense(1)")
    assert ("import BatchNormalization" in after) == ("layers." not in text)


def test_a_model_with_normalization_gets_no_more():
    norm = other(1, "batch_norm", "BatchNormalization")
    program = sample(ADDED, layers=(dense(1, 8, "tanh"), norm, dense(2, 1)))
    assert edited(program, "batch_norm") == []


def test_another_convolution_follows_the_last_pool_as_far_as_there_are_pixels():
    text = """
    model.add(Conv2D(16, (3, 3), activation="relu"))
    model.add(MaxPooling2D((2, 2)))
    model.add(Flatten())
    model.add(Dense(10))
    """

    def program(size):
        maps = conv(1, 16, "relu").model_copy(update={"kernel_size": (3, 3)})
        pool = other(2, "max_pool", "MaxPooling2D").model_copy(
            update={"output_shape": (size, size, 16)}
        )
        return sample(text, layers=(maps, pool, other(3, "flatten", "Flatten"), dense(4, 10)))

    (after,) = edited(program(14), "depth")
    lines = after.splitlines()
    at = lines.index("model.add(MaxPooling2D((2, 2)))")
    assert lines[at + 1].startswith("model.add(Conv2D(32, (3, 3)")
    assert lines[at + 2] == "model.add(MaxPooling2D((2, 2)))"
    (small,) = edited(program(4), "depth")
    assert small.count("MaxPooling2D") == 1 + small.count("import MaxPooling2D")
    assert edited(program(2), "depth") == []


def test_dropout_follows_the_activation_of_the_largest_layer():
    text = """
    model.add(Dense(8))
    model.add(Activation("relu"))
    model.add(Dense(1))
    """
    layers = (dense(1, 8, parameters=90), activation(2, "relu"), dense(3, 1))
    (after,) = edited(sample(text, layers=layers), "dropout")
    lines = [line for line in after.splitlines() if line.startswith("model")]
    assert lines[2] == "model.add(Dropout(0.5))"


def test_narrow_layers_are_widened_and_wide_ones_are_left_alone():
    program = sample(ADDED, layers=(dense(1, 8, "tanh"), dense(2, 1)))
    (after,) = edited(program, "neurons")
    assert 'Dense(64, activation="tanh")' in after
    assert "Dense(1)" in after
    wide = sample(ADDED.replace("8", "48"), layers=(dense(1, 48, "tanh"), dense(2, 1)))
    assert edited(wide, "neurons") == []


def test_a_short_training_is_made_ten_times_as_long():
    text = "model.fit(x, y, epochs=3)"
    (after,) = edited(sample(text, layers=(dense(1, 1),), learner={"epochs": 3}), "epochs")
    assert "epochs=30" in after
    old = sample("model.fit(x, y, nb_epoch=3)", layers=(dense(1, 1),), learner={"epochs": 3})
    assert "model.fit(x, y, epochs=30)" in edited(old, "epochs")[0]
    long = sample("model.fit(x, y, epochs=500)", layers=(dense(1, 1),), learner={"epochs": 500})
    assert edited(long, "epochs") == []


def test_filters_grow_where_they_do_not():
    text = """
    model.add(Conv2D(8, (3, 3)))
    model.add(Conv2D(64, (3, 3)))
    """
    (after,) = edited(sample(text, layers=(conv(1, 8), conv(2, 64))), "filters")
    assert "Conv2D(32, (3, 3))" in after
    assert "Conv2D(64, (3, 3))" in after
