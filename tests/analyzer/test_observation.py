"""What the sandbox is asked to run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.observation import command_of, runnable
from analyzer.source.index import read_program


@pytest.mark.parametrize(
    ("run", "asked"),
    [
        (None, ("a/train.py", (), None)),
        ("train.py --epochs 1", ("train.py", ("--epochs", "1"), None)),
        ("python train.py", ("train.py", (), None)),
        ("python -m a.train --fast", ("a/train.py", ("--fast",), None)),
        ("a.train:main", ("a/train.py", (), "a.train:main")),
    ],
)
def test_forms_of_run(run: str | None, asked: tuple[str, tuple[str, ...], str | None]) -> None:
    assert command_of("a/train.py", run) == asked


def test_of_a_notebook_the_cells_run_and_not_its_json(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "execution_count": None, "source": ["%time\n", "x = 1"]}
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4}))
    texts = runnable(tmp_path, read_program(tmp_path, "a.ipynb"), {})
    assert texts == {"a.ipynb": "pass  # %time\nx = 1\n"}
    edited = {"a.ipynb": "x = 2\n"}
    assert runnable(tmp_path, read_program(tmp_path, "a.ipynb"), edited) == edited
