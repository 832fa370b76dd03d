"""One root cause gives one finding; a rule alone gives advice; comments silence."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan, RemoveStatement
from analyzer.fusion import Charge, Verdict, fingerprint, fuse, judge
from analyzer.rules.base import Program, Rule, Suspicion
from analyzer.rules.registry import all_rules
from analyzer.rules.samples import at, dense, sample

TEXT = """
x = 1
model.add(Dense(1, activation="softmax"))
model.add(Dense(1, activation="softmax"))
"""


class Noisy(Rule):
    """Says what a test wants it to say."""

    code, name, kind = "FL901", "noisy-test-rule", "loss"
    severity, confidence, needs, why = "error", 0.6, (), "because"

    def __init__(self, *answers: Suspicion | Unchecked) -> None:
        self.answers = answers

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        assert program.path
        yield from self.answers


class Other(Noisy):
    """A second rule of the same kind."""

    code, name = "FL902", "other-test-rule"


def program(text: str = TEXT, **source: object) -> Program:
    return sample(text, layers=(dense(2, 1, "softmax"),), source=dict(source))


def verdict(*rules: Rule, on: Program | None = None) -> Verdict:
    return judge(on or program(), rules)


def test_a_rule_alone_is_advice_and_the_severity_of_a_proof_is_kept() -> None:
    (judged,) = verdict(Noisy(Suspicion(site=at(1), message="m."))).judged
    assert judged.finding.severity == "advice"
    assert judged.finding.proof == "rule"
    assert judged.proven_severity == "error"


def test_a_contract_keeps_the_rules_severity() -> None:
    (judged,) = verdict(Noisy(Suspicion(site=at(1), message="m.", proof="contract"))).judged
    assert judged.finding.severity == "error"


def test_a_charge_that_yields_becomes_the_witness_of_the_exact_rule_wherever_that_speaks() -> None:
    exact = Noisy(Suspicion(site=at(2), message="exact.", proof="contract"))
    vague = Other(
        Suspicion(
            site=at(3),
            message="vague.",
            confidence=0.99,
            proof="contract",
            yields_to=("noisy-test-rule",),
            kind="api",
        )
    )
    (judged,) = verdict(vague, exact).judged
    assert (judged.finding.rule, judged.finding.line) == ("noisy-test-rule", 2)
    assert judged.finding.evidence.static["witnesses"] == ["other-test-rule: vague."]
    (alone,) = verdict(vague).judged
    assert alone.finding.rule == "other-test-rule"


def test_two_rules_on_one_root_are_one_finding_with_a_witness() -> None:
    weak = Noisy(Suspicion(site=at(1), message="weak.", evidence=Evidence(static={"a": 1})))
    strong = Other(
        Suspicion(
            site=at(1), message="strong.", proof="contract", evidence=Evidence(static={"b": 2})
        )
    )
    (judged,) = verdict(weak, strong).judged
    assert judged.finding.rule == "other-test-rule"
    assert judged.finding.message == "strong."
    assert judged.finding.evidence.static == {"b": 2, "witnesses": ["noisy-test-rule: weak."]}


def test_the_first_edit_of_any_witness_is_kept() -> None:
    plan = FixPlan("take it away", (RemoveStatement(at(1)),))
    weak = Noisy(Suspicion(site=at(1), message="weak.", fix=plan))
    strong = Other(
        Suspicion(site=at(1), message="strong.", proof="contract", fix=Declined("unclear"))
    )
    (judged,) = verdict(weak, strong).judged
    assert judged.plan == plan


def test_other_kinds_lines_and_roots_stay_apart() -> None:
    rule = Noisy(
        Suspicion(site=at(1), message="a."),
        Suspicion(site=at(2), message="b."),
        Suspicion(site=at(2), message="c.", kind="metric"),
        Suspicion(site=at(2), message="d.", root="another"),
    )
    assert [each.finding.message for each in verdict(rule).judged] == ["a.", "b.", "c.", "d."]


def test_findings_come_in_the_order_of_the_file() -> None:
    rule = Noisy(Suspicion(site=at(3), message="b."), Suspicion(site=at(1), message="a."))
    assert [each.finding.line for each in verdict(rule).judged] == [1, 3]


def test_unchecked_is_listed_and_the_rule_is_not_called_checked() -> None:
    result = verdict(Noisy(Unchecked(rule="noisy-test-rule", reason="dark")), Other())
    assert [each.reason for each in result.unchecked] == ["dark"]
    assert result.checked == ("other-test-rule",)


def test_a_comment_on_the_line_silences() -> None:
    rule = Noisy(Suspicion(site=at(2), message="m."))
    for name in ("noisy-test-rule", "FL901", "*"):
        result = verdict(rule, on=program(ignored={2: frozenset({name})}))
        assert result.judged == ()
        assert result.silenced == 1
    assert verdict(rule, on=program(ignored={2: frozenset({"loss-x"})})).judged


def test_a_comment_above_the_statement_silences_and_one_behind_another_statement_does_not() -> None:
    rule = Noisy(Suspicion(site=at(2), message="m."))
    above = "# faultline: ignore[noisy-test-rule]\nx = Dense(1)"
    behind = "y = 2  # faultline: ignore[noisy-test-rule]\nx = Dense(1)"
    ignored = {1: frozenset({"noisy-test-rule"})}
    assert verdict(rule, on=program(above, ignored=ignored)).judged == ()
    assert len(verdict(rule, on=program(behind, ignored=ignored)).judged) == 1


def test_a_fingerprint_outlives_lines_above_and_the_style_of_quotes() -> None:
    before = program()
    moved = program("import os\n\n" + TEXT.strip("\n").replace('"', "'"))
    place = before.source.calls[1].site
    later = moved.source.calls[1].site
    assert later.line == place.line + 2
    assert fingerprint("r", place, before.source) == fingerprint("r", later, moved.source)
    assert fingerprint("q", place, before.source) != fingerprint("r", place, before.source)


def test_a_fingerprint_changes_with_the_code_and_its_function() -> None:
    def mark(text: str) -> str:
        read = program(text)
        return fingerprint("r", read.source.calls[-1].site, read.source)

    assert mark("Dense(1)") != mark("Dense(2)")
    assert mark("def f():\n    Dense(1)") != mark("def g():\n    Dense(1)")
    assert mark("Dense(1)") == mark("Dense(1)  # a word")


def test_findings_on_identical_code_are_told_apart() -> None:
    found = program()
    sites = [call.site for call in found.source.calls if call.name == "Dense"]
    charges = [Charge(Noisy(), Suspicion(site=site, message="m.")) for site in sites]
    marks = [each.finding.fingerprint for each in fuse(charges, found.source)]
    assert len(set(marks)) == 2
    assert marks[1] == f"{marks[0]}-2"


def test_all_rules_together_name_a_single_softmax_unit_once() -> None:
    alone = sample("model.add(Dense(1, activation='softmax'))", layers=(dense(1, 1, "softmax"),))
    assert [each.finding.rule for each in judge(alone, all_rules()).judged] == [
        "single-unit-softmax"
    ]


def test_a_last_resort_speaks_only_where_nothing_of_its_kind_and_nothing_proven_does() -> None:
    last = Other(Suspicion(site=at(3), message="last.", last_resort=True, confidence=0.99))
    other_kind = Noisy(Suspicion(site=at(1), message="advice.", kind="metric"))
    proven = Noisy(Suspicion(site=at(1), message="proven.", kind="metric", proof="contract"))
    same_kind = Noisy(Suspicion(site=at(1), message="same."))

    def messages(*rules: Rule) -> list[str]:
        return [each.finding.message for each in verdict(*rules).judged]

    assert messages(last) == ["last."]
    assert messages(last, other_kind) == ["advice.", "last."]
    assert messages(last, proven) == ["proven."]
    assert messages(last, same_kind) == ["same."]
    (judged,) = verdict(last, same_kind).judged
    assert judged.finding.evidence.static["witnesses"] == ["other-test-rule: last."]
