"""The search over edits that nobody has suspected: together, one by one, and ended by time.

The program is a few lines of Keras; a run scores its text by a formula.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from analyzer.experiments.proving import Proving
from analyzer.experiments.runs import Trainings
from analyzer.experiments.search import RULE, Explained, explain
from analyzer.experiments.standing import gains
from analyzer.mending import Mend
from analyzer.observed import Measured, Observation
from analyzer.rules.base import Program
from analyzer.rules.samples import dense, labels, sample
from analyzer.sandbox.protocol import ExperimentRequest, Request
from analyzer.source.files import read_source

TEXT = """
model.add(Dense(8, activation="sigmoid"))
model.add(Dense(8, activation="sigmoid"))
model.add(Dense(3, activation="softmax"))
model.compile(loss="sparse_categorical_crossentropy", optimizer="sgd")
model.fit(x, y, epochs=5)
"""
CHANCE = 1 / 3
Score = Callable[[str], float]


def program() -> Program:
    return sample(
        TEXT,
        layers=(dense(1, 8, "sigmoid"), dense(2, 8, "sigmoid"), dense(3, 3, "softmax")),
        targets=labels("integer", 3),
        problem="multiclass",
        loss="sparse_categorical_crossentropy",
        loss_line=4,
        optimizer="sgd",
        optimizer_line=4,
        optimizer_facts={"learning_rate": 0.01},
    )


class Bench:
    """Runs that cost nothing, up to a number of them."""

    def __init__(self, root: Path, score: Score, most: int = 10_000) -> None:
        self.program = program()
        (root / "train.py").write_text("\n".join(self.program.source.lines) + "\n")
        self.file = read_source(root, "train.py")
        self.score, self.most, self.runs = score, most, 0

    def run(self, request: Request) -> Observation:
        self.runs += 1
        if self.runs >= self.most:
            self.trainings.deadline = 0.0
        text = request.texts.get("train.py", self.file.text)
        noise = random.Random(repr((text, request.seed))).uniform(-0.01, 0.01)
        measured = Measured(
            held_out=100,
            rows=100,
            scores={"balanced_accuracy": self.score(text) + noise},
            chance={"balanced_accuracy": CHANCE},
            samples=400,
            steps=300,
            trained=9600,
            losses=(2.0, 1.0),
            ended="program_end",
        )
        return Observation(measured=measured)

    def explained(
        self, mends: Sequence[Mend] = (), *, everything: bool = False, invented: bool = False
    ) -> Explained:
        asked = ExperimentRequest(problem="multiclass")
        self.trainings = Trainings(Request(script="train.py"), self.run, asked, float("inf"))
        proving = Proving(self.file, self.trainings, "multiclass", invented=invented)
        proving.everything = everything
        return explain(proving, self.program, mends)


def both(text: str) -> float:
    """Learns with relu and Adam together alone."""
    return 0.95 if "relu" in text and '"adam"' in text else CHANCE


def test_two_faults_that_hide_each_other_are_found_and_nothing_else_is_changed(tmp_path):
    found = Bench(tmp_path, both).explained().mend
    assert found is not None
    assert found.proven
    assert (found.judged.finding.rule, found.judged.finding.severity) == (RULE, "warning")
    text = "\n".join(edit.replacement for edit in found.edits)
    assert "relu" in text
    assert '"adam"' in text
    assert "BatchNormalization" not in text
    assert "epochs" not in text


def test_where_the_usual_edits_together_harm_each_is_tried_alone(tmp_path):
    def score(text: str) -> float:
        harmed = "BatchNormalization" in text
        return 0.95 if '"adam"' in text and not harmed else CHANCE

    found = Bench(tmp_path, score).explained().mend
    assert found is not None
    assert [edit.replacement.count('"adam"') for edit in found.edits] == [1]


def test_a_search_that_finds_nothing_is_not_one_that_time_has_ended(tmp_path):
    nothing = Bench(tmp_path, lambda _: CHANCE).explained()
    assert nothing.mend is None
    assert nothing.unchecked == ()
    late = Bench(tmp_path, lambda _: CHANCE, most=12).explained()
    assert late.mend is None
    (unchecked,) = late.unchecked
    assert unchecked.rule == RULE
    assert "not tried for lack of time" in unchecked.reason


@pytest.mark.parametrize("everything", [False, True])
def test_on_invented_data_an_edit_that_helps_is_advice_and_only_where_advice_is_written(
    tmp_path, everything
):
    found = Bench(tmp_path, both).explained(everything=everything, invented=True).mend
    assert (found is not None) == everything
    if found is not None:
        assert not found.proven
        assert gains(found)
        assert found.judged.finding.severity == "advice"


def test_a_program_that_learns_is_left_alone(tmp_path):
    bench = Bench(tmp_path, lambda text: 0.99 if "relu" in text else 0.9)
    assert bench.explained(everything=True).mend is None
    assert bench.runs <= 3


def test_where_advice_is_written_a_program_that_learns_half_is_improved(tmp_path):
    def score(text: str) -> float:
        return 0.95 if '"adam"' in text else 0.75

    assert Bench(tmp_path, score).explained().mend is None
    found = Bench(tmp_path, score).explained(everything=True).mend
    assert found is not None
    assert gains(found)
    assert not found.proven
    finding = found.judged.finding
    assert finding.severity == "advice"
    assert finding.message.startswith("The program may learn more; it does once you use Adam")
    assert "No rule explains it" not in finding.why


@pytest.mark.parametrize("everything", [False, True])
def test_a_gain_ends_the_search_only_where_proof_of_a_fault_is_asked_for(tmp_path, everything):
    helped = Bench(tmp_path, both).explained().mend
    assert helped is not None
    bench = Bench(tmp_path, lambda text: 0.95 if '"adam"' in text else CHANCE)
    found = bench.explained([helped], everything=everything).mend
    assert (found is not None) == everything
