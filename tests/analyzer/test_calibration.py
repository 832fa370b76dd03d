"""Confidence: a rule's own word, corrected by what was counted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.calibration import calibrated, counted, key_of
from analyzer.rules.registry import all_rules

KEY = key_of("a-rule", "contract")


def corrected(stated, right, total):
    return calibrated("a-rule", "contract", stated, {KEY: (right, total)})


def test_nothing_counted_leaves_the_stated_value():
    assert calibrated("a-rule", "contract", 0.75, {}) == 0.75


def test_many_findings_outweigh_the_stated_value():
    assert corrected(0.9, 10, 100) < 0.2
    assert corrected(0.2, 95, 100) > 0.85


@given(st.floats(0, 1), st.integers(0, 200), st.integers(0, 200))
def test_it_lies_between_what_was_stated_and_what_was_counted(stated, right, wrong):
    total = right + wrong
    value = corrected(stated, right, total)
    share = right / total if total else stated
    assert min(stated, share) - 0.01 <= value <= max(stated, share) + 0.01


def test_the_shipped_counts_are_of_rules_that_exist_and_are_shares():
    names = {rule.name for rule in all_rules()}
    for key, (right, total) in counted().items():
        rule, proof = key.rsplit("/", 1)
        assert rule in names
        assert proof in {"contract", "experiment", "rule"}
        assert 0 <= right <= total
