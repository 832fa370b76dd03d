"""The demo itself, with the real App, worker, sandbox and frameworks."""

import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.support.openapi import assert_valid_exchange, assert_valid_webhook
from worker.demo import walkthrough
from worker.demo.github_standin import GitHubStandIn
from worker.demo.progress import Progress
from worker.demo.repository import base_files, pull_request_files
from worker.demo.service import DemoFailed, Service


def test_the_programs_are_python_and_differ() -> None:
    base, changed = base_files(), pull_request_files()
    assert set(changed) < set(base)
    for name, text in changed.items():
        compile(text, name, "exec")
        compile(base[name], name, "exec")
        assert text != base[name]


@pytest.mark.timeout(900)
def test_everything_comes_true(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made: list[GitHubStandIn] = []

    class Kept(GitHubStandIn):
        def start(self) -> GitHubStandIn:
            made.append(self)
            return super().start()

    monkeypatch.setattr(walkthrough, "GitHubStandIn", Kept)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")  # nobody listens there
    assert walkthrough.run() == 0
    told = capsys.readouterr().out
    assert re.search(r"fixed, says the second review: [\w-]+(, [\w-]+)+\n$", told)
    assert "suggested change:" in told
    (github,) = made
    for one in github.exchanges:
        assert_valid_exchange(one.method, one.path, one.request_body, one.status, one.response_body)
    for delivery in github.deliveries:
        assert_valid_webhook(delivery.event, delivery.payload)
        assert delivery.status == "OK", delivery
    assert not [child for child in psutil.Process().children(recursive=True) if is_serve(child)]


def is_serve(process: psutil.Process) -> bool:
    return "serve" in process.cmdline()


def test_a_service_that_cannot_start_says_so(tmp_path: Path) -> None:
    wrong = {"FAULTLINE_CONCURRENCY": "0"}
    service = Service(tmp_path, wrong)
    with pytest.raises(DemoFailed, match="ended by itself with status 2"), service:
        pass
    assert "FAULTLINE_CONCURRENCY" in service.tail()


def test_a_failure_is_told_with_the_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(demo: walkthrough.Demo) -> None:
        raise DemoFailed(f"no luck with {demo.github.url}")

    monkeypatch.setattr(walkthrough, "_walk", fail)
    assert walkthrough.run() == 1
    told = capsys.readouterr().out
    assert "the demo failed: no luck with http://127.0.0.1:" in told
    assert "the end of the log" in told


def test_waiting_ends(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DemoFailed, match="gave up after 0 s: looking"):
        Progress().wait(lambda: False, lambda: "looking", 0.3)
    assert capsys.readouterr().out.count("looking") == 1


def test_it_needs_no_terminal_and_no_folder(tmp_path: Path) -> None:
    """The command exists and explains itself without starting anything."""
    command = [sys.executable, "-m", "analyzer", "demo", "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "end to end" in done.stdout
