"""`faultline check` as its user calls it: formats, exit statuses, wrong usage."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.commands.check import verified_edits
from analyzer.findings import Finding, ProgramReport
from analyzer.reporting import summarize

FAULTY = """\
from keras.models import Sequential
from keras.layers import Dense

model = Sequential()
model.add(Dense(8, activation='relu', input_shape=(4,)))
model.add(Dense(1, activation='softmax'))
model.compile(loss='binary_crossentropy', optimizer='adam')
model.fit(x, y, epochs=20, batch_size=32)
"""


def faultline(*arguments, cwd, **environment):
    """Run the console script's module in `cwd`."""
    return subprocess.run(
        [sys.executable, "-m", "analyzer", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3]), **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "train.py").write_text(FAULTY)
    (tmp_path / "notes.py").write_text("print('nothing to train')\n")
    return tmp_path


def test_json_goes_to_standard_output_alone(folder):
    done = faultline("check", "train.py", "--static", "--format", "json", cwd=folder)
    assert done.stderr == ""
    (program,) = json.loads(done.stdout)["programs"]
    assert (program["path"], program["status"]) == ("train.py", "static")
    assert program["reason"].startswith("switched off")
    found = {(f["kind"], f["line"], f["severity"]) for f in program["findings"]}
    assert ("output_activation", 6, "advice") in found


@pytest.mark.parametrize(("fail_on", "status"), [("error", 0), ("advice", 1), ("never", 0)])
def test_exit_status_follows_fail_on(folder, fail_on, status):
    done = faultline("check", "train.py", "--static", "--fail-on", fail_on, cwd=folder)
    assert done.returncode == status


def test_output_file_and_folder_argument(folder):
    done = faultline(
        "check", ".", "--static", "--format", "sarif", "--output", "out.sarif", cwd=folder
    )
    assert (done.returncode, done.stdout) == (0, "")
    log = json.loads((folder / "out.sarif").read_text())
    assert log["runs"][0]["results"]


def test_path_with_spaces_is_reported_as_given(tmp_path):
    place = tmp_path / "my code" / "net work.py"
    place.parent.mkdir()
    place.write_text(FAULTY)
    done = faultline("check", place, "--static", "--format", "json", cwd=tmp_path)
    assert json.loads(done.stdout)["programs"][0]["path"] == "my code/net work.py"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["check"], "PATHS"),
        (["check", "gone.py"], "gone.py does not exist"),
        (["check", "train.py", "--format", "yaml"], "--format"),
        (["check", "train.py", "--mount", "nowhere"], "expected HOST_PATH:PATH"),
        (["check", "train.py", "--dataset", "parquet:x"], "expected FORM:VALUE"),
        (["check", "train.py", "--select", "no-such-rule"], "no-such-rule"),
        (["check", "train.py", "--budget", "0"], "--budget"),
        (["check", "train.py", "--config", "bad.yml"], "bad.yml:2: review.fail_on"),
        (["checks", "train.py"], "checks"),
        (["rules", "single-unit-softmx"], "did you mean single-unit-softmax?"),
        (
            ["check", "train.py", "--output", "nowhere/report.txt"],
            "nowhere/report.txt cannot be written",
        ),
        (["check", "train.py", "--mount", "/tmp:../x"], "../x cannot be a place for data"),
        (["check", "train.py", "--mount", "/tmp:/usr"], "/usr cannot be a place for data"),
        (["check", "train.py", "--mount", "/tmp:."], ". cannot be a place for data"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(folder, arguments, says):
    (folder / "bad.yml").write_text("review:\n  fail_on: loud\n")
    done = faultline(*arguments, cwd=folder)
    assert done.returncode == 2
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_sandbox_none_needs_the_second_variable(folder):
    done = faultline("check", "train.py", cwd=folder, FAULTLINE_SANDBOX="none")
    assert done.returncode == 2
    assert "FAULTLINE_ALLOW_UNSANDBOXED=1" in done.stderr


def test_file_that_cannot_be_read_is_status_3_and_reported(tmp_path):
    (tmp_path / "broken.py").write_bytes(b"import keras\nmodel.fit(\x00\xff)\n")
    done = faultline("check", "broken.py", "--static", "--format", "json", cwd=tmp_path)
    assert done.returncode == 3
    (program,) = json.loads(done.stdout)["programs"]
    assert program["status"] == "failed"
    assert program["reason"]


def test_file_without_training_is_skipped_and_fine(folder):
    done = faultline("check", "notes.py", "--static", "--format", "json", cwd=folder)
    assert done.returncode == 0
    assert json.loads(done.stdout)["programs"][0]["status"] == "skipped"


def test_ignore_comment_and_configuration_silence_a_rule(folder):
    silenced = FAULTY.replace(
        "'softmax'))", "'softmax'))  # faultline: ignore[single-unit-softmax]"
    )
    (folder / "train.py").write_text(silenced)
    done = faultline("check", "train.py", "--static", "--format", "json", cwd=folder)
    rules = {f["rule"] for f in json.loads(done.stdout)["programs"][0]["findings"]}
    assert "single-unit-softmax" not in rules


def test_schema_and_rules_are_printed(folder):
    assert json.loads(faultline("schema", cwd=folder).stdout)["title"] == "Faultline report"
    assert "single-unit-softmax" in faultline("rules", cwd=folder).stdout
    assert "FL101" in faultline("rules", "FL101", cwd=folder).stdout


def test_of_edits_on_one_line_the_first_is_taken_and_the_others_named(capsys):
    def finding(rule, *lines):
        edits = [
            {"path": "a.ipynb", "start_line": n, "end_line": n, "replacement": rule} for n in lines
        ]
        fix = {"description": "d", "edits": edits, "verified": True}
        facts = {"code": "FL1", "kind": "loss", "severity": "error", "proof": "contract"}
        words = {"path": "a.ipynb", "line": 1, "end_line": 1, "message": "m", "why": "w"}
        return Finding(rule=rule, confidence=0.9, fix=fix, **facts, **words)

    found = (finding("one", 1), finding("two", 3, 1), finding("one", 1), finding("three", 4))
    program = ProgramReport(path="a.ipynb", status="observed", findings=found)
    report = summarize([program], "0", 0.0)
    chosen = verified_edits(report)["a.ipynb"]
    assert [(e.start_line, e.replacement) for e in chosen] == [(1, "one"), (4, "three")]
    assert "a.ipynb:1: two: its edit shares a line" in capsys.readouterr().err


def test_base_tells_new_from_old(folder):
    from tests.support.git import Repository

    repository = Repository(folder)
    repository.commit({})
    again = FAULTY.replace("model = Sequential()", "model = Sequential()  # the same\n")
    (folder / "train.py").write_text(again.replace("epochs=20", "epochs=1"))
    command = ("check", "train.py", "--static", "--format", "json", "--fail-on", "advice")
    done = faultline(*command, "--base", "HEAD", cwd=folder)
    (program,) = json.loads(done.stdout)["programs"]
    marks = {f["rule"]: f["introduced"] for f in program["findings"]}
    assert set(marks.values()) == {True, False}, marks
    assert done.returncode == 1
    (folder / "train.py").write_text(again)
    assert faultline(*command, "--base", "HEAD", cwd=folder).returncode == 0
    wrong = faultline(*command, "--base", "nowhere", cwd=folder)
    assert wrong.returncode == 2
    assert wrong.stderr.count("\n") == 1
    assert "expected a commit of this repository, got 'nowhere'" in wrong.stderr
