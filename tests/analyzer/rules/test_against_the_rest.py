"""Sigmoid units with binary cross-entropy over one-hot rows: sound, if unusual, so no warning."""

from __future__ import annotations

import pytest

from analyzer.rules.base import Suspicion
from analyzer.rules.registry import rule_named
from analyzer.rules.samples import dense, labels, sample

TEXT = """
model.add(Dense(5, activation="{activation}"))
model.compile(loss="{loss}", optimizer="adam")
"""
RULES = ("sigmoid-on-exclusive-classes", "unfit-classification-loss")


def severities(activation: str, loss: str, encoding: str) -> list[str]:
    program = sample(
        TEXT.format(activation=activation, loss=loss),
        layers=(dense(1, 5, activation),),
        loss=loss,
        loss_line=2,
        targets=labels(encoding, 5),
    )
    rules = [rule_named(name) for name in RULES]
    found = [(rule, answer) for rule in rules for answer in rule.review(program)]
    return [a.severity or rule.severity for rule, a in found if isinstance(a, Suspicion)]


@pytest.mark.parametrize(
    ("activation", "loss", "encoding", "expected"),
    [
        ("sigmoid", "binary_crossentropy", "one_hot", ["advice", "advice"]),
        ("sigmoid", "binary_crossentropy", "integer", ["warning", "warning"]),
        ("sigmoid", "categorical_crossentropy", "one_hot", ["warning"]),
        ("softmax", "binary_crossentropy", "one_hot", ["warning"]),
        ("sigmoid", "binary_crossentropy", "multi_hot", []),
    ],
)
def test_severity(activation: str, loss: str, encoding: str, expected: list[str]) -> None:
    assert severities(activation, loss, encoding) == expected
