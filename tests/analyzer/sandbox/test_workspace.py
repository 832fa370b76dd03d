"""What of a program's folder is copied, shown or left out."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.sandbox import workspace

NAMES = st.text(alphabet="ab. é", min_size=1, max_size=6).filter(lambda name: name.strip(". "))


def fill(root: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def unpacked(planned: workspace.Workspace, **texts: str) -> dict[str, bytes | None]:
    data = workspace.archive(planned, {f"{name}.py": text for name, text in texts.items()})
    found: dict[str, bytes | None] = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for entry in archive:
            file = archive.extractfile(entry) if entry.isfile() else None
            found[entry.name] = file.read() if file else None
    return found


def test_small_files_are_copied_and_private_folders_left_out(tmp_path: Path) -> None:
    fill(tmp_path, {"train.py": b"1", "data/x.csv": b"2", ".git/config": b"3", "a/.venv/b": b"4"})
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("/etc/shadow")
    os.mkfifo(tmp_path / "pipe")
    planned = workspace.plan(tmp_path)
    expected = {"train.py": b"1", "data/x.csv": b"2", "data": None, "a": None, "empty": None}
    assert unpacked(planned) == {**expected, "link": None}
    assert planned.shown == ()


def test_texts_replace_and_add(tmp_path: Path) -> None:
    fill(tmp_path, {"train.py": b"old", "other.py": b"same"})
    found = unpacked(workspace.plan(tmp_path), train="new\r\n", fresh="x")
    assert found == {"train.py": b"new\r\n", "other.py": b"same", "fresh.py": b"x"}


def test_large_files_and_folders_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "LARGE_FILE", 10)
    monkeypatch.setattr(workspace, "LARGE_FOLDER_FILES", 3)
    fill(tmp_path, {f"images/{number}.png": b"1" for number in range(5)})
    fill(tmp_path, {"weights.bin": b"1" * 11, "train.py": b"1"})
    planned = workspace.plan(tmp_path)
    assert (planned.copied, planned.shown) == (("train.py",), ("weights.bin", "images"))


def test_where_the_room_ends_the_scripts_folder_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "COPY_FILES", 3)
    fill(tmp_path, {"a/1.py": b"", "a/2.py": b"", "b/1.py": b"", "z/y/train.py": b""})
    fill(tmp_path, {"z/y/net/one.py": b"", "z/setup.py": b""})
    planned = workspace.plan(tmp_path, first="z/y")
    assert planned.copied == ("z/setup.py", "z/y/train.py", "z/y/net/one.py")
    assert planned.shown == ("a", "b")


def test_where_something_is_mounted_the_own_files_are_left_out(tmp_path: Path) -> None:
    fill(tmp_path, {"data/x.csv": b"1", "train.py": b"1"})
    assert workspace.plan(tmp_path, ["data/"]).copied == ("train.py",)


@given(st.dictionaries(NAMES, st.binary(max_size=20), max_size=6))
@settings(max_examples=30, deadline=None)
def test_an_archive_holds_what_the_folder_holds(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    root = tmp_path_factory.mktemp("root")
    fill(root, files)
    assert unpacked(workspace.plan(root)) == files


def test_a_text_is_written_in_the_encoding_that_it_names(tmp_path: Path) -> None:
    text = "# -*- coding: latin-1 -*-\nx = 'gr\u00f6\u00dfe'\n"
    assert unpacked(workspace.plan(tmp_path), a=text)["a.py"] == text.encode("latin-1")
    text = "# coding: latin-1\nx = '\u20ac'\n"
    assert unpacked(workspace.plan(tmp_path), a=text)["a.py"] == text.encode()
