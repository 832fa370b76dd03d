"""Comments that silence rules."""

from __future__ import annotations

from textwrap import dedent

from analyzer.source.ignores import ignored_rules
from analyzer.source.parsing import parse


def ignored(text: str) -> dict[int, frozenset[str]]:
    return ignored_rules(parse("a.py", dedent(text).lstrip("\n")))


def test_on_the_line() -> None:
    assert ignored("a = 1  # faultline: ignore[batch-size]\nb = 2\n") == {
        1: frozenset({"batch-size"})
    }


def test_several_names_and_all() -> None:
    found = ignored("""
        a = 1  # faultline: ignore[one, two]
        b = 2  # Faultline:ignore
    """)
    assert found == {1: frozenset({"one", "two"}), 2: frozenset({"*"})}


def test_a_statement_over_several_lines_is_silenced_whole() -> None:
    found = ignored("""
        model.fit(
            x,
            epochs=3,  # faultline: ignore[epochs]
        )
        b = 2
    """)
    assert set(found) == {1, 2, 3, 4}


def test_alone_above_a_statement() -> None:
    found = ignored("""
        # faultline: ignore[epochs]
        model.fit(
            x)
        b = 2
    """)
    assert set(found) == {1, 2, 3}


def test_above_the_first_statement_of_a_loop() -> None:
    found = ignored("""
        for x in y:
            # faultline: ignore[missing-zero-grad]
            loss.backward()
            step()
    """)
    assert set(found) == {2, 3}


def test_above_a_loop_silences_its_header_alone() -> None:
    found = ignored("""
        # faultline: ignore[epochs]
        for epoch in range(1):
            step()
    """)
    assert set(found) == {1, 2}


def test_not_inside_a_string() -> None:
    assert ignored('a = "# faultline: ignore[x]"\n') == {}


def test_in_a_broken_file() -> None:
    found = ignored("a = 1  # faultline: ignore[x]\nb = (\n")
    assert found[1] == frozenset({"x"})
