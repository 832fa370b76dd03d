"""Everything the stand-in knows, in one place, and the lookups every operation shares."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from threading import RLock

from worker.demo.github_standin.diffs import ChangedFile, changed_files
from worker.demo.github_standin.faults import Faults
from worker.demo.github_standin.git import GitRepository
from worker.demo.github_standin.limits import Meter
from worker.demo.github_standin.records import (
    App,
    CheckRun,
    Delivery,
    Grant,
    Ids,
    Installation,
    IssueComment,
    PullRequest,
    Repository,
    ReviewComment,
    User,
)
from worker.demo.github_standin.refusals import Json, not_found


@dataclass
class Hub:
    """The state behind the API. Every request and every act of a person holds `lock`."""

    app: App
    installation: Installation
    clock: Callable[[], float] = time.time
    url: str = ""
    archive_url: str = ""
    ids: Ids = field(default_factory=Ids)
    users: dict[str, User] = field(default_factory=dict)
    repositories: dict[str, Repository] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    tickets: dict[str, tuple[float, str, str]] = field(default_factory=dict)
    conversions: dict[str, tuple[float, dict[str, str]]] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    meter: Meter = field(default_factory=Meter)
    lock: RLock = field(default_factory=RLock)
    deliveries: list[Delivery] = field(default_factory=list)
    redeliver: Callable[[Delivery], object] = lambda _delivery: None
    hook_url: Callable[[], str] = lambda: ""
    emit: Callable[[str, Json], None] = lambda _event, _payload: None

    def now(self) -> str:
        return timestamp(self.clock())

    def user(self, login: str) -> User:
        """The person of that login, made on first mention."""
        if login not in self.users:
            self.users[login] = User(login, self.ids.new())
        return self.users[login]

    def repository(self, owner: str, name: str) -> Repository:
        found = self.repositories.get(f"{owner}/{name}".lower())
        if found is None:
            raise not_found()
        return found

    def pull(self, repository: Repository, number: str) -> PullRequest:
        found = repository.pulls.get(int(number)) if number.isdigit() else None
        if found is None:
            raise not_found()
        return found

    def check_run(self, repository: Repository, number: str) -> CheckRun:
        found = repository.check_runs.get(int(number)) if number.isdigit() else None
        if found is None:
            raise not_found()
        return found

    def issue_comment(self, repository: Repository, number: str) -> IssueComment:
        found = repository.issue_comments.get(int(number)) if number.isdigit() else None
        if found is None:
            raise not_found()
        return found

    def pulls(self) -> Iterator[PullRequest]:
        for repository in self.repositories.values():
            yield from repository.pulls.values()

    def review_comments(self) -> Iterator[tuple[PullRequest, ReviewComment]]:
        for pull in self.pulls():
            for comment in pull.comments:
                yield pull, comment


def timestamp(seconds: float) -> str:
    """GitHub's form: UTC, whole seconds, `Z`."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def merge_base(pull: PullRequest, head: str | None = None) -> str:
    """A pull request's diff is three-dot: from where its branch left the base."""
    git = pull.repository.git
    return git.merge_base(pull.base_sha, head or pull.head_sha) or pull.base_sha


def pull_files(pull: PullRequest, head: str | None = None) -> tuple[ChangedFile, ...]:
    """The files of the pull request's diff at `head` (default: its newest commit)."""
    return _files(pull.repository.git, merge_base(pull, head), head or pull.head_sha)


@lru_cache(maxsize=64)
def _files(git: GitRepository, base: str, head: str) -> tuple[ChangedFile, ...]:
    return changed_files(git, base, head)
