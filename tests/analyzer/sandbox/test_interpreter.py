"""Which folders a Python needs, and our own modules compiled for it."""

from __future__ import annotations

import sys
import tempfile
import venv
from pathlib import Path

import pytest

from analyzer.errors import SandboxError
from analyzer.options import SandboxPolicy
from analyzer.sandbox import interpreter
from analyzer.sandbox.runner import probe


def test_the_running_python_with_its_environment() -> None:
    found = interpreter.describe(Path(sys.executable))
    assert found.executable == Path(sys.executable)
    for prefix in (Path(sys.prefix), Path(sys.base_prefix)):
        shown = (*found.folders, *interpreter.SYSTEM)
        assert any(prefix == folder or folder in prefix.parents for folder in shown)


def test_a_python_that_would_show_a_home_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    (home / "bin").mkdir(parents=True)
    python = home / "bin" / "python"
    python.symlink_to(sys.executable)
    (home / "pyvenv.cfg").write_text(f"home = {Path(sys.executable).resolve().parent}\n")
    monkeypatch.setenv("HOME", str(home))
    with pytest.raises(SandboxError, match="would show a whole home folder"):
        interpreter.describe(python)


def test_a_python_that_does_not_start_is_named(tmp_path: Path) -> None:
    result = probe(SandboxPolicy(python=tmp_path / "no-python"))
    assert not result.works
    assert "no-python does not start" in (result.reason or "")


@pytest.mark.parametrize("place", ["/tmp", "/dev/shm"])
def test_an_environment_below_a_folder_that_is_private_inside(place: str) -> None:
    with tempfile.TemporaryDirectory(dir=place) as folder:
        venv.create(Path(folder) / "env", symlinks=True, with_pip=False)
        result = probe(SandboxPolicy(python=Path(folder) / "env/bin/python"))
        assert result.works, result.reason


def test_modules_are_compiled_beside_themselves(tmp_path: Path) -> None:
    (tmp_path / "part.py").write_text("value = 1\n")
    interpreter.compile_for(Path(sys.executable), tmp_path)
    assert [path.suffix for path in (tmp_path / "__pycache__").iterdir()] == [".pyc"]


def test_a_folder_that_is_not_there_is_no_error(tmp_path: Path) -> None:
    interpreter.compile_for(Path(sys.executable), tmp_path / "absent")
