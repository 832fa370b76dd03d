"""A webhook goes in, one review comes out: real processes, real broker, real sandbox."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support import service
from tests.support.github import assert_described
from worker.demo.github_standin import Failure, GitHubStandIn
from worker.demo.github_standin.records import CheckRun, PullRequest
from worker.store import Database, Inbox, default_database_url

SOUND = b"""\
import torch
from sklearn.datasets import load_digits
from torch import nn

data, labels = load_digits(return_X_y=True)
x = torch.tensor(data / 16.0, dtype=torch.float32)
y = torch.tensor(labels)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
loss_fn = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
for epoch in range(20):
    for start in range(0, len(x), 32):
        optimizer.zero_grad()
        out = model(x[start : start + 32])
        loss = loss_fn(out, y[start : start + 32])
        loss.backward()
        optimizer.step()
"""
FAULTY = SOUND.replace(b"nn.Linear(32, 10))", b"nn.Linear(32, 10), nn.Softmax(1))")
PATIENCE = 150.0  # seconds for one review, on a busy machine


@pytest.fixture
def github(private_key: str) -> Iterator[GitHubStandIn]:
    with GitHubStandIn(private_key=private_key) as github:
        github.create_repository("octo-org/nets", {"train.py": SOUND, "README.md": b"# Nets\n"})
        yield github
        assert_described(github)


def completed(github: GitHubStandIn, pull: PullRequest) -> list[CheckRun]:
    return [run for run in github.check_runs(pull) if run.status == "completed"]


def wait_for_review(github: GitHubStandIn, pull: PullRequest, folder: Path) -> CheckRun:
    service.wait_until(lambda: completed(github, pull), PATIENCE, folder)
    (run,) = github.check_runs(pull)
    return run


def deliveries(folder: Path) -> dict[str, int]:
    return Inbox(Database(default_database_url(folder / "home"))).counts()


def test_from_webhook_to_review_to_fixed(github: GitHubStandIn, tmp_path: Path) -> None:
    with service.serve(tmp_path, github.environment()) as url:
        github.webhook_url = f"{url}/webhooks/github"
        github.push("topic", {"train.py": FAULTY})
        pull = github.open_pull_request("topic", "Add a softmax")
        run = wait_for_review(github, pull, tmp_path)
        assert run.conclusion == "failure"
        ((review, comments),) = github.reviews(pull)
        assert review.commit_id == pull.head_sha
        assert [(one.path, one.line) for one in comments] == [("train.py", 8)]
        assert "```suggestion\n" in comments[0].body

        opened = next(one for one in github.deliveries if one.event == "pull_request")
        github.redeliver(opened)
        github.flush()
        first = pull.head_sha
        github.accept_suggestions(pull)
        assert pull.head_sha != first
        run = wait_for_review(github, pull, tmp_path)
        assert run.conclusion == "success"
        (_, (second, more)) = github.reviews(pull)
        assert second.commit_id == pull.head_sha
        assert "everything found earlier is fixed" in second.body
        assert more == []
        assert len(github.check_runs(pull, first)) == 1
        page = httpx.get(f"{url}/runs", trust_env=False).text
        assert page.count("octo-org/nets#1") == 2
    assert set(deliveries(tmp_path)) == {"done"}


@pytest.mark.skipif(shutil.which("redis-server") is None, reason="needs redis-server")
def test_with_a_broker_and_a_worker(github: GitHubStandIn, tmp_path: Path) -> None:
    """Deliveries wait for a worker, whatever comes first and however often."""
    with service.redis(tmp_path) as broker:
        settings = {**github.environment(), "FAULTLINE_BROKER_URL": broker}
        with service.serve(tmp_path, settings) as url:
            github.webhook_url = f"{url}/webhooks/github"
            github.push("topic", {"train.py": FAULTY})
            pull = github.open_pull_request("topic", "Add a softmax")
            (opened,) = (one for one in github.deliveries if one.event == "pull_request")
            for _ in range(3):
                github.redeliver(opened)
            github.flush()
            assert deliveries(tmp_path) == {"accepted": 1}
            github.faults.fail_next(Failure.LOST_ANSWER, "POST", "*/reviews")
            with service.worker(tmp_path, settings):
                run = wait_for_review(github, pull, tmp_path)
                assert run.conclusion == "failure"
                assert len(github.reviews(pull)) == 1
                service.wait_until(lambda: deliveries(tmp_path) == {"done": 1}, 10, tmp_path)


def test_killed_in_the_middle(github: GitHubStandIn, tmp_path: Path) -> None:
    """What a killed process had begun is done once by the next one."""
    settings = {**github.environment(), "FAULTLINE_HOME": str(tmp_path / "home")}
    port = str(service.free_port())
    command = [str(service.FAULTLINE), "serve", "--port", port]
    github.push("topic", {"train.py": FAULTY})
    github.webhook_url = f"http://127.0.0.1:{port}/webhooks/github"
    with service.process(command, tmp_path, "first.log", settings) as started:
        service.wait_until(lambda: service.answers(f"http://127.0.0.1:{port}"), 60, tmp_path)
        pull = github.open_pull_request("topic", "Add a softmax")
        service.wait_until(lambda: github.check_runs(pull), PATIENCE, tmp_path)
        started.kill()
    assert github.reviews(pull) == []
    with service.serve(tmp_path, settings):
        wait_for_review(github, pull, tmp_path)
    assert len(github.reviews(pull)) == 1
