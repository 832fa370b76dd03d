"""One test over all rules: what each rule's file promises, its examples must show."""

from __future__ import annotations

import re

import pytest

from analyzer.catalog import HEADINGS, sections
from analyzer.findings import Unchecked
from analyzer.fixing.apply import change_text
from analyzer.fixing.edits import FixPlan
from analyzer.rules.base import Example, Program, Rule, Suspicion
from analyzer.rules.registry import all_rules, examples_of, page_of

RULES = all_rules()
CASES = [
    pytest.param(rule, example, id=f"{rule.name}: {example.title}")
    for rule in RULES
    for example in examples_of(rule)
]
# Table 2 of the paper.
PAPER_RULES = {"CNL", "INF", "INN", "IDS", "MRD", "MNL"} | {
    "ICL",
    "IFL",
    "IDN",
    "LLM",
    "LOB",
    "IBS",
}
IMPERATIVES = {"add", "use", "remove", "change", "set", "avoid", "call", "put", "scale", "reduce"}


def text_of(program: Program) -> str:
    return "\n".join(program.source.lines) + "\n"


def suspicions(rule: Rule, program: Program) -> list[Suspicion]:
    return [answer for answer in rule.review(program) if isinstance(answer, Suspicion)]


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_a_rule_says_exactly_what_its_examples_promise(rule: Rule, example: Example) -> None:
    found = suspicions(rule, example.program)
    shown = [(s.site.line, s.proof, s.kind or rule.kind) for s in found]
    wanted = [(f.line, f.proof, f.kind or rule.kind) for f in example.found]
    assert shown == wanted
    for suspicion, promise in zip(found, example.found, strict=True):
        assert promise.says in suspicion.message
        assert suspicion.message.endswith(".")
        assert "\n" not in suspicion.message


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_a_fix_writes_what_the_example_promises(rule: Rule, example: Example) -> None:
    text = text_of(example.program)
    for suspicion, promise in zip(suspicions(rule, example.program), example.found, strict=True):
        plan = suspicion.fix
        if promise.edit is None:
            assert not isinstance(plan, FixPlan), f"an edit that no example shows: {plan}"
            assert plan.reason
            continue
        assert isinstance(plan, FixPlan), f"declined: {plan}"
        after = change_text("train.py", text, plan.changes)
        compile(after, "train.py", "exec")
        assert promise.edit in after
        assert after != text


@pytest.mark.parametrize(("rule", "example"), CASES)
def test_not_looking_is_said_and_only_where_promised(rule: Rule, example: Example) -> None:
    reasons = [a.reason for a in rule.review(example.program) if isinstance(a, Unchecked)]
    if example.unchecked is None:
        assert reasons == []
    else:
        assert any(example.unchecked in reason for reason in reasons), reasons


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_a_whole_page_and_both_sorts_of_examples(rule: Rule) -> None:
    page = sections(page_of(rule))
    assert tuple(page) == HEADINGS
    assert all(body.strip() for body in page.values())
    examples = examples_of(rule)
    faulty = [example for example in examples if example.found]
    assert faulty
    assert len(examples) - len(faulty) >= 2, "near misses are missing"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_names_codes_and_needs_are_well_formed(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.name)
    assert rule.name.split("-")[0] not in IMPERATIVES, "a name says the fault, not the cure"
    assert re.fullmatch(r"FL\d{3}", rule.code)
    assert 0 < rule.confidence <= 1
    assert rule.why


@pytest.mark.parametrize("rule", [r for r in RULES if r.needs], ids=lambda rule: rule.name)
def test_a_missing_need_is_unchecked_and_never_silence(rule: Rule) -> None:
    framework = next(iter(sorted(rule.frameworks)))
    nothing = examples_of(rule)[0].program
    blind = Program(path="train.py", framework=framework, source=nothing.source)
    answers = list(rule.review(blind))
    assert len(answers) == 1
    assert isinstance(answers[0], Unchecked)
    assert answers[0].rule == rule.name


def test_rules_are_unique_and_enough() -> None:
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)
    papers = {rule.paper for rule in RULES if rule.paper}
    assert papers == PAPER_RULES
