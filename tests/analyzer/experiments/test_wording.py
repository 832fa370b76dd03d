"""Experiments in words and bars."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from analyzer.experiments.wording import BARS, BROKEN, WIDTH, sentence, sparkline, sparklines
from analyzer.findings import Experiment

SEEN = Experiment(
    metric="accuracy",
    seeds=3,
    before=(0.31, 0.33, 0.30),
    after=(0.94, 0.95, 0.93),
    seconds=8.2,
    outcome="better",
    held_out=250,
    samples=250,
    loss_before=(1.0, 1.0, 1.0),
    loss_after=(1.0, 0.5, 0.0),
)


def test_the_sentence_of_an_experiment():
    expected = "accuracy on held-out samples 0.31 0.33 0.30 -> 0.94 0.95 0.93, 3 seeds, 8 s"
    assert sentence(SEEN) == expected


def test_what_was_not_held_out_is_not_called_so():
    tiny = SEEN.model_copy(update={"held_out": 0, "samples": 4})
    assert "on its 4 samples" in sentence(tiny)


def test_two_curves_each_on_its_own_scale():
    assert sparklines(SEEN) == ("▁▁▁", "█▅▁")
    assert sparklines(SEEN.model_copy(update={"loss_after": ()})) is None


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=200))
def test_any_curve_becomes_a_line_of_bars(values):
    line = sparkline(values)
    assert len(line) == min(WIDTH, len(values))
    assert set(line) <= {*BARS, BROKEN}
    if values and all(map(math.isfinite, values)) and len(values) <= WIDTH:
        assert BROKEN not in line
