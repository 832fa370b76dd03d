"""Symptoms and the facts of the program point to causes, each with the line of its mend."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.kinds import Kind
from analyzer.rules.base import Program
from analyzer.rules.samples import at, dense, labels, table
from analyzer.symptoms.base import Symptom
from analyzer.symptoms.causes import Cause, ranked_causes
from analyzer.symptoms.context import odds
from analyzer.symptoms.places import place_of
from analyzer.symptoms.registry import all_checks, examine
from analyzer.symptoms.samples import TEXT, falling, warmed

SCALED = table(-1.0, 1.0)
RAW = table(0.0, 5000.0)
BLOWN_UP = falling(1.0, 1e6)


def first(program: Program) -> Cause:
    return ranked_causes(examine(program).symptoms, program)[0]


def at_rate(rate: float, **facts: object) -> Program:
    return warmed(BLOWN_UP, optimizer_facts={"learning_rate": rate}, **facts)


def test_a_loss_that_blows_up_at_a_rate_of_three_comes_from_the_rate() -> None:
    cause = first(at_rate(3.0, inputs=SCALED))
    assert cause.kind == "learning_rate"
    assert cause.site is not None
    assert cause.site.line == 4
    assert [symptom.name for symptom in cause.symptoms] == ["diverging-loss"]


def test_a_loss_that_blows_up_at_the_usual_rate_on_raw_inputs_comes_from_the_inputs() -> None:
    program = at_rate(0.01, inputs=RAW, data={"site": at(5)})
    cause = first(program)
    assert cause.kind == "normalization"
    assert cause.site is not None
    assert cause.site.line == 5


def test_a_rate_on_the_other_side_is_no_suspect() -> None:
    low, high = at_rate(1e-6), at_rate(3.0)
    assert odds("learning_rate", low, "long") < odds("learning_rate", high, "long")
    assert odds("learning_rate", high, "short") < odds("learning_rate", low, "short")
    assert odds("learning_rate", at_rate(0.01), "long") < odds("learning_rate", high, "long")


def test_scaled_inputs_are_no_suspect_unless_the_targets_are_large() -> None:
    large = labels("continuous", std=5000.0, min=0.0, max=1e5)
    assert odds("normalization", at_rate(0.01, inputs=SCALED)) < 0.5
    assert odds("normalization", at_rate(0.01, inputs=SCALED, targets=large)) > 1.0


def test_a_sigmoid_in_the_hidden_layers_is_a_suspect_and_relu_is_not() -> None:
    sigmoid = (dense(1, 8, "sigmoid"), dense(2, 8, "sigmoid"), dense(3, 1))
    assert odds("hidden_activation", warmed(net=sigmoid)) > 1 > odds("hidden_activation", warmed())


def test_a_kind_without_facts_is_neither_likelier_nor_less_likely() -> None:
    assert odds("epochs", warmed()) == 1.0


def test_a_layer_kind_is_mended_at_the_layer_where_it_shows() -> None:
    site = place_of("initializer", warmed(), layer=1)
    assert site is not None
    assert site.line == 2
    elsewhere = place_of("initializer", warmed())
    assert elsewhere is not None
    assert elsewhere.line == 1


@pytest.mark.parametrize(
    ("kind", "line"), [("loss", 4), ("output_activation", 3), ("batch_size", 5), ("optimizer", 4)]
)
def test_other_kinds_have_a_line_of_their_own(kind: Kind, line: int) -> None:
    site = place_of(kind, warmed(), layer=0)
    assert site is not None
    assert site.line == line


@given(
    st.lists(st.tuples(st.sampled_from(all_checks()), st.floats(0.0, 1.0)), min_size=1, max_size=12)
)
def test_scores_are_a_ranking_and_more_symptoms_never_lower_one(found: list[object]) -> None:
    program = warmed(text=TEXT)
    symptoms = [
        Symptom(name=c.name, phase=c.phase, message="m.", strength=s, causes=c.causes)
        for c, s in found
    ]
    ranked = ranked_causes(symptoms, program)
    scores = [cause.score for cause in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(0.0 <= score < 1.0 for score in scores)
    fewer = {cause.kind: cause.score for cause in ranked_causes(symptoms[1:], program)}
    for cause in ranked:
        assert cause.score >= fewer.get(cause.kind, 0.0) - 1e-12
