"""Repairs: every edit that is offered applies and parses, and each kind offers what it should."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest

from analyzer.errors import EditError
from analyzer.fixing.apply import change_text
from analyzer.repairs.catalogue import MOST_TRIED, repairs_for, search
from analyzer.rules.base import Program
from analyzer.rules.registry import all_rules, examples_of
from analyzer.rules.samples import dense, images, sample, table

EXAMPLES = [
    pytest.param(example.program, id=f"{type(rule).__name__}-{example.title}")
    for rule in all_rules()
    for example in examples_of(rule)
]


def text_of(program: Program) -> str:
    return "\n".join(program.source.lines) + "\n"


def edited(program: Program, kind: str) -> list[str]:
    """The texts after each repair of a kind."""
    text = text_of(program)
    return [
        change_text(program.path, text, repair.plan.changes)
        for repair in repairs_for(kind, program)
    ]


@pytest.mark.parametrize("program", EXAMPLES)
def test_every_repair_of_every_example_changes_the_text_into_one_that_parses(program):
    text = text_of(program)
    found = search(program)
    assert len(found) <= MOST_TRIED
    for repair in found:
        try:
            after = change_text(program.path, text, repair.plan.changes)
        except EditError:
            continue
        ast.parse(after)
        assert after != text
        assert 0.0 < repair.likelihood < 1.0


KERAS = """
model.add(Dense(8, activation="sigmoid"))
model.add(Dense(1))
model.compile(loss="mse", optimizer="sgd")
model.fit(x, y, batch_size=4000)
"""


def keras_program(**facts):
    facts = {"problem": "binary", "loss": "mean_squared_error", "optimizer": "sgd", **facts}
    return sample(
        KERAS,
        layers=(dense(1, 8, "sigmoid"), dense(2, 1)),
        loss_line=3,
        optimizer_line=3,
        optimizer_facts={"learning_rate": 0.01},
        **facts,
    )


def test_rates_of_an_optimizer_that_is_named_by_a_string_are_written_into_its_constructor():
    texts = edited(keras_program(), "learning_rate")
    (exchanged,) = [text for text in texts if "SGD(learning_rate=0.001)" in text]
    assert "from keras.optimizers import SGD" in exchanged
    assert any('optimizer="adam"' in text for text in texts)
    assert not any("learning_rate=0.01)" in text for text in texts)  # its own rate


def test_a_rate_in_place_is_exchanged_in_place():
    program = sample(
        "optimizer = torch.optim.SGD(net.parameters(), lr=3.0)",
        framework="torch",
        optimizer="sgd",
        optimizer_line=1,
        optimizer_facts={"learning_rate": 3.0},
    )
    assert "torch.optim.SGD(net.parameters(), lr=0.01)" in edited(program, "learning_rate")[0]
    assert any(
        "torch.optim.Adam(net.parameters(), lr=0.001)" in text
        for text in edited(program, "optimizer")
    )


def test_output_and_loss_are_exchanged_together_and_alone():
    both, loss, activation = edited(keras_program(), "loss")
    assert 'Dense(1, activation="sigmoid")' in both
    assert 'loss="binary_crossentropy"' in both
    assert "Dense(1)" in loss
    assert 'loss="binary_crossentropy"' in loss
    assert 'Dense(1, activation="sigmoid")' in activation
    assert 'loss="mse"' in activation


def test_a_task_that_is_not_known_gets_no_other_loss():
    assert repairs_for("loss", keras_program(problem="unknown")) == ()


def test_columns_are_standardized_with_the_numbers_of_the_training_rows():
    program = keras_program(
        inputs=table(0, 5000, feature_means=(3.0, 2000.0), feature_stds=(1.0, 900.0)),
        learner={"fit_site": None, "batch_size": 4000},
        source={"inputs_name": "x"},
    )
    fit = program.source.by_role("fit")[0].site
    learner = program.learner.model_copy(update={"fit_site": fit})
    program = replace(program, learner=learner)
    (text,) = edited(program, "normalization")
    expected = [
        "mean, deviation = x.mean(axis=0), x.std(axis=0) + 1e-7",
        "x = (x - mean) / deviation",
    ]
    assert text.splitlines()[3:5] == expected
    assert "batch_size=32" in edited(program, "batch_size")[0]


def test_pixels_are_divided_first():
    program = keras_program(inputs=images(0, 255), source={"inputs_name": "x"})
    fit = program.source.by_role("fit")[0].site
    learner = program.learner.model_copy(update={"fit_site": fit})
    program = replace(program, learner=learner)
    assert "x = x / 255.0" in edited(program, "normalization")[0]


def test_a_few_columns_in_the_range_of_a_byte_are_no_pixels():
    program = keras_program(
        inputs=table(0, 200, features=3, feature_means=(90.0, 3.0, 50.0), std=60.0),
        source={"inputs_name": "x"},
    )
    fit = program.source.by_role("fit")[0].site
    learner = program.learner.model_copy(update={"fit_site": fit})
    (text,) = edited(replace(program, learner=learner), "normalization")
    assert "255" not in text
    assert "x = (x - mean) / deviation" in text


def test_scaled_inputs_are_left_alone():
    assert repairs_for("normalization", keras_program(inputs=table())) == ()


def test_saturating_hidden_layers_get_a_relu():
    (text,) = edited(keras_program(), "hidden_activation")
    assert 'Dense(8, activation="relu")' in text


def test_a_search_is_ordered_by_likelihood():
    found = search(keras_program())
    assert len(found) >= 5
    assert [r.likelihood for r in found] == sorted((r.likelihood for r in found), reverse=True)
