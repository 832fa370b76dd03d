"""The reliability table: counts per rule and proof, each confidence from the other programs."""

from __future__ import annotations

import json

import pytest

from analyzer.benchmarks.labelled import Case, Fault, Outcome
from analyzer.benchmarks.marked import load_programs
from analyzer.benchmarks.reliability import (
    count,
    held_out_confidences,
    judgements,
    reliability_table,
    write_counts,
)
from analyzer.errors import UsageError
from analyzer.findings import Finding, ProgramReport


def finding(line, proof="rule"):
    return Finding(
        rule="learning-rate-out-of-band",
        code="FL401",
        kind="learning_rate",
        severity="advice",
        proof=proof,
        confidence=0.75,
        path="train.py",
        line=line,
        end_line=line,
        message="m",
        why="w",
    )


def outcome(name, *findings):
    fault = Fault(frozenset({"learning_rate"}), frozenset({3}))
    report = ProgramReport(path=name, status="observed", findings=findings)
    return Outcome(Case(name, 1, faults=(fault,)), report)


JUDGED = judgements(
    [outcome("a.py", finding(3), finding(9)), outcome("b.py", finding(3, "contract"), finding(3))]
)


def test_findings_are_right_when_a_label_names_them():
    assert count(JUDGED) == {
        "learning-rate-out-of-band/contract": (1, 1),
        "learning-rate-out-of-band/rule": (2, 3),
    }


def test_a_program_does_not_vouch_for_itself():
    (first, *_, last) = held_out_confidences(JUDGED)
    assert first == (round((1 + 8 * 0.75) / 9, 2), True)  # b.py alone
    assert last == (round((1 + 8 * 0.75) / 10, 2), True)  # a.py alone


def test_the_table_says_rule_proof_and_share():
    assert "| learning-rate-out-of-band | rule | 3 | 2 | 0.75 |" in reliability_table(JUDGED)


def test_counts_are_written_as_they_are_read(tmp_path):
    path = tmp_path / "reliability.json"
    write_counts(JUDGED, path)
    assert json.loads(path.read_text()) == {key: list(pair) for key, pair in count(JUDGED).items()}


def test_marks_say_which_line_is_faulty(tmp_path):
    folder = tmp_path / "gradients-not-cleared"
    folder.mkdir()
    (folder / "faulty.py").write_text("x = 1\noptimizer.step()  # fault\n")
    (folder / "sound.py").write_text("x = 1\n")
    (faulty,), (sound,) = load_programs(tmp_path)
    assert faulty.faults == (Fault(frozenset({"gradient_reset"}), frozenset({2})),)
    assert sound.faults == ()


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"labels\.json"):
        load_programs(tmp_path)
