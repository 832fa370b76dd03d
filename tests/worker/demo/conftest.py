"""A stand-in with one repository, one pull request, and a caller with an installation token."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.github import Client, as_installation, assert_described
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.keys import new_private_key
from worker.demo.github_standin.records import PullRequest

BASE = {
    "train.py": "".join(f"line {n}\n" for n in range(1, 41)),
    "docs/a file.md": "# Title\n",
    "gone.py": "gone = True\n",
    "moved.py": "one\ntwo\nthree\nfour\n",
    "image.png": b"\x89PNG\r\n\x1a\n\x00\x00",
}


def changed(text: str) -> str:
    """The pull request's version: line 5 changed, two lines after 30, one with no end."""
    lines = text.splitlines(keepends=True)
    lines[4] = "LINE 5\n"
    lines[30:30] = ["new a\n", "new b\n"]
    return "".join(lines) + "last without a newline"


@pytest.fixture(scope="session")
def private_key() -> str:
    return new_private_key()


@contextmanager
def watched(private_key: str) -> Iterator[GitHubStandIn]:
    """A stand-in whose every exchange and webhook is held to GitHub's description at the end."""
    with GitHubStandIn(private_key=private_key) as running:
        yield running
        running.flush()
        assert running.faults.pending == 0
        assert_described(running)


@pytest.fixture
def standin(private_key: str) -> Iterator[GitHubStandIn]:
    with watched(private_key) as running:
        yield running


@pytest.fixture(scope="module")
def shared(private_key: str) -> Iterator[tuple[Client, PullRequest]]:
    """One stand-in for a whole table of refusals."""
    with watched(private_key) as running:
        pull = opened(running)
        yield as_installation(running), pull


@pytest.fixture
def pull(standin: GitHubStandIn) -> PullRequest:
    return opened(standin)


def opened(standin: GitHubStandIn) -> PullRequest:
    standin.create_repository("octo-org/digits", BASE)
    change = {
        "train.py": changed(BASE["train.py"]),  # type: ignore[arg-type]
        "gone.py": None,
        "moved.py": None,
        "models/moved.py": BASE["moved.py"],
        "image.png": b"\x89PNG\r\n\x1a\n\x00\x01",
        "fresh.py": "a = 1\n",
    }
    standin.push("faster", change, "Train faster")
    return standin.open_pull_request("faster", "Train faster", body="Much faster.")


@pytest.fixture
def client(standin: GitHubStandIn, pull: PullRequest) -> Client:
    assert pull.number == 1
    return as_installation(standin)
