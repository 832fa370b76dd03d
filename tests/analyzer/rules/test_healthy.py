"""Sound programs of many kinds stay free of errors and warnings, and strange ones crash nothing.

The first list holds the programs on which published rules cry wolf: functional activations, losses
that take logits, standardized inputs, SGD at 0.1 behind batch norm, fine-tuning at 2e-5.
"""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.fusion import judge
from analyzer.observed import GradientCycle, Graph, Layer, LossSeen, Op, Trace
from analyzer.rules.base import Program
from analyzer.rules.reading.losses import CLASSIFICATION, REGRESSION
from analyzer.rules.registry import all_rules
from analyzer.rules.samples import (
    activation,
    conv,
    dense,
    images,
    labels,
    linear,
    other,
    sample,
    table,
)

TEXT = "\n".join(f"x{line} = f(Layer(8, activation='relu'))" for line in range(20))


def bn(line: int) -> Layer:
    return other(line, "batch_norm", "BatchNormalization")


def pool(line: int) -> Layer:
    return other(line, "max_pool", "MaxPooling2D")


CNN = (
    conv(1, 32, "relu", input_channels=3, parameters=900),
    pool(2),
    conv(3, 64, "relu", parameters=9000),
    pool(4),
    conv(5, 64, "relu", parameters=9000),
    other(6, "flatten", "Flatten"),
    dense(7, 64, "relu", parameters=9000),
)
STANDARDIZED = images(
    -2.1, 2.6, mean=0.0, std=1.0, feature_means=(0.0,) * 3, feature_stds=(1.0,) * 3
)
CLEAN_LOOP = Trace(
    steps=30,
    loss=(2.3, 2.2, 1.9),
    cycle=GradientCycle(steps=30, backward_calls=30, zero_grad_calls=30),
    loss_seen=(LossSeen(calls=30, prediction_shape=(32, 1), target_shape=(32, 1)),),
)

HEALTHY = {
    "functional relu and cross-entropy over raw scores": sample(
        TEXT,
        framework="torch",
        layers=(
            layer := other(1, "conv", "Conv2d", filters=32, kernel_size=(3, 3), input_channels=3),
            activation(2, "relu", "relu"),
            other(3, "max_pool", "max_pool2d"),
            layer,
            activation(2, "relu", "relu"),
            layer,
            activation(2, "relu", "relu"),
            other(4, "flatten", "flatten"),
            linear(5, 10),
        ),
        loss="cross_entropy",
        optimizer="adam",
        optimizer_line=6,
        optimizer_facts={"learning_rate": 1e-3, "parameters": 8},
        inputs=STANDARDIZED,
        targets=labels("integer", 10, min=0, max=9),
        trace=CLEAN_LOOP,
        problem="multiclass",
        kind="color_images",
    ),
    "raw scores under BCEWithLogitsLoss": sample(
        TEXT,
        framework="torch",
        layers=(linear(1, 32), activation(2, "relu", "ReLU"), linear(3, 1)),
        loss="bce_with_logits",
        inputs=table(),
        targets=labels("binary", 2, min=0, max=1),
        trace=CLEAN_LOOP,
        problem="binary",
    ),
    "sigmoid under BCELoss": sample(
        TEXT,
        framework="torch",
        layers=(
            linear(1, 32),
            activation(2, "relu", "ReLU"),
            linear(3, 1),
            activation(4, "sigmoid", "sigmoid"),
        ),
        loss="bce",
        inputs=table(),
        targets=labels("binary", 2, min=0, max=1),
        trace=CLEAN_LOOP,
        problem="binary",
    ),
    "log_softmax under cross-entropy": sample(
        TEXT,
        framework="torch",
        layers=(
            linear(1, 32),
            activation(2, "relu", "relu"),
            linear(3, 4),
            activation(4, "log_softmax", "log_softmax"),
        ),
        loss="cross_entropy",
        inputs=table(),
        targets=labels("integer", 4, min=0, max=3),
        trace=CLEAN_LOOP,
        problem="multiclass",
    ),
    "standardized color images": sample(
        TEXT,
        layers=(*CNN, dense(8, 10, "softmax", parameters=650)),
        loss="categorical_crossentropy",
        inputs=STANDARDIZED.model_copy(update={"samples": 50_000}),
        targets=labels("one_hot", 10, shape=(10,)),
        problem="multiclass",
    ),
    "SGD at 0.1 behind batch norm, pixels unscaled": sample(
        TEXT,
        layers=(
            conv(1, 32, input_channels=3),
            bn(2),
            activation(3, "relu"),
            pool(4),
            conv(5, 64),
            bn(6),
            activation(7, "relu"),
            pool(8),
            conv(9, 64),
            bn(10),
            activation(11, "relu"),
            other(12, "global_pool", "GlobalAveragePooling2D"),
            dense(13, 10, "softmax"),
        ),
        loss="sparse_categorical_crossentropy",
        optimizer="sgd",
        optimizer_line=14,
        optimizer_facts={"learning_rate": 0.1, "momentum": 0.9},
        inputs=images(0, 255),
        targets=labels("integer", 10, min=0, max=9),
        problem="multiclass",
    ),
    "fine-tuning at 2e-5 with batches of sixteen": sample(
        TEXT,
        layers=(other(1, "model", "ResNet50"), dense(2, 2, "softmax")),
        graph={"backbone": True},
        loss="categorical_crossentropy",
        optimizer="adam",
        optimizer_line=3,
        optimizer_facts={"learning_rate": 2e-5},
        inputs=images(0, 255),
        targets=labels("one_hot", 2, shape=(2,)),
        learner={"batch_size": 16, "epochs": 3},
        problem="binary",
    ),
    "several labels per sample": sample(
        TEXT,
        layers=(dense(1, 32, "relu"), dense(2, 6, "sigmoid")),
        loss="binary_crossentropy",
        inputs=table(),
        targets=labels("multi_hot", 6, shape=(6,)),
        problem="multilabel",
    ),
    "a regression": sample(
        TEXT,
        layers=(dense(1, 32, "tanh"), dense(2, 1)),
        loss="mean_squared_error",
        inputs=table(),
        targets=labels("continuous", min=-40.0, max=300.0),
        learner={"batch_size": 32, "epochs": 50, "metrics": ("mae",)},
        problem="regression",
    ),
    "an autoencoder": sample(
        TEXT,
        layers=(
            conv(1, 32, "relu", input_channels=1),
            pool(2),
            conv(3, 8, "relu"),
            other(4, "upsample", "UpSampling2D"),
            conv(5, 1, "sigmoid"),
        ),
        loss="mean_squared_error",
        inputs=images(0, 1, 1),
        targets=labels("inputs"),
        problem="autoencoder",
    ),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_a_healthy_program_gets_nothing_at_all(name: str) -> None:
    verdict = judge(HEALTHY[name], all_rules())
    assert [(each.finding.rule, each.finding.message) for each in verdict.judged] == []


OPS = st.sampled_from(get_args(Op))
SITES = [None, *(call.site for call in sample(TEXT).source.calls)]
NAMES = st.sampled_from(["relu", "softmax", "sigmoid", "tanh", "linear", None])
COUNTS = st.one_of(st.none(), st.integers(0, 600))
LAYERS = st.builds(
    Layer,
    index=st.integers(0, 12),
    type=st.sampled_from(["Layer", "Dense", "relu"]),
    op=OPS,
    name=st.just("layer"),
    site=st.sampled_from(SITES),
    activation=NAMES,
    units=COUNTS,
    filters=COUNTS,
    input_channels=COUNTS,
    kernel_size=st.one_of(
        st.none(), st.lists(st.integers(0, 7), min_size=1, max_size=3).map(tuple)
    ),
    rate=st.one_of(st.none(), st.floats(0, 1)),
    parameters=st.integers(0, 10**8),
    input_shape=st.one_of(st.none(), st.lists(COUNTS, max_size=4).map(tuple)),
    output_shape=st.one_of(st.none(), st.lists(COUNTS, max_size=4).map(tuple)),
    inputs=st.lists(st.integers(-2, 14), max_size=3).map(tuple),
)
ENCODINGS = st.sampled_from(["integer", "one_hot", "multi_hot", "binary", "continuous", "unknown"])
LOSSES = st.sampled_from(["own", *sorted(CLASSIFICATION | REGRESSION)])


@st.composite
def programs(draw: st.DrawFn) -> Program:
    layers = draw(st.lists(LAYERS, min_size=1, max_size=10))
    numbered = draw(st.booleans())
    if numbered:
        layers = [each.model_copy(update={"index": place}) for place, each in enumerate(layers)]
    number = st.one_of(st.none(), st.floats(-1e6, 1e6))
    program = sample(
        TEXT,
        framework=draw(st.sampled_from(["keras", "tf.keras", "torch"])),
        layers=(dense(1, 1),),
        loss=draw(LOSSES),
        loss_line=draw(st.integers(1, 19)),
        optimizer=draw(st.sampled_from(["sgd", "adam", "odd"])),
        optimizer_line=3,
        optimizer_facts={"learning_rate": draw(number), "foreign_parameters": 3},
        inputs=table(min=draw(number), max=draw(number), std=draw(number), samples=draw(COUNTS)),
        targets=labels(draw(ENCODINGS), draw(COUNTS), min=draw(number), max=draw(number)),
        learner={"batch_size": draw(COUNTS), "epochs": draw(COUNTS), "metrics": ("accuracy",)},
        trace=Trace(steps=3, loss=draw(st.lists(st.floats(), max_size=9).map(tuple))),
        problem=draw(st.sampled_from(["binary", "multiclass", "regression", "unknown"])),
    )
    outputs = draw(st.lists(st.integers(-1, 14), max_size=2).map(tuple))
    graph = Graph(
        layers=tuple(layers), outputs=outputs, origin=draw(st.sampled_from(["run", "static"]))
    )
    return Program(
        path=program.path,
        framework=program.framework,
        source=program.source,
        graph=graph,
        data=program.data,
        learner=program.learner,
        trace=program.trace,
        problem=program.problem,
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(programs())
def test_no_program_is_too_strange_to_be_judged(program: Program) -> None:
    verdict = judge(program, all_rules())
    for judged in verdict.judged:
        finding = judged.finding
        assert finding.proof != "rule" or finding.severity == "advice"
        assert finding.message.endswith(".")
    marks = [judged.finding.fingerprint for judged in verdict.judged]
    assert len(marks) == len(set(marks))
