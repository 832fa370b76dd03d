"""The learned verdict alone: what counts as right, as named and as located."""

from __future__ import annotations

from analyzer.benchmarks.diagnosis_verdicts import Judged, verdict_table
from analyzer.benchmarks.labelled import Case, Fault
from analyzer.diagnosis.verdict import LearnedVerdict
from analyzer.rules.samples import dense, labels, sample, table

PROGRAM = sample(
    "model.fit(x, y)",
    layers=[dense(3, 8, "relu"), dense(4, 1, "softmax")],
    loss="binary_crossentropy",
    optimizer="adam",
    inputs=table(),
    targets=labels("binary"),
)
CASE = Case(
    "folder/one.py",
    1,
    faults=(
        Fault(frozenset({"output_activation"}), frozenset({4})),
        Fault(frozenset({"hidden_activation"}), frozenset({9})),
    ),
)


def judged(sound: float = 0.0, case: Case = CASE, **given: float) -> Judged:
    return Judged(case, PROGRAM, LearnedVerdict(given, sound))


def test_a_kind_is_right_when_a_fault_has_it_and_located_on_its_line():
    one = judged(output_activation=0.9, loss=0.6, epochs=0.1)
    assert one.first == one.named == ("output_activation", "loss")
    assert one.right(one.first) == ("output_activation",)
    assert one.located(one.first)
    assert not one.located(("hidden_activation",)), "a line of another layer"


def test_nothing_is_named_in_a_program_that_is_called_sound():
    one = judged(sound=0.9, output_activation=0.9)
    assert one.named == ()
    assert one.first == ("output_activation",)


def test_the_table_counts_beside_the_trivial_answer():
    sound = judged(sound=0.9, case=Case("two.py", 1), loss=0.1)
    silent = Judged(Case("three.py", 1, faults=CASE.faults), PROGRAM, None)
    table_ = verdict_table([judged(loss=0.7, hidden_activation=0.2), sound, silent])
    assert (
        "| `one` | run | no | loss 0.70, hidden_activation 0.20 | hidden_activation | - |" in table_
    )
    assert "- faulty programs with a verdict: 1 of 2" in table_
    assert "- the first two kinds: a true kind for 1 of 2, on its line for 0; 1 of 2" in table_
    assert "- kinds of one half or more: a true kind for 0 of 2" in table_
    assert "- always the output activation: a true kind for 2 of 2, on its line for 2;" in table_
    assert "called sound: 1 of 1" in table_
    assert "all 3 programs, kinds of one half or more: 0 of 1 right, 0 with" in table_
    assert "all 3 programs, always the output activation: 2 of 3 right, 2 with" in table_


def test_what_a_correction_leaves_in_is_true_and_not_right():
    also = (Fault(frozenset({"loss"}), frozenset({4})),)
    faulty = judged(case=Case("one.py", 1, faults=CASE.faults, also=also), loss=0.7)
    corrected = judged(case=Case("one.corrected", 1, left_in=frozenset({"loss"})), loss=0.7)
    assert faulty.right(faulty.named) == corrected.right(corrected.named) == ()
    assert faulty.true(faulty.named) == corrected.true(corrected.named) == ("loss",)
    assert "2 programs, kinds of one half or more: 0 of 2 right, 2 with" in verdict_table(
        [faulty, corrected]
    )
