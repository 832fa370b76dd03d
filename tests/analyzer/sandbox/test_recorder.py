"""The recorder: sites, steps, snapshots, and what leaves the process."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.sandbox.inside.plain import plain
from analyzer.sandbox.inside.recorder import Recorder, Stop
from analyzer.sandbox.inside.sites import code_points


class Pipe:
    """A recorder over a program folder, and the lines that it wrote."""

    def __init__(self, root: Path, steps: int = 3) -> None:
        self.path = root / "result"
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT)
        request = {"steps": steps, "warmup_seconds": 1000.0}
        self.recorder = Recorder(request, str(root / "program"), self.fd)

    def lines(self) -> list[tuple[str, dict[str, Any]]]:
        return [(line[:1], json.loads(line[2:])) for line in self.path.read_text().splitlines()]


@pytest.fixture
def pipe(tmp_path: Path) -> Iterator[Pipe]:
    (tmp_path / "program").mkdir()
    pipe = Pipe(tmp_path)
    yield pipe
    os.close(pipe.fd)


def run_user_file(pipe: Pipe, tmp_path: Path, text: str) -> dict[str, Any]:
    path = tmp_path / "program" / "train.py"
    path.write_text(text, encoding="utf-8")
    space: dict[str, Any] = {"site": pipe.recorder.user_site, "sites": []}
    exec(compile(path.read_bytes(), str(path), "exec"), space)
    return space


def test_site_is_the_exact_range_of_the_call(pipe: Pipe, tmp_path: Path) -> None:
    space = run_user_file(pipe, tmp_path, "x = [\n    1,\n    site(\n        0,\n    ),\n]\n")
    expected = {"path": "train.py", "line": 3, "column": 4, "end_line": 5, "end_column": 5}
    assert space["x"][1] == expected


def test_columns_count_characters_not_bytes(pipe: Pipe, tmp_path: Path) -> None:
    space = run_user_file(pipe, tmp_path, "x = ('größe', site())\n")
    assert (space["x"][1]["column"], space["x"][1]["end_column"]) == (14, 20)


def test_skip_leaves_out_the_innermost_frames(pipe: Pipe, tmp_path: Path) -> None:
    text = "def build():\n    return site(1)\nmodel = build()\n"
    assert run_user_file(pipe, tmp_path, text)["model"]["line"] == 3


def test_no_site_outside_of_the_program(pipe: Pipe) -> None:
    assert pipe.recorder.user_site() is None


def test_installed_packages_below_the_root_are_not_the_users(pipe: Pipe, tmp_path: Path) -> None:
    root = str(tmp_path / "program")
    relative = pipe.recorder.sources.relative
    assert relative(f"{root}/env/lib/site-packages/keras/layer.py") is None
    assert relative(f"{root}-other/train.py") is None
    assert relative("<string>") is None
    assert relative(f"{root}/models/net.py") == "models/net.py"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.integers(0, 60))
def test_code_points_agree_with_the_slow_way(line: str, index: int) -> None:
    index = min(index, len(line))
    assert code_points(line, len(line[:index].encode())) == index


def test_steps_end_the_warm_up(pipe: Pipe) -> None:
    pipe.recorder.step_done(3.0)
    pipe.recorder.step_done(float("nan"))
    with pytest.raises(Stop):
        pipe.recorder.step_done(None)
    mark, facts = pipe.lines()[-1]
    assert mark == "F"
    assert facts["trace"]["steps"] == 3
    assert facts["trace"]["loss"] == [3.0, "NaN"]
    assert facts["trace"]["ended"] == "steps"


def test_time_ends_the_warm_up_after_the_first_step(pipe: Pipe) -> None:
    pipe.recorder.request["warmup_seconds"] = 0.0
    with pytest.raises(Stop):
        pipe.recorder.step_done(1.0)
    assert pipe.lines()[-1][1]["trace"]["ended"] == "time"


class Clock:
    """The time that the recorder sees, moved by hand; in seconds."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("analyzer.sandbox.inside.recorder.time", made)
    return made


def test_a_step_that_would_outlast_the_time_is_not_begun(pipe: Pipe, clock: Clock) -> None:
    pipe.recorder.request |= {"steps": 9, "warmup_seconds": 5.0}
    pipe.recorder.step_done(1.0)
    clock.now += 3.0
    with pytest.raises(Stop):
        pipe.recorder.step_done(1.0)
    assert pipe.lines()[-1][1]["trace"]["ended"] == "time"


def test_what_observing_takes_after_a_step_is_no_step(pipe: Pipe, clock: Clock) -> None:
    pipe.recorder.request |= {"steps": 9, "warmup_seconds": 5.0}
    pipe.recorder.step_done(1.0)
    clock.now += 3.0
    pipe.recorder.resumed()
    clock.now += 0.1
    pipe.recorder.step_done(1.0)
    assert pipe.lines()[-1][1]["trace"]["steps"] == 2
    assert pipe.lines()[-1][1]["trace"]["ended"] == "program_end"


@pytest.mark.parametrize(("began", "stops"), [(-8.0, True), (-1.0, False)])
def test_an_estimate_counts_as_far_as_the_first_step_bears_it_out(
    pipe: Pipe, monkeypatch: pytest.MonkeyPatch, began: float, stops: bool
) -> None:
    pipe.recorder.request |= {"steps": 9, "warmup_seconds": 5.0}
    pipe.recorder.training_started()
    monkeypatch.setattr(pipe.recorder, "_training_began", time.monotonic() + began)
    pipe.recorder.step_estimate = 7.0
    with pytest.raises(Stop) if stops else contextlib.nullcontext():
        pipe.recorder.step_done(1.0)
    assert pipe.lines()[-1][1]["trace"]["ended"] == ("time" if stops else "program_end")


def test_a_snapshot_leaves_before_the_end(pipe: Pipe) -> None:
    pipe.recorder.facts["graph"] = {"layers": []}
    pipe.recorder.step_done(1.0)
    mark, facts = pipe.lines()[-1]
    assert (mark, facts["graph"], facts["trace"]["steps"]) == ("P", {"layers": []}, 1)


def test_collectors_run_once_and_their_failures_become_notes(pipe: Pipe) -> None:
    runs: list[int] = []

    def collect() -> None:
        runs.append(1)
        pipe.recorder.facts["versions"] = {"numpy": np.float32(2.5)}
        raise ValueError("no such layer")

    pipe.recorder.at_finish(collect)
    pipe.recorder.finish(None)
    pipe.recorder.finish(pipe.recorder.trouble("crash", "late"))
    (line,) = pipe.lines()
    assert runs == [1]
    assert line[1]["versions"] == {"numpy": 2.5}
    assert "no such layer" in line[1]["trace"]["notes"][0]
    assert line[1]["trouble"] is None


def test_a_forked_child_reports_nothing(pipe: Pipe) -> None:
    child = os.fork()
    if child == 0:
        pipe.recorder.finish(None)
        os._exit(0)
    os.waitpid(child, 0)
    assert pipe.lines() == []


def test_plain_accepts_what_libraries_make() -> None:
    value = {1: (np.float64("inf"), np.int64(3), np.arange(2)), "x": {True}, "y": object}
    assert plain(value) == {"1": ["Infinity", 3, [0, 1]], "x": [True], "y": "<class 'object'>"}


def test_plain_cuts_what_is_too_long_or_too_deep() -> None:
    nested: list[Any] = []
    for _ in range(100):
        nested = [nested]
    assert json.dumps(plain(nested)).count("[") < 40
    assert len(plain("x" * 5000)) == 2000
    assert plain("\ud800") == "?"
