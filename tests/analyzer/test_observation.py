"""What the sandbox is asked to run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analyzer.observation import (
    Observed,
    falls_short,
    observe_program,
    open_session,
)
from analyzer.observed import Graph, Learner, NotObserved, Observation, Trace
from analyzer.options import Options, ProgramSpec
from analyzer.requesting import command_of, runnable
from analyzer.source.files import read_source
from analyzer.source.index import read_program


@pytest.mark.parametrize(
    ("run", "asked"),
    [
        (None, ("a/train.py", (), None)),
        ("train.py --epochs 1", ("train.py", ("--epochs", "1"), None)),
        ("python train.py", ("train.py", (), None)),
        ("python -m a.train --fast", ("a/train.py", ("--fast",), None)),
        ("a.train:main", ("a/train.py", (), "a.train:main")),
        ("a/other.py 'x y'", ("a/other.py", ("x y",), None)),
    ],
)
def test_forms_of_run(run: str | None, asked: tuple[str, tuple[str, ...], str | None]) -> None:
    assert command_of("a/train.py", run) == asked


def test_a_script_is_looked_for_at_the_root_and_then_beside_the_program(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "train.py").write_text("")
    assert command_of("a/model.py", "./train.py -v", tmp_path) == ("a/train.py", ("-v",), None)
    (tmp_path / "train.py").write_text("")
    assert command_of("a/model.py", "train.py", tmp_path)[0] == "train.py"


def test_a_configured_script_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("x = 1\n")
    spec = ProgramSpec("*", run="nowhere.py")
    source = read_program(tmp_path, "train.py")
    seen = observe_program(tmp_path, source, spec, Options(), 5.0, {})
    assert seen.observation is None
    assert seen.why_not == "the configured run starts nowhere.py, and there is no such file"


def test_of_a_notebook_the_cells_run_and_not_its_json(tmp_path: Path) -> None:
    cell = {"cell_type": "code", "execution_count": None, "source": ["%time\n", "x = 1"]}
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": [cell], "nbformat": 4}))
    texts = runnable(tmp_path, read_program(tmp_path, "a.ipynb"), {})
    assert texts == {"a.ipynb": "pass  # %time\nx = 1\n"}
    edited = {"a.ipynb": "x = 2\n"}
    assert runnable(tmp_path, read_program(tmp_path, "a.ipynb"), edited) == edited


TRAINED = Observation(graph=Graph(layers=()), learner=Learner(), trace=Trace(steps=60))


@pytest.mark.parametrize(
    ("cause", "steps", "short"),
    [("crash", 0, True), ("no_training", 0, True), ("timeout", 0, False), ("crash", 3, False)],
)
def test_an_edit_that_breaks_the_program_falls_short(cause: str, steps: int, short: bool) -> None:
    trouble = NotObserved(cause=cause, message="it ended")  # type: ignore[arg-type]
    edited = TRAINED.model_copy(update={"trace": Trace(steps=steps), "trouble": trouble})
    assert falls_short(TRAINED, edited) is short


def test_a_program_that_never_trained_does_not_fall_short_of_itself() -> None:
    trouble = NotObserved(cause="crash", message="boom")
    built = Observation(graph=Graph(layers=()), trouble=trouble)
    assert not falls_short(built, built)


ASK = "import os\nprint(os.environ.get('TF_USE_LEGACY_KERAS'))\n"


def test_a_check_of_edits_begins_the_way_that_worked(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(ASK)
    source = read_program(tmp_path, "train.py")
    spec, own = ProgramSpec("*"), NotObserved(cause="crash", message="the program's own")
    first = Observed(source, Observation(trouble=own), way="tf_keras")
    seen = observe_program(tmp_path, source, spec, Options(), 60.0, {}, like=first)
    assert seen.way == "tf_keras"
    assert seen.observation is not None
    assert seen.observation.output == "1\n"
    assert observe_program(tmp_path, source, spec, Options(), 60.0, {}).way == "plain"


def test_a_review_has_one_session_that_imports_ahead(tmp_path: Path) -> None:
    text = "import sys\nprint('numpy' in sys.modules)\nimport numpy\n"
    (tmp_path / "train.py").write_text(text)
    file, spec = read_source(tmp_path, "train.py"), ProgramSpec("*")
    source = read_program(tmp_path, "train.py")
    with open_session(tmp_path, file, spec, Options()) as session:
        seen = observe_program(tmp_path, source, spec, Options(), 60.0, {}, session)
    assert seen.observation is not None
    assert seen.observation.output == "True\n"


def test_nothing_starts_for_a_review_of_the_source_alone(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import numpy\n")
    file = read_source(tmp_path, "train.py")
    with open_session(tmp_path, file, ProgramSpec("*"), Options(static=True)) as session:
        assert not session.running
