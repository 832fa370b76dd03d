"""Source files: encodings, line endings, size, binary content, notebooks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.errors import EditError, SourceError
from analyzer.source.files import (
    SIZE_LIMIT,
    SourceFile,
    decode_source,
    read_source,
    source_from_text,
    split_lines,
)
from analyzer.source.index import read_program


@given(st.binary(max_size=200), st.sampled_from(["a.py", "a.ipynb"]))
def test_any_bytes_give_a_file_or_a_source_error(raw: bytes, path: str) -> None:
    try:
        file = decode_source(path, raw)
    except SourceError:
        return
    assert isinstance(file, SourceFile)
    assert file.is_notebook or file.text == file.raw_text


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_text_survives_reading_and_writing(text: str) -> None:
    if "\0" in text or "coding" in text:
        return
    raw = text.encode()
    file = decode_source("a.py", raw)
    assert file.encode(file.raw_text) == raw


def test_declared_latin_1() -> None:
    file = decode_source("a.py", b"# -*- coding: latin-1 -*-\nname = '\xe9'\n")
    assert "é" in file.text
    assert file.encode(file.text) == b"# -*- coding: latin-1 -*-\nname = '\xe9'\n"


def test_undeclared_latin_1_names_the_byte_and_the_line() -> None:
    with pytest.raises(SourceError) as caught:
        decode_source("a.py", b"x = 1\nname = '\xe9'\n")
    assert caught.value.line == 2
    assert "byte 0xe9 is not utf-8; save the file as UTF-8" in str(caught.value)


def test_byte_order_mark_is_kept_and_not_read() -> None:
    file = decode_source("a.py", b"\xef\xbb\xbfx = 1\n")
    assert file.text == "x = 1\n"
    assert file.encode("x = 2\n") == b"\xef\xbb\xbfx = 2\n"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\x7fELF\0\0", "the file is binary"),
        ("x = 1".encode("utf-16"), "the file is UTF-16"),
        (b"#" * (SIZE_LIMIT + 1), "the file is larger than 2 MB"),
        (b"# coding: klingon\n", "names no text encoding"),
        (b"# coding: base64\n", "base64"),
    ],
)
def test_what_is_no_source(raw: bytes, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        decode_source("a.py", raw)


@pytest.mark.parametrize(
    ("text", "newline"),
    [("a\r\nb\r\n", "\r\n"), ("a\nb\n", "\n"), ("a\r\nb\nc\r\n", "\r\n"), ("a", "\n")],
)
def test_line_endings_are_kept(text: str, newline: str) -> None:
    file = source_from_text("a.py", text)
    assert (file.text, file.newline) == (text, newline)


def test_lines_break_where_python_breaks_them() -> None:
    assert split_lines("a\x0cb\u2028c\r\nd\re\nf") == ("a\x0cb\u2028c", "d", "e", "f")


def test_crlf_and_tabs_give_exact_ranges(tmp_path: Path) -> None:
    text = "import keras\r\nif True:\r\n\tm = keras.Sequential([keras.layers.Dense(3)])\r\n"
    (tmp_path / "a b.py").write_bytes(text.encode())
    index = read_program(tmp_path, "a b.py")
    (dense,) = index.by_role("layer")
    assert (dense.site.line, dense.site.column) == (3, 23)
    assert index.lines[2][dense.site.column : dense.site.end_column] == "keras.layers.Dense(3)"


def test_missing_folder_and_outside(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.py").write_text("x = 1")
    (root / "link.py").symlink_to(tmp_path / "secret.py")
    with pytest.raises(SourceError, match="does not exist"):
        read_source(root, "gone.py")
    with pytest.raises(SourceError, match="found a folder"):
        read_source(root, ".")
    with pytest.raises(SourceError, match="outside the folder"):
        read_source(root, "link.py")


def notebook(*sources: object, indent: int | None = 1) -> str:
    cells: list[dict[str, object]] = []
    for source in sources:
        cells.append({"cell_type": "markdown", "metadata": {}, "source": ["# text\n"]})
        cells.append(
            {"cell_type": "code", "metadata": {}, "outputs": [], "source": source,
             "execution_count": None}
        )  # fmt: skip
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(document, indent=indent)


def test_notebook_cells_become_one_script() -> None:
    first = ["import keras\n", "%matplotlib inline\n", "!pip install x"]
    text = notebook(first, ["m = 1\n", "n = 2"])
    file = source_from_text("a.ipynb", text)
    assert file.is_notebook
    lines = split_lines(file.text)
    assert lines == (
        "import keras", "pass  # %matplotlib inline", "pass  # !pip install x",
        "m = 1", "n = 2", "",
    )  # fmt: skip
    assert file.cell_of(1) == (1, 1)
    assert file.cell_of(5) == (2, 2)
    assert split_lines(text)[file.file_line(5) - 1].strip() == '"n = 2"'
    assert file.script_lines(file.file_line(5)) == (5,)


def test_notebook_edit_is_one_json_line() -> None:
    text = notebook(['a = "x"\n', "b = 2\n", "c = 3"])
    file = source_from_text("a.ipynb", text)
    start, end, replacement = file.to_file_edit(1, 1, 'a = "y"\nz = "é"')
    lines = list(split_lines(text))
    assert start == end
    lines[start - 1 : end] = replacement.split("\n")
    changed = json.loads("\n".join(lines))
    assert changed["cells"][1]["source"] == ['a = "y"\n', 'z = "é"\n', "b = 2\n", "c = 3"]


def test_notebook_whose_cell_is_one_string() -> None:
    text = notebook("a = 1\nb = 2\nc = 3")
    file = source_from_text("a.ipynb", text)
    assert file.text == "a = 1\nb = 2\nc = 3\n"
    start, end, replacement = file.to_file_edit(2, 2, "b = 5")
    lines = list(split_lines(text))
    lines[start - 1 : end] = [replacement]
    assert json.loads("\n".join(lines))["cells"][1]["source"] == "a = 1\nb = 5\nc = 3"


def test_notebook_edit_across_cells_is_refused() -> None:
    file = source_from_text("a.ipynb", notebook(["a = 1"], ["b = 2"]))
    with pytest.raises(EditError, match="do not lie in one notebook cell"):
        file.to_file_edit(1, 2, "c = 3")


def test_an_empty_string_at_the_end_of_a_cell_holds_no_line_of_the_next_one() -> None:
    file = source_from_text("a.ipynb", notebook(["a = 1\n", ""], []))
    assert file.text == "a = 1\n\n"
    with pytest.raises(EditError, match="do not lie in one notebook cell"):
        file.to_file_edit(2, 2, "b = 2")


def test_notebook_command_is_not_edited() -> None:
    file = source_from_text("a.ipynb", notebook(["%time x = 1\n", "y = 2"]))
    with pytest.raises(EditError, match="is a notebook command"):
        file.to_file_edit(1, 1, "x = 2")


def test_cell_of_another_language_is_a_comment() -> None:
    file = source_from_text("a.ipynb", notebook(["%%bash\n", "ls -l\n"], ["x = (5\n", "% 3)"]))
    assert file.text == "# %%bash\n# ls -l\nx = (5\n% 3)\n"


LINES = st.lists(
    st.sampled_from(["x = 1", "é = 'ü'", "", "    y", "%magic", "!ls", "a \\", '"""']), max_size=6
)


@given(
    st.lists(LINES, min_size=1, max_size=4),
    st.sampled_from([None, 1, 4]),
    st.booleans(),
    st.data(),
)
@settings(max_examples=200)
def test_notebook_edits_change_the_lines_meant(
    cells: list[list[str]], indent: int | None, joined: bool, data: st.DataObject
) -> None:
    sources: list[object] = []
    for lines in cells:
        pieces = [line + "\n" for line in lines[:-1]] + lines[-1:]
        sources.append("".join(pieces) if joined else pieces)
    raw = notebook(*sources, indent=indent)
    file = source_from_text("a.ipynb", raw)
    script = split_lines(file.text)[:-1]
    if not script:
        return
    number = data.draw(st.integers(1, len(script)))
    try:
        start, end, replacement = file.to_file_edit(number, number, "new = 'é\"'")
    except EditError:
        assert file.notebook is not None
        return
    lines = list(split_lines(raw))
    lines[start - 1 : end] = [replacement]
    after = source_from_text("a.ipynb", "\n".join(lines))
    assert after.notebook is not None
    assert file.notebook is not None
    expected = list(file.notebook.original)
    expected[number - 1] = "new = 'é\"'"
    assert list(after.notebook.original) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [("{", "not valid JSON"), ("{}", "format 4"), ('{"cells": 3}', "format 4")],
)
def test_what_is_no_notebook(text: str, reason: str) -> None:
    with pytest.raises(SourceError, match=reason):
        source_from_text("a.ipynb", text)
