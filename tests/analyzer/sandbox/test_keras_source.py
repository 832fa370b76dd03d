"""Places of arguments in calls, read from the source."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from analyzer.sandbox.inside.keras_source import SourceCalls

PROGRAM = """\
import tensorflow as tf
from keras.layers import Dense
é = model.compile("adam", loss=tf.keras.losses.Huber(), *rest)
model.fit(
    x_train,
    y=2 * y,
    epochs=3,
)
"""


@pytest.fixture
def calls(tmp_path: Path) -> SourceCalls:
    (tmp_path / "train.py").write_text(PROGRAM, encoding="utf-8")
    return SourceCalls(str(tmp_path))


def site_of(text: str) -> dict[str, object]:
    """The site of the first call that is written like this."""
    for node in ast.walk(ast.parse(PROGRAM)):
        if (
            isinstance(node, ast.Call)
            and (ast.get_source_segment(PROGRAM, node) or "")[: len(text)] == text
        ):
            line = PROGRAM.splitlines()[node.lineno - 1]
            last = PROGRAM.splitlines()[(node.end_lineno or 1) - 1]
            return {
                "path": "train.py",
                "line": node.lineno,
                "column": len(line.encode()[: node.col_offset].decode()),
                "end_line": node.end_lineno,
                "end_column": len(last.encode()[: node.end_col_offset].decode()),
            }
    raise LookupError(text)


def text_at(site: dict[str, int] | None) -> str | None:
    """What is written there."""
    if site is None:
        return None
    lines = PROGRAM.splitlines()
    assert site["line"] == site["end_line"]
    return lines[site["line"] - 1][site["column"] : site["end_column"]]


@pytest.mark.parametrize(
    ("call", "names", "position", "expected"),
    [
        ("model.compile", ("loss",), 1, "tf.keras.losses.Huber()"),
        ("model.compile", ("optimizer",), 0, '"adam"'),
        ("model.compile", ("metrics",), 1, None),  # a starred argument hides its place
        ("model.fit", ("x",), 0, "x_train"),
        ("model.fit", ("y",), 1, "2 * y"),
        ("model.fit", ("epochs", "nb_epoch"), 3, "3"),
        ("model.fit", ("batch_size",), 2, None),
    ],
)
def test_an_argument_is_found_by_name_or_position(
    calls: SourceCalls, call: str, names: tuple[str, ...], position: int, expected: str | None
) -> None:
    assert text_at(calls.argument(site_of(call), names, position)) == expected


def test_a_variable_is_named_and_an_expression_is_not(calls: SourceCalls) -> None:
    assert calls.name_of(site_of("model.fit"), ("x",), 0) == "x_train"
    assert calls.name_of(site_of("model.fit"), ("y",), 1) is None


def test_unknown_places_and_files_have_no_arguments(calls: SourceCalls) -> None:
    assert calls.argument(None, ("x",), 0) is None
    assert calls.argument({**site_of("model.fit"), "line": 99}, ("x",), 0) is None
    assert calls.argument({**site_of("model.fit"), "path": "gone.py"}, ("x",), 0) is None


def test_imports_and_uses_are_kept_apart(calls: SourceCalls) -> None:
    imported, used = calls.names("train.py")
    assert imported == {"tensorflow", "keras.layers.Dense"}
    assert "tf.keras" in used
