"""Programs with syntax errors are read without the faulty lines."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.source.parsing import Parsed, parse


def read(text: str) -> Parsed:
    return parse("a.py", dedent(text).lstrip("\n"))


def assigned(parsed: Parsed) -> list[str]:
    names = [
        node
        for node in ast.walk(parsed.tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    return [node.id for node in sorted(names, key=lambda node: node.lineno)]


def test_sound_program_has_no_trouble() -> None:
    parsed = read("a = 1\nb = 2\n")
    assert parsed.troubles == ()
    assert parsed.repaired == frozenset()


def test_stray_bracket_costs_one_character() -> None:
    parsed = read("""
        a = 1
        b = f(1,
              c=2))
        d = 3
    """)
    assert [(trouble.line, trouble.message) for trouble in parsed.troubles] == [
        (3, "unmatched ')'")
    ]
    assert assigned(parsed) == ["a", "b", "d"]
    assert parsed.repaired == {3}


def test_misspelt_statement_is_left_out_alone() -> None:
    parsed = read("""
        import os
        ifrom x import y
        a = 1
    """)
    assert [trouble.line for trouble in parsed.troubles] == [2]
    assert assigned(parsed) == ["a"]
    assert isinstance(parsed.tree.body[0], ast.Import)


def test_bracket_that_is_never_closed() -> None:
    parsed = read("""
        a = 1
        b = f(1, 2
        c = 3
        d = 4
    """)
    assert [trouble.line for trouble in parsed.troubles] == [2]
    assert assigned(parsed) == ["a", "b", "c", "d"]


def test_broken_argument_leaves_the_call() -> None:
    parsed = read("""
        f(x,
          y z,
          epochs=3)
        b = 2
    """)
    assert [trouble.line for trouble in parsed.troubles] == [2]
    (call,) = [node for node in ast.walk(parsed.tree) if isinstance(node, ast.Call)]
    assert [keyword.arg for keyword in call.keywords] == ["epochs"]
    assert assigned(parsed) == ["b"]


def test_missing_body() -> None:
    parsed = read("""
        def f():
            # later

        a = 1
    """)
    assert [trouble.line for trouble in parsed.troubles] == [4]
    assert assigned(parsed) == ["a"]
    assert isinstance(parsed.tree.body[0], ast.FunctionDef)


def test_unexpected_indent() -> None:
    parsed = read("""
        a = 1

            b = 2
            c = 3
        d = 4
    """)
    assert [trouble.line for trouble in parsed.troubles] == [3]
    assert sorted(assigned(parsed)) == ["a", "b", "c", "d"]


def test_python_2_is_named() -> None:
    parsed = read("""
        print "hello"
        try:
            a = 1
        except ValueError, e:
            print e
        print "x: %d" % a
        b = 2
    """)
    assert parsed.troubles[0].line == 1
    assert "Python 2 print statement" in parsed.troubles[0].message
    assert assigned(parsed) == ["a", "b"]


def test_two_errors_far_apart() -> None:
    parsed = read("""
        a = = 1
        b = 2
        c = [1, 2
        def f():
            d = 3
        e 4
        g = 5
    """)
    assert {trouble.line for trouble in parsed.troubles} >= {1, 6}
    assert {"b", "d", "g"} <= set(assigned(parsed))


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "-" * 20_000 + "1\na = 1",
        "x = " + "(" * 3000 + ")" * 3000,
        "x = " + "[" * 150 + "]" * 150 + "\na = 1",
        "x = a" + ".b()" * 3000,
        "x = " + "+".join(["1"] * 5000),
        "if a:\n    pass\n" + "elif b:\n    pass\n" * 2000,
        "\n".join("    " * n + "if a:" for n in range(200)),
    ],
)
def test_deep_nesting_is_survived(text: str) -> None:
    parsed = parse("a.py", text)
    assert parsed.troubles
    assert all(1 <= trouble.line <= len(parsed.lines) for trouble in parsed.troubles)


def test_what_surrounds_deep_nesting_is_read() -> None:
    parsed = parse("a.py", "a = 1\nx = " + "+".join(["f()"] * 500) + "\nb = 2\n")
    assert assigned(parsed) == ["a", "b"]
    assert parsed.troubles[0].message == "nested too deeply to be read"


def test_columns_are_code_points() -> None:
    parsed = parse("a.py", "s = 'éüß'; f(1)\n")
    call = next(node for node in ast.walk(parsed.tree) if isinstance(node, ast.Call))
    assert parsed.site(call).column == 11
    assert parsed.text(call) == "f(1)"


@given(st.text(max_size=300))
def test_any_text_is_read(text: str) -> None:
    parsed = parse("a.py", text)
    assert isinstance(parsed.tree, ast.Module)


BROKEN = st.lists(
    st.sampled_from(
        ["x = (", ")", "if a:", "    y = 1", "else:", "def f(:", "z = 2", "'''", "print 3", "class"]
    ),
    max_size=12,
)


@given(BROKEN)
@settings(max_examples=150)
def test_broken_lines_keep_their_numbers(lines: list[str]) -> None:
    parsed = parse("a.py", "\n".join(lines))
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Constant) and node.value == 2:
            assert lines[node.lineno - 1] == "z = 2"
