"""Deliveries that the receiver did not take are asked for again; litter of the dead is removed."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from worker import litter
from worker.catch_up import Failed, catch_up, failed
from worker.demo.github_standin import GitHubStandIn
from worker.services import Services, _of_process, services


@pytest.fixture
def shared(github: GitHubStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_HOME", str(tmp_path / "home"))
    for name, value in github.environment().items():
        monkeypatch.setenv(name, value)
    _of_process.cache_clear()
    return services()


@pytest.fixture
def github(private_key: str) -> GitHubStandIn:
    with GitHubStandIn(private_key=private_key) as github:
        github.create_repository("octo-org/nets", {"README.md": b"# Nets\n"})
        yield github


def attempt(number: int, guid: str, code: int, status: str = "OK") -> dict[str, object]:
    return {"id": number, "guid": guid, "status_code": code, "status": status}


def test_of_every_delivery_one_attempt_must_have_come_through() -> None:
    items = [
        attempt(1, "taken", 202),
        attempt(2, "dropped", 204),
        attempt(3, "refused by us", 401),
        attempt(4, "down", 502),
        attempt(5, "away", 0, "failed to connect to host"),
        attempt(6, "taken later", 503),
        attempt(7, "taken later", 202),
        attempt(8, "under way", 0, "pending"),
        attempt(9, "down", 503),
        *(attempt(10 + number, "hopeless", 500) for number in range(10)),
    ]
    assert failed(items) == [Failed(5, "away"), Failed(9, "down")]


def test_what_was_missed_comes_again(shared: Services, github: GitHubStandIn) -> None:
    github.webhook_url = "http://127.0.0.1:1/nobody"
    github.push("topic", {"train.py": b"print()\n"})
    github.open_pull_request("topic", "Missed")
    github.flush()
    missed = [one for one in github.deliveries if one.status_code == 0]
    assert missed
    shared.duties.take("ask for failed deliveries", 0)
    assert catch_up(shared) == len({one.guid for one in missed})
    github.flush()
    again = [one for one in github.deliveries if one.redelivery]
    assert {one.guid for one in again} == {one.guid for one in missed}
    assert catch_up(shared) == len(again)  # the receiver is still away
    for one in github.deliveries:
        one.status_code, one.status = 202, "OK"
    github.flush()
    for one in github.deliveries:
        one.status_code, one.status = 202, "OK"
    assert catch_up(shared) == 0
    assert int(shared.duties.note("ask for failed deliveries")) == max(
        one.id for one in github.deliveries
    )


def test_folders_of_killed_workers_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    code = (
        "from worker import litter; import os; print(litter.own_folder(), flush=True); os._exit(9)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", code]
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd=root
    )
    left = Path(done.stdout.strip())
    (left / "snapshot").mkdir()
    (left / "snapshot" / "train.py").write_text("private")
    own = litter.own_folder()
    assert Path(tempfile.mkdtemp()).parent == own
    (tmp_path / "faultline-worker-notes").mkdir()
    assert litter.clear() == 1
    assert not left.exists()
    assert own.exists()
    litter.remove()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["faultline-worker-notes"]
