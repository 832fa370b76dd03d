"""Symptoms and the learned verdict stand beside findings; they make none and raise none."""

from __future__ import annotations

from analyzer.diagnosis.verdict import LearnedVerdict
from analyzer.findings import Evidence, Finding
from analyzer.fixing.edits import Declined
from analyzer.fusion import Judged, judge
from analyzer.mending import Mend
from analyzer.repairs.catalogue import repairs_for, search
from analyzer.repairs.priors import weighed
from analyzer.rules.base import Program
from analyzer.rules.registry import all_rules
from analyzer.symptoms.samples import NET, TEXT, falling, warmed
from analyzer.testimony import LAST_RESORT, with_testimony
from analyzer.witnesses import attested, heard, priors_of, witnesses_of
from tests.support.reports import make_finding

DEAD = {"output_mean": 0.0, "output_zero": 1.0, "output_dead": 1.0}
ALIVE = {"output_mean": 0.4, "output_zero": 0.5, "output_dead": 0.1}
HOT = TEXT.replace("SGD(0.01)", "SGD(learning_rate=3.0)")


def stuck(**facts: object) -> Program:
    """Dead units in the second layer and a loss that does not move, at a rate of three."""
    layers = {0: ALIVE, 1: DEAD}
    still = falling(0.7, 0.7, noise=0.0)
    return warmed(still, layers, text=HOT, optimizer_facts={"learning_rate": 3.0}, **facts)


def mend(finding: Finding) -> Mend:
    return Mend(Judged(finding, Declined("none"), "warning"))


def test_symptoms_stand_under_the_evidence_of_a_finding_that_explains_them() -> None:
    finding = make_finding(kind="learning_rate", line=4, evidence=Evidence(trace={"rate": 3.0}))
    told = attested(finding, witnesses_of(stuck())).evidence.trace
    assert told["rate"] == 3.0
    assert any(line.startswith("slow-loss: ") for line in told["symptoms"])


def test_a_layers_symptom_stands_only_with_findings_on_its_line() -> None:
    witnesses = witnesses_of(stuck())
    there = make_finding(kind="initializer", line=2, end_line=2)
    elsewhere = make_finding(kind="initializer", line=1, end_line=1)
    assert "dying-relu" in {symptom.name for symptom in witnesses.about(there)}
    assert "dying-relu" not in {symptom.name for symptom in witnesses.about(elsewhere)}


def test_a_finding_of_another_kind_stays_as_it_is() -> None:
    finding = make_finding(kind="api")
    assert attested(finding, heard(stuck(), LearnedVerdict({"loss": 0.5}, 0.1))) is finding


def test_the_learned_verdict_tells_of_the_findings_kind_and_changes_nothing_else() -> None:
    finding = make_finding(kind="loss", severity="advice", proof="rule", evidence=Evidence())
    told = attested(finding, heard(warmed([1.0]), LearnedVerdict({"loss": 0.8125}, 0.03)))
    assert told.evidence.learned == {"kind": "loss", "probability": 0.812, "sound": 0.03}
    assert told.model_copy(update={"evidence": finding.evidence}) == finding


def test_two_witnesses_of_a_kind_say_more_than_one() -> None:
    causes = witnesses_of(stuck()).causes
    alone = priors_of(causes, None)
    both = priors_of(causes, LearnedVerdict({"learning_rate": 0.5}, 0.1))
    assert both["learning_rate"] > max(alone["learning_rate"], 0.5)
    assert both["loss"] == alone["loss"]


def test_symptoms_alone_make_at_most_one_piece_of_advice() -> None:
    findings = [judged.finding for judged in judge(stuck(), all_rules()).judged]
    resort = [finding for finding in findings if finding.rule == LAST_RESORT]
    assert len(resort) <= 1
    assert all(finding.severity == "advice" for finding in resort)


def test_the_last_resort_is_a_witness_where_a_rule_of_its_kind_speaks() -> None:
    rate = [j.finding for j in judge(stuck(), all_rules()).judged if j.finding.line == 4]
    spoken = [finding for finding in rate if finding.rule == "learning-rate-out-of-band"]
    assert len(spoken) == 1
    told = spoken[0].evidence.static["witnesses"]
    assert [line for line in told if line.startswith(LAST_RESORT)]


def test_the_last_resort_is_left_out_once_another_finding_is_posted() -> None:
    alone = mend(make_finding(rule=LAST_RESORT, severity="advice", proof="rule"))
    posted = mend(make_finding(rule="does-not-learn", severity="warning", proof="experiment"))
    advice = mend(make_finding(rule="missing-dropout", severity="advice", proof="rule"))
    witnesses = witnesses_of(warmed([1.0]))
    assert [m.judged.finding.rule for m in with_testimony((alone, advice), witnesses)] == [
        LAST_RESORT,
        "missing-dropout",
    ]
    assert [m.judged.finding.rule for m in with_testimony((alone, posted), witnesses)] == [
        "does-not-learn"
    ]


def test_the_search_begins_with_what_the_symptoms_speak_for() -> None:
    calm = warmed(falling(2.0, 0.5), text=HOT, optimizer_facts={"learning_rate": 3.0})
    known = stuck(problem="regression")
    kinds = [repair.kind for repair in search(known, witnesses_of(known).priors)]
    assert kinds[0] == "learning_rate"

    def likeliest(program: Program) -> float:
        found = repairs_for("learning_rate", program, witnesses_of(program).priors)
        return max(repair.likelihood for repair in found)

    assert likeliest(stuck()) > likeliest(calm)


def test_without_witnesses_repairs_keep_their_likelihoods() -> None:
    repairs = repairs_for("learning_rate", warmed(net=NET, text=HOT))
    assert tuple(weighed(repairs, {})) == repairs
