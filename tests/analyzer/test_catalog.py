"""The pages come from the rules' own files."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.catalog import (
    HEADINGS,
    listing,
    listing_markdown,
    rule_markdown,
    rule_page,
    sections,
    title,
    write_pages,
)
from analyzer.errors import UsageError
from analyzer.rules.registry import all_rules, rule_named, select_rules


def test_a_page_for_the_terminal_has_every_heading_and_the_code() -> None:
    page = rule_page(rule_named("single-unit-softmax"))
    assert page.startswith("FL101 single-unit-softmax: Softmax over a single output unit\n")
    positions = [page.index(f"\n{heading}\n") for heading in HEADINGS]
    assert positions == sorted(positions)
    assert 'model.add(Dense(1, activation="sigmoid"))' in page
    assert "LLM in Theia" in page


def test_markdown_shows_examples_as_code() -> None:
    page = rule_markdown(rule_named("FL101"))
    assert page.startswith("# Softmax over a single output unit\n")
    assert '## Example\n\n```python\nmodel.add(Dense(1, activation="softmax"))' in page
    assert page.count("```") == 4


def test_sections_keep_the_relative_indent_of_code() -> None:
    page = "Title.\n\nExample\n    for x in y:\n        pass\nSources\n    None.\n"
    assert title(page) == "Title"
    assert sections(page) == {"Example": "for x in y:\n    pass", "Sources": "None."}


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.name)
def test_examples_on_pages_are_python(rule) -> None:  # type: ignore[no-untyped-def]
    from analyzer.rules.registry import page_of

    found = sections(page_of(rule))
    for heading in ("Example", "Instead"):
        compile(found[heading], heading, "exec")
    assert found["Example"] != found["Instead"]


def test_listings_name_every_rule_once() -> None:
    for text in (listing(), listing_markdown()):
        lines = text.splitlines()
        for rule in all_rules():
            assert sum(rule.code in line and rule.name in line for line in lines) == 1


def test_rules_are_selected_by_name_code_prefix_and_paper() -> None:
    assert select_rules() == all_rules() == select_rules(["ALL"])
    assert [rule.code for rule in select_rules(["FL101"])] == ["FL101"]
    assert {rule.paper for rule in select_rules(["LLM"])} == {"LLM"}
    assert {rule.code[:3] for rule in select_rules(["FL4"])} == {"FL4"}
    without = select_rules(["ALL"], ["missing-batch-norm", "ibs"])
    gone = {rule.name for rule in all_rules()} - {rule.name for rule in without}
    assert gone == {"missing-batch-norm", "batch-size-out-of-band"}


def test_an_unknown_word_is_a_usage_error_that_says_what_to_do() -> None:
    for ask in (lambda: select_rules(["nonsense"]), lambda: select_rules([], ["FL999"])):
        with pytest.raises(UsageError, match=r"no rule matches .*faultline rules"):
            ask()
    with pytest.raises(UsageError, match="no rule is called 'nonsense'"):
        rule_named("nonsense")


def test_pages_for_the_documentation(tmp_path: Path) -> None:
    folder = tmp_path / "docs" / "rules"
    write_pages(folder)
    (folder / "a-rule-that-is-gone.md").write_text("old")
    write_pages(folder)
    names = {rule.name for rule in all_rules()}
    assert {page.stem for page in folder.iterdir()} == {"index", *names}
    index = (folder / "index.md").read_text(encoding="utf-8")
    assert all(f"]({name}.md)" in index for name in names)
