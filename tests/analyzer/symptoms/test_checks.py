"""One test over all symptom checks: what each file promises, its examples must show."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from analyzer.catalog import sections
from analyzer.findings import Unchecked
from analyzer.rules.base import Program
from analyzer.symptoms.base import STRONG, Symptom, SymptomCheck, SymptomExample
from analyzer.symptoms.registry import all_checks, examine, examples_of, page_of

CHECKS = all_checks()
CASES = [
    pytest.param(check, example, id=f"{check.name}: {example.title}")
    for check in CHECKS
    for example in examples_of(check)
]
HEADINGS = (
    "What it finds",
    "How it is measured",
    "When it is right",
    "What it comes from",
    "Sources",
)
WANTED = {
    "numerical-error",
    "constant-loss",
    "constant-metric",
    "diverging-loss",
    "oscillating-loss",
    "slow-loss",
    "vanishing-gradient",
    "exploding-gradient",
    "dying-relu",
    "saturated-activation",
    "unchanged-weights",
    "out-of-range-output",
    "large-weights",
    "constant-weights",
    "unexpected-initial-loss",
    "one-batch-not-fitted",
    "zeroed-inputs-no-worse",
    "outputs-independent-of-inputs",
    "overfitting-in-sample",
    "update-ratio-out-of-band",
    "identical-units",
}


def shown(check: SymptomCheck, program: Program) -> list[Symptom]:
    return [answer for answer in check.examine(program) if isinstance(answer, Symptom)]


@pytest.mark.parametrize(("check", "example"), CASES)
def test_a_check_says_exactly_what_its_examples_promise(
    check: SymptomCheck, example: SymptomExample
) -> None:
    found = shown(check, example.program)
    assert len(found) == len(example.shown), found
    for symptom, promise in zip(found, example.shown, strict=True):
        assert promise.says in symptom.message
        assert symptom.message.endswith(".")
        assert "\n" not in symptom.message
        assert (symptom.strength >= STRONG) == promise.strong
        assert symptom.layer == promise.layer
        assert symptom.site is not None
        assert symptom.site.line == promise.line
        assert symptom.measured
        assert symptom.causes


@pytest.mark.parametrize(("check", "example"), CASES)
def test_not_looking_is_said_and_only_where_promised(
    check: SymptomCheck, example: SymptomExample
) -> None:
    reasons = [a.reason for a in check.examine(example.program) if isinstance(a, Unchecked)]
    if example.unchecked is None:
        assert reasons == []
    else:
        assert any(example.unchecked in reason for reason in reasons), reasons


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_every_check_has_a_whole_page_and_all_sorts_of_examples(check: SymptomCheck) -> None:
    page = sections(page_of(check))
    assert tuple(page) == HEADINGS
    assert all(body.strip() for body in page.values())
    examples = examples_of(check)
    assert any(example.shown for example in examples)
    assert any(example.unchecked for example in examples)
    assert any(not example.shown and not example.unchecked for example in examples)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_nothing_seen_is_unchecked_and_never_silence(check: SymptomCheck) -> None:
    nothing = examples_of(check)[0].program
    blind = Program(path="train.py", framework="keras", source=nothing.source)
    answers = list(check.examine(blind))
    assert len(answers) == 1
    assert isinstance(answers[0], Unchecked)
    assert answers[0].rule == check.name


def test_the_symptoms_of_the_literature_are_all_there() -> None:
    names = [check.name for check in CHECKS]
    assert set(names) == WANTED
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", name) for name in names)


def test_the_strongest_symptom_comes_first() -> None:
    example = examples_of(next(c for c in CHECKS if c.name == "dying-relu"))[0]
    found = examine(example.program)
    strengths = [symptom.strength for symptom in found.symptoms]
    assert strengths == sorted(strengths, reverse=True)
    assert {symptom.name for symptom in found.symptoms} >= {"dying-relu"}
    assert {each.rule for each in found.unchecked} >= {"one-batch-not-fitted"}


def test_a_symptom_is_told_with_its_line() -> None:
    check = next(c for c in CHECKS if c.name == "constant-loss")
    (symptom,) = shown(check, examples_of(check)[0].program)
    assert symptom.told == "constant-loss: The loss was 0.693 in each of 60 steps (line 4)"


def test_the_documentation_names_every_symptom_with_its_first_cause() -> None:
    page = (Path(__file__).parents[3] / "docs" / "symptoms.md").read_text("utf-8")
    rows = {row.split("`")[1]: row for row in page.splitlines() if row.startswith("| `")}
    assert set(rows) == WANTED
    for check in CHECKS:
        causes = rows[check.name].rstrip("| ").rpartition("| ")[2]
        assert causes.startswith(check.causes[0].replace("_", " ")), check.name
        assert check.phase in rows[check.name]
