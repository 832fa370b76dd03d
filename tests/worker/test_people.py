"""People command the App: real processes, real sandbox, a stand-in for GitHub."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import service
from tests.support.github import assert_described
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.records import CheckRun, IssueComment, PullRequest, ReviewComment

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
PATIENT = b"version: 1\nprograms: [{path: '*.py', budget: 400}]\n"  # on a busy machine
PATIENCE = 420.0  # seconds for one review

pytestmark = pytest.mark.timeout(1200)


@pytest.fixture
def github(private_key: str) -> Iterator[GitHubStandIn]:
    with GitHubStandIn(private_key=private_key) as github:
        files = {"train.py": SOUND, ".github/faultline.yml": PATIENT}
        github.create_repository("octo-org/nets", files, private=False)
        yield github
        assert_described(github)


@pytest.fixture
def folder(github: GitHubStandIn, tmp_path: Path) -> Iterator[Path]:
    with service.serve(tmp_path, github.environment()) as url:
        github.webhook_url = f"{url}/webhooks/github"
        yield tmp_path


def check_of(github: GitHubStandIn, pull: PullRequest) -> CheckRun | None:
    runs = github.check_runs(pull)
    assert len(runs) <= 1, "one check run for one head commit"
    return runs[0] if runs else None


def reviewed(github: GitHubStandIn, pull: PullRequest, folder: Path, text: str = "") -> CheckRun:
    """The completed check run, as soon as its texts hold `text`."""

    def is_there() -> bool:
        run = check_of(github, pull)
        return run is not None and run.status == "completed" and text in _texts(run)

    service.wait_until(is_there, PATIENCE, folder)
    run = check_of(github, pull)
    assert run is not None
    return run


def _texts(run: CheckRun) -> str:
    return f"{run.title}\n{run.summary}\n{run.text}"


def answered(comment: IssueComment | ReviewComment, folder: Path) -> str:
    """The verdict under a comment; the eyes came before it."""
    service.wait_until(lambda: len(comment.reactions) > 1, 60, folder)
    eyes, verdict = (one.content for one in comment.reactions)
    assert eyes == "eyes"
    return verdict


def test_a_fork_is_read_until_a_maintainer_lets_it_run(github: GitHubStandIn, folder: Path) -> None:
    where = github.hub.repository("octo-org", "nets")
    fork = github.fork(where, "stranger")
    github.push("theirs", {"train.py": FAULTY}, repository=fork, by="stranger")
    pull = github.open_pull_request(
        "theirs", "A softmax", repository=where, head=fork, by="stranger"
    )
    static = reviewed(github, pull, folder)
    assert " steps in " not in _texts(static)
    first = static.conclusion

    assert answered(github.comment(pull, "/faultline run", by="stranger"), folder) == "confused"
    assert answered(github.comment(pull, "/faultline run"), folder) == "+1"
    run = reviewed(github, pull, folder, " steps in ")
    assert run.conclusion == "failure", first
    (told,) = [one for _, comments in github.reviews(pull) for one in comments]
    assert told.path == "train.py"

    answer = github.reply(pull, told, "We want it so.\n/faultline ignore")
    assert answered(answer, folder) == "+1"
    run = reviewed(github, pull, folder, "Ignored, as somebody asked")
    assert run.conclusion == "success"
    comments = [one for _, comments in github.reviews(pull) for one in comments]
    assert [one.user.type for one in comments].count("Bot") == 1, "nothing is told twice"


def test_fixes_in_one_commit(github: GitHubStandIn, folder: Path) -> None:
    github.push("topic", {"train.py": FAULTY})
    pull = github.open_pull_request("topic", "A softmax")
    run = reviewed(github, pull, folder)
    assert run.conclusion == "failure"
    assert "fix" in {one["identifier"] for one in run.actions}, _texts(run)
    first = pull.head_sha
    comment = github.comment(pull, "/faultline fix")
    assert answered(comment, folder) == "+1"
    assert pull.head_sha != first
    run = reviewed(github, pull, folder)
    assert run.conclusion == "success"
