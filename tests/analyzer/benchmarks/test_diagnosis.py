"""DeepLocalize's pairs: the facts, what counts as flagged, and a review of a pair of our own."""

from __future__ import annotations

import dataclasses
import textwrap
from typing import get_args

import pytest

from analyzer.benchmarks.diagnosis import (
    Diagnosed,
    Pair,
    Place,
    Published,
    alarms_of,
    diagnose_pairs,
    load_pairs,
)
from analyzer.benchmarks.diagnosis_tables import diagnosis_table, programs_named
from analyzer.benchmarks.labelled import Case, Fault, Outcome
from analyzer.errors import UsageError
from analyzer.findings import Finding, ProgramReport
from analyzer.kinds import Kind
from analyzer.options import Options

PAIRS, PUBLISHED = load_pairs()
KINDS = set(get_args(Kind))


def finding(kind, line, severity="advice"):
    return Finding(
        rule="some-rule",
        code="FL401",
        kind=kind,
        severity=severity,
        proof="rule",
        confidence=0.75,
        path="train.py",
        line=line,
        end_line=line,
        message="m",
        why="w",
    )


CASE = Case(
    "own/pair",
    1,
    faults=(Fault(frozenset({"loss"}), frozenset({3})),),
    also=(Fault(frozenset({"normalization"}), frozenset({7})),),
)
OWN = Pair("own/pair", Place("faulty", "train.py"), Place("right", "train.py"), CASE)


def diagnosed(*findings, corrected=()):
    outcomes = [
        Outcome(case, ProgramReport(path="train.py", status="observed", findings=found))
        for case, found in ((CASE, findings), (Case("c", 1), corrected))
    ]
    return Diagnosed(OWN, *outcomes)


def test_forty_pairs_with_faults_on_lines():
    assert len(PAIRS) == len({pair.id for pair in PAIRS}) == PUBLISHED.programs == 40
    for pair in PAIRS:
        assert pair.labels.faults, pair.id
        for fault in (*pair.labels.faults, *pair.labels.also):
            assert fault.kinds <= KINDS, pair.id
            assert min(fault.lines) > 0, pair.id
            assert fault.visible in {"yes", "no", "judgement", "data"}, pair.id
        assert pair.labels.left_in <= KINDS, pair.id


@pytest.mark.parametrize(
    ("found", "flagged", "kind", "line", "anything"),
    [
        ((), False, False, False, False),
        ((finding("api", 3),), False, False, False, False),
        ((finding("api", 3, "warning"),), False, False, False, False),
        ((finding("normalization", 7),), False, False, False, True),
        ((finding("dropout", 9, "error"),), True, False, False, True),
        ((finding("loss", 9),), True, True, False, True),
        ((finding("loss", 3),), True, True, True, True),
    ],
)
def test_what_counts(found, flagged, kind, line, anything):
    done = diagnosed(*found)
    assert (done.flagged, done.kind, done.line, done.anything) == (flagged, kind, line, anything)


def test_what_the_correction_leaves_in_is_counted_apart():
    left = diagnosed(finding("normalization", 7))
    assert (left.flagged, left.true_flag, left.line, left.true_line) == (False, True, False, True)
    elsewhere = diagnosed(finding("normalization", 2))
    assert (elsewhere.true_flag, elsewhere.true_line) == (True, False)
    assert not diagnosed(finding("dropout", 7)).true_flag


def test_alarms_are_confirmed_by_what_the_correction_leaves_in():
    done = diagnosed(finding("normalization", 7, "warning"), finding("dropout", 7, "warning"))
    assert [done.faulty.is_right(alarm) for alarm in alarms_of(done.faulty)] == [True, False]


def test_totals_stand_beside_the_published_ones():
    done = [
        diagnosed(finding("loss", 3, "error")),
        diagnosed(finding("normalization", 7), corrected=(finding("loss", 2, "error"),)),
    ]
    table = diagnosis_table(done, Published(40, 34, 21))
    assert "- flagged: 1 of 2 (DeepLocalize: 34 of 40)" in table
    assert "- with a fault's kind on its line: 1 of 2 (DeepLocalize: 21 of 40)" in table
    assert "- with any finding: 2" in table
    assert "corrected versions with an error or warning: 1 of 2" in table
    assert "some-rule:2" in table


def test_one_half_alone():
    only = dataclasses.replace(diagnosed(finding("loss", 3)), corrected=None)
    assert "corrected versions" not in diagnosis_table([only], PUBLISHED)
    other = dataclasses.replace(diagnosed(), faulty=None)
    assert "flagged" not in diagnosis_table([other], PUBLISHED)


def test_programs_are_counted_once_however_many_faults_they_have():
    outcomes = [diagnosed(finding("loss", 3), finding("loss", 3)).faulty, diagnosed().faulty]
    assert "named: 1 of 2, on its line: 1" in programs_named(outcomes)


SOURCE = textwrap.dedent(
    """
    import shapes
    from keras.models import Sequential
    from keras.layers import Dense
    model = Sequential()
    model.add(Dense(8, activation="relu", input_shape=(shapes.WIDTH,)))
    model.add(Dense(1, activation="softmax"))
    model.compile(loss="binary_crossentropy", optimizer="adam")
    """
)


@pytest.fixture
def suite(tmp_path):
    for folder, activation in (("faulty", "softmax"), ("right", "sigmoid")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "shapes.py").write_text("WIDTH = 4\n")
        (tmp_path / folder / "train.py").write_text(SOURCE.replace("softmax", activation))
    return tmp_path


def test_both_programs_of_a_pair_are_reviewed(suite):
    faults = (Fault(frozenset({"output_activation"}), frozenset({7})),)
    pair = dataclasses.replace(OWN, labels=Case(OWN.id, 1, faults=faults))
    said = []
    (done,) = diagnose_pairs(suite, [pair], Options(static=True), 1, said.append)
    assert done.line
    assert done.faulty.report.status == "static"
    assert done.corrected.named == ()
    assert not alarms_of(done.corrected)
    assert said == ["own/pair: line"]
    (half,) = diagnose_pairs(suite, [pair], Options(static=True), 1, said.append, ["sound"])
    assert half.faulty is None
    assert half.corrected is not None


def test_a_folder_that_is_no_checkout(tmp_path):
    with pytest.raises(UsageError, match="expected a checkout"):
        diagnose_pairs(tmp_path, PAIRS, Options(static=True), 1, print)
