from collections.abc import Callable, Iterator

import pytest

from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.keys import new_private_key
from worker.demo.github_standin.records import PullRequest as StandInPull
from worker.github import AppIdentity, Installation, Tokens
from worker.patience import IMPATIENT
from worker.pulls import PullRequest, read_pull_request

PROGRAM = b"".join(b"line %d\n" % number for number in range(1, 61))


@pytest.fixture(scope="session")
def private_key() -> str:
    """Made once: looking for primes takes longer than most tests."""
    return new_private_key()


@pytest.fixture
def github(private_key: str) -> Iterator[GitHubStandIn]:
    with GitHubStandIn(private_key=private_key) as github:
        github.create_repository("octo-org/nets", {"train.py": PROGRAM, "README.md": b"# Nets\n"})
        yield github


@pytest.fixture(autouse=True)
def _github_settles_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worker.posting.SETTLE_SECONDS", 0.0)


@pytest.fixture
def identity(github: GitHubStandIn) -> AppIdentity:
    return AppIdentity(github.url, str(github.app_id), github.private_key)


@pytest.fixture
def api(github: GitHubStandIn, identity: AppIdentity) -> Iterator[Installation]:
    (repository,) = github.hub.repositories.values()
    tokens, installation = Tokens(identity), github.installation_id
    with Installation(identity, tokens, installation, repository.id, IMPATIENT) as api:
        yield api


@pytest.fixture
def opened(github: GitHubStandIn) -> StandInPull:
    changed = PROGRAM.replace(b"line 30\n", b"line thirty\n")
    github.push("topic", {"train.py": changed})
    return github.open_pull_request("topic", "Train longer")


@pytest.fixture
def pull(api: Installation, opened: StandInPull) -> PullRequest:
    return read_pull_request(api, "octo-org/nets", opened.number)


@pytest.fixture
def calls(github: GitHubStandIn) -> Callable[[str, str], int]:
    """How often an operation was called, whatever the answer."""

    def count(method: str, ending: str) -> int:
        return sum(
            exchange.method == method and exchange.path.endswith(ending)
            for exchange in github.exchanges
        )

    return count
