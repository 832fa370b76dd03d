"""Each contract rule on programs that are really run: it speaks at the fault and only there."""

from __future__ import annotations

import pytest

from analyzer.rules.base import Rule
from analyzer.rules.registry import rule_named
from tests.support.contracts import CATALOGUE, Case, Fault, Shown, cases, contract_rules, show

CASES = [pytest.param(case, id=f"{case.rule}/{case.path.stem}") for case in cases()]
RULES = [pytest.param(rule, id=rule.name) for rule in contract_rules()]


@pytest.mark.parametrize("case", CASES)
def test_the_rule_speaks_at_the_fault_and_only_there(case: Case) -> None:
    shown = show(case.path)
    notes = shown.observation.trace.notes if shown.observation.trace else ()
    assert not [note for note in notes if "failed" in note]
    if case.faulty:
        for fault in case.faults:
            _says(shown, rule_named(case.rule), fault)
    else:
        about = [unchecked for unchecked in shown.verdict.unchecked if unchecked.rule == case.rule]
        assert case.rule in shown.verdict.checked, (about, shown.output[-2000:])
    allowed = {case.rule}.union(*(fault.others for fault in case.faults)) if case.faulty else set()
    lines = {fault.line for fault in case.faults}
    stray = [
        f
        for f in shown.complaints
        if f.rule not in allowed or (f.rule == case.rule and f.line not in lines)
    ]
    assert not stray, shown.output[-2000:]


def _says(shown: Shown, rule: Rule, fault: Fault) -> None:
    found = [f for f in shown.findings if f.rule == rule.name and f.line == fault.line]
    assert found, (shown.findings, shown.verdict.unchecked, shown.output[-2000:])
    words = fault.words
    assert found[0].kind == words.get("kind", rule.kind)
    assert found[0].proof == words.get("proof", "contract")
    wanted = {words["severity"]} if "severity" in words else {"error", "warning"}
    assert found[0].severity in wanted


@pytest.mark.parametrize("case", CASES)
def test_faults_are_marked_in_faulty_programs_alone(case: Case) -> None:
    assert bool(case.faults) == case.faulty


@pytest.mark.parametrize("rule", RULES)
def test_every_contract_rule_is_shown_on_both_kinds_of_program(rule: Rule) -> None:
    names = [path.name for path in (CATALOGUE / rule.name).glob("*.py")]
    assert [name for name in names if name.startswith("faulty")]
    assert [name for name in names if name.startswith("sound")]


def test_every_folder_is_named_after_a_rule() -> None:
    for case in cases():
        assert rule_named(case.rule).name == case.rule
