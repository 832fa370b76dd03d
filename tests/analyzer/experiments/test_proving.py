"""What becomes of mends in experiments: contracts, suspicions, needless and harmful edits.

The program is a file of switches, and a run scores it by a formula: the decisions are what is
tested here. Real programs are in `test_torch_trainings.py` and `test_keras_trainings.py`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.experiments.candidates import Candidate
from analyzer.experiments.outcomes import withdrawn
from analyzer.experiments.proving import Proving
from analyzer.experiments.runs import Trainings
from analyzer.experiments.standing import gains, unshown
from analyzer.findings import Finding
from analyzer.fixing.edits import FixPlan, ReplaceExpression
from analyzer.fusion import Judged
from analyzer.kinds import Proof, Severity
from analyzer.mending import Mend, finding_with_fix, plan_mends
from analyzer.observed import Measured, NotObserved, Observation, Site
from analyzer.sandbox.protocol import ExperimentRequest, Request
from analyzer.source.files import SourceFile, read_source

NAMES = ("a", "b", "c", "d")
SOURCE = "".join(f"{name} = 0\n\n\n" for name in NAMES)
Score = Callable[[dict[str, int], int], float]


def site(name: str) -> Site:
    line = 3 * NAMES.index(name) + 1
    return Site(path="train.py", line=line, column=4, end_line=line, end_column=5)


def switch(name: str, value: int = 1) -> FixPlan:
    return FixPlan(f"set {name} to {value}", (ReplaceExpression(site(name), str(value)),))


def judged(
    name: str, proof: Proof = "rule", proven: Severity = "warning", confidence: float = 0.6
) -> Judged:
    finding = Finding(
        rule=f"rule-{name}",
        code="FL1",
        kind="loss",
        severity="advice" if proof == "rule" else proven,
        proof=proof,
        confidence=confidence,
        path="train.py",
        line=site(name).line,
        end_line=site(name).line,
        message="m",
        why="w",
    )
    return Judged(finding, switch(name), proven)


class Program:
    """A file of switches whose score is a formula of them."""

    def __init__(self, root: Path, score: Score, noise: float = 0.01) -> None:
        (root / "train.py").write_text(SOURCE)
        self.file: SourceFile = read_source(root, "train.py")
        self.score, self.noise = score, noise
        self.runs: list[dict[str, int]] = []
        self.ended = "program_end"

    def run(self, request: Request) -> Observation:
        text = request.texts.get("train.py", SOURCE)
        switches = {line[0]: int(line[4:]) for line in text.split("\n") if line}
        self.runs.append(switches)
        if len(self.runs) >= self.most:
            self.trainings.deadline = 0.0  # the time is over after this run
        assert request.experiment is not None
        value = self.score(switches, request.experiment.steps)
        if value < 0:
            return Observation(trouble=NotObserved(cause="crash", message="ValueError: no"))
        value += random.Random(repr((switches, request.seed))).uniform(-self.noise, self.noise)
        measured = Measured(
            held_out=100,
            rows=100,
            scores={"balanced_accuracy": min(1.0, value)},
            chance={"balanced_accuracy": 0.25},
            samples=400,
            steps=300,
            trained=9600,
            losses=(2.0, 1.0),
            ended=self.ended,
        )
        return Observation(measured=measured)

    def prove(
        self,
        *findings: Judged,
        candidates: tuple[Candidate, ...] = (),
        advice: bool = False,
        most: int = 1000,
        invented: bool = False,
    ) -> tuple[Mend, ...]:
        return self.proved(plan_mends(findings, self.file), candidates, advice, most, invented)

    def proved(
        self,
        mends: Sequence[Mend],
        candidates: tuple[Candidate, ...] = (),
        advice: bool = False,
        most: int = 1000,
        invented: bool = False,
    ) -> tuple[Mend, ...]:
        asked = ExperimentRequest(problem="multiclass")
        self.most = most
        self.trainings = Trainings(Request(script="train.py"), self.run, asked, float("inf"))
        proving = Proving(self.file, self.trainings, "multiclass", invented=invented)
        return proving.prove(mends, candidates, advice=advice)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Program]:
    return lambda score, **given: Program(tmp_path, score, **given)


def test_a_suspicion_whose_edit_clearly_helps_is_raised(make):
    program = make(lambda on, _: 0.9 if on["a"] else 0.3)
    (mend,) = program.prove(judged("a"))
    finding = mend.judged.finding
    assert (finding.proof, finding.severity, finding.confidence) == ("experiment", "warning", 0.8)
    assert mend.proven
    assert mend.experiment is not None
    assert mend.experiment.outcome == "better"
    assert len(program.runs) == 6  # three pairs, and no more when it is clear


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0.30, 0.37, "too small"),
        (0.80, 0.99, "well enough"),
        (0.30, 0.305, "within noise"),
    ],
)
def test_a_gain_that_is_no_fault_leaves_advice(make, before, after, said):
    program = make(lambda on, _: after if on["a"] else before)
    (mend,) = program.prove(judged("a"))
    assert mend.judged.finding.severity == "advice"
    assert not mend.proven
    assert mend.verified is None
    assert said in mend.trials[-1]


def test_a_slow_start_is_no_fault(make):
    program = make(lambda on, steps: 0.9 if on["a"] or steps > 3000 else 0.3)
    program.ended = "steps"
    (mend,) = program.prove(judged("a"))
    assert mend.judged.finding.severity == "advice"
    assert "gets there by itself" in mend.trials[-1]


def test_a_program_that_stays_behind_however_long_is_faulty(make):
    program = make(lambda on, _: 0.9 if on["a"] else 0.3)
    program.ended = "steps"
    (mend,) = program.prove(judged("a"))
    assert mend.proven


def test_a_harmful_edit_is_not_offered(make):
    program = make(lambda on, _: 0.3 if on["a"] else 0.9)
    (mend,) = program.prove(judged("a"))
    assert mend.verified is False
    assert finding_with_fix(mend, program.file).fix is None
    assert mend.judged.finding.severity == "advice"


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (lambda on, _: 0.9 - 0.5 * on["a"], "contract mended, although"),
        (lambda _on, _: 0.6, "contract mended, effect within noise"),
        (lambda on, _: 0.4 + 0.5 * on["a"], "contract mended, and it helps"),
    ],
)
def test_no_experiment_overrules_a_contract(make, score, said):
    program = make(score)
    (mend,) = program.prove(judged("a", proof="contract", proven="error"))
    finding = finding_with_fix(mend, program.file)
    assert (finding.severity, finding.proof) == ("error", "contract")
    assert finding.fix is not None
    assert finding.fix.experiment is not None
    assert finding.evidence.experiment[0].startswith(said)


def test_the_review_says_what_each_of_several_contracts_contributes(make):
    program = make(lambda on, _: 0.3 + 0.6 * on["a"])
    mends = program.prove(*(judged(n, proof="contract", proven="error") for n in "ab"))
    helps, idle = (mend.experiment for mend in mends)
    assert helps is not None
    assert idle is not None
    assert (helps.outcome, idle.outcome) == ("better", "noise")
    assert any("all edits together" in line for line in mends[0].trials)


def test_suspicions_are_tried_on_mended_contracts(make):
    program = make(lambda on, _: 0.3 + (0.6 if on["a"] and on["b"] else 0.0))
    contract, suspicion = program.prove(judged("a", proof="contract", proven="error"), judged("b"))
    assert contract.experiment is not None
    assert contract.experiment.outcome == "noise"
    assert suspicion.proven


def test_an_edit_that_a_later_one_makes_needless_is_taken_back(make):
    # "a" alone helps; with "b" it adds nothing.
    program = make(lambda on, _: 0.95 if on["b"] else 0.55 if on["a"] else 0.26, noise=0.005)
    first, second = program.prove(judged("a", confidence=0.9), judged("b", confidence=0.2))
    assert not first.proven
    assert first.judged.finding.severity == "advice"
    assert "not needed beside the other edits" in first.trials[-1]
    assert second.proven


def test_another_candidate_may_mend_what_the_rule_s_own_edit_does_not(make):
    program = make(lambda on, _: 0.9 if on["a"] == 2 else 0.3)
    suspected = judged("a")
    other = Candidate(switch("a", 2), suspected, likelihood=0.1)
    (mend,) = program.prove(suspected, candidates=(other,))
    assert mend.proven
    assert mend.edits[0].replacement == "a = 2"
    finding = finding_with_fix(mend, program.file)
    assert finding.fix is not None
    assert finding.fix.description == "set a to 2"


def test_an_edit_that_its_check_refused_is_tried_with_a_companion(make):
    # "a" alone is no good; together with "b" it is.
    program = make(lambda on, _: 0.9 if on["a"] and on["b"] else 0.1 if on["a"] else 0.3)
    refused = judged("a", proof="contract", proven="error")
    (planned,) = plan_mends([refused], program.file)
    both = FixPlan("set both", (*switch("a").changes, *switch("b").changes))
    candidate = Candidate(both, refused, likelihood=0.5)
    (mend,) = program.proved([replace(planned, verified=False)], (candidate,))
    assert mend.verified is None  # the check that follows decides
    assert gains(mend)
    assert {edit.replacement for edit in mend.edits} == {"a = 1", "b = 1"}


def test_advice_that_only_helps_beside_a_suspicion_stays_advice(make):
    program = make(lambda on, _: 0.9 if on["a"] and on["b"] else 0.3)
    fault, advice = program.prove(judged("a"), judged("b", proven="advice"), advice=True)
    assert fault.proven
    assert not advice.proven
    assert gains(advice)
    assert "a matter of judgement" in advice.trials[-1]


def test_the_likeliest_and_cheapest_is_tried_first(make):
    # "a" breaks the program, and so the three together tell nothing.
    program = make(lambda on, _: -1.0 if on["a"] else 0.9 if on["c"] else 0.3)
    program.prove(
        judged("a", confidence=0.2), judged("b", confidence=0.4), judged("c", confidence=0.9)
    )
    single = [on for on in program.runs if sum(on.values()) == 1]
    assert single[0] == {"a": 0, "b": 0, "c": 1, "d": 0}


def test_two_faults_that_only_show_together_are_both_found(make):
    program = make(lambda on, _: 0.9 if on["a"] and on["b"] else 0.3)
    first, second, idle = program.prove(judged("a"), judged("b"), judged("c"))
    assert first.proven
    assert second.proven
    assert not idle.proven
    assert idle.trials == ("not needed beside the other edits",)


def test_of_many_edits_the_smallest_sufficient_patch_stays(make):
    program = make(lambda on, _: 0.9 if on["c"] else 0.3)
    mends = program.prove(*(judged(name) for name in NAMES))
    assert [mend.proven for mend in mends] == [False, False, True, False]


def test_without_time_to_prune_nothing_is_raised_and_the_gain_is_kept(make):
    program = make(lambda on, _: 0.9 if on["a"] and on["b"] else 0.3)
    mends = program.prove(judged("a"), judged("b"), most=6)
    assert not any(mend.proven for mend in mends)
    assert all(gains(mend) for mend in mends)
    assert "no time was left" in mends[0].trials[-1]


def test_a_program_that_crashes_under_the_edit_is_not_measured(make):
    program = make(lambda on, _: -1.0 if on["a"] else 0.3)
    (mend,) = program.prove(judged("a"))
    assert mend.experiment is None
    assert mend.trials == ("set a to 1: not measured: with the edit: ValueError: no",)


def test_what_there_was_no_time_for_is_said(make):
    program = make(lambda _on, _: 0.5)
    mends = program.prove(*(judged(name) for name in NAMES), most=9)
    assert any(mend.experiment is not None for mend in mends)
    late = [mend for mend in mends if mend.experiment is None]
    assert late
    words = ("lack of time", "time was over", "no time was left")
    assert all(any(word in m.trials[0] for word in words) for m in late)


def test_an_edit_that_gains_at_once_is_compared_before_those_that_do_not(make):
    program = make(lambda on, _: 0.9 if on["d"] and not on["a"] else 0.3)
    confidences = zip(NAMES, (0.9, 0.8, 0.7, 0.6), strict=True)
    findings = [judged(name, confidence=value) for name, value in confidences]
    *others, last = program.prove(*findings, most=11)
    assert last.proven  # the three before it, more confident, took one run each
    assert not any(mend.proven for mend in others)


def test_advice_that_harms_is_not_written_and_other_advice_stays(make):
    program = make(lambda on, _: 0.9 - 0.5 * on["a"])
    harmful, harmless = program.prove(
        judged("a", proven="advice"), judged("b", proven="advice"), advice=True
    )
    assert harmful.verified is False
    assert harmless.verified is None
    assert harmless.judged.finding.severity == "advice"
    assert not harmless.proven


def test_a_raised_suspicion_whose_edit_fails_its_check_is_advice_again(make):
    program = make(lambda on, _: 0.9 if on["a"] else 0.3)
    (mend,) = program.prove(judged("a"))
    back = withdrawn(mend)
    assert (back.judged.finding.severity, back.judged.finding.proof) == ("advice", "rule")


def test_an_edit_that_makes_a_broken_program_learn_is_raised(make):
    program = make(lambda on, _: 0.9 if on["a"] else -1.0)
    (mend,) = program.prove(judged("a"))
    assert mend.proven
    assert mend.experiment is not None
    assert mend.experiment.before == ()
    assert "does not train -> 0.9" in mend.trials[0]


def test_an_edit_that_makes_a_broken_program_run_without_learning_is_not(make):
    program = make(lambda on, _: 0.26 if on["a"] else -1.0)
    (mend,) = program.prove(judged("a"))
    assert not mend.proven


def test_a_gain_on_invented_data_verifies_an_edit_and_raises_nothing(make):
    program = make(lambda on, _: 0.9 if on["a"] else 0.3)
    (mend,) = program.prove(judged("a"), invented=True)
    assert mend.judged.finding.severity == "advice"
    assert gains(mend)
    assert "the data is invented" in mend.trials[-1]


def test_what_rests_on_a_rule_is_verified_by_a_gain_alone(make):
    program = make(lambda on, _: 0.9 if on["a"] else 0.3)
    gained, idle = program.prove(judged("a"), judged("b"))
    checked = [replace(mend, verified=True) for mend in (gained, idle)]
    assert [mend.verified for mend in unshown(checked)] == [True, None]
