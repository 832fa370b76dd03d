"""What the stand-in keeps: users, repositories, pull requests, reviews, check runs, deliveries.

These are a server's tables, so unlike the rest of Faultline's values most of them change. Ids
start beyond 32 bits, as GitHub's do by now: a client that stores them in an INTEGER fails here.
"""

from dataclasses import dataclass, field
from itertools import count

from worker.demo.github_standin.git import GitRepository, Person
from worker.demo.github_standin.refusals import Json


class Ids:
    """Hands out ids that are unique over all tables."""

    def __init__(self) -> None:
        self._next = count(3_000_000_001)

    def new(self) -> int:
        return next(self._next)


@dataclass(frozen=True)
class User:
    login: str
    id: int
    type: str = "User"
    name: str = ""

    @property
    def email(self) -> str:
        return f"{self.id}+{self.login}@users.noreply.github.com"

    @property
    def person(self) -> Person:
        return Person(self.name or self.login, self.email)


@dataclass(frozen=True)
class App:
    """The GitHub App under test and what its owner granted it."""

    id: int
    client_id: str
    slug: str
    owner: User
    bot: User
    public_key_pem: str
    permissions: dict[str, str]
    events: tuple[str, ...]


@dataclass
class Installation:
    id: int
    account: User
    permissions: dict[str, str]
    suspended: bool = False


@dataclass
class Repository:
    id: int
    name: str
    owner: User
    git: GitRepository
    default_branch: str = "main"
    private: bool = True
    installed: bool = True
    fork: bool = False
    collaborators: dict[str, str] = field(default_factory=dict)
    pulls: "dict[int, PullRequest]" = field(default_factory=dict)
    check_runs: "dict[int, CheckRun]" = field(default_factory=dict)
    issue_comments: "dict[int, IssueComment]" = field(default_factory=dict)
    suites: dict[str, int] = field(default_factory=dict)
    created_at: str = ""
    pushed_at: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.owner.login}/{self.name}"


@dataclass
class ReviewComment:
    """A comment on a diff. `line` is None once outdated; `original_*` never change."""

    id: int
    review_id: int
    user: User
    body: str
    path: str
    created_at: str
    commit_id: str
    original_commit_id: str
    diff_hunk: str
    side: str = "RIGHT"
    start_side: str | None = None
    original_line: int | None = None
    original_start_line: int | None = None
    original_position: int | None = None
    line: int | None = None
    start_line: int | None = None
    position: int | None = None
    subject_type: str = "line"
    in_reply_to: int | None = None
    minimized: str | None = None
    reactions: "list[Reaction]" = field(default_factory=list)

    @property
    def thread(self) -> int:
        """A thread is named by its top comment."""
        return self.in_reply_to or self.id


@dataclass
class Review:
    id: int
    user: User
    body: str
    state: str
    commit_id: str
    submitted_at: str | None


@dataclass
class PullRequest:
    id: int
    number: int
    title: str
    body: str | None
    author: User
    repository: Repository
    head_repository: Repository
    head_ref: str
    base_ref: str
    head_sha: str
    base_sha: str
    created_at: str
    updated_at: str
    draft: bool = False
    state: str = "open"
    closed_at: str | None = None
    merge_checked: bool = False
    labels: list[str] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    comments: list[ReviewComment] = field(default_factory=list)
    resolved_threads: set[int] = field(default_factory=set)
    resolvers: dict[int, User] = field(default_factory=dict)

    def comment(self, comment_id: int) -> ReviewComment | None:
        return next((one for one in self.comments if one.id == comment_id), None)


@dataclass
class CheckRun:
    id: int
    suite_id: int
    name: str
    head_sha: str
    status: str = "queued"
    conclusion: str | None = None
    started_at: str | None = None
    completed_at: str | None = None
    external_id: str = ""
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: list[Json] = field(default_factory=list)
    actions: list[Json] = field(default_factory=list)


@dataclass
class IssueComment:
    id: int
    number: int
    user: User
    body: str
    created_at: str
    updated_at: str
    minimized: str | None = None
    reactions: "list[Reaction]" = field(default_factory=list)


@dataclass(frozen=True)
class Reaction:
    id: int
    user: User
    content: str
    created_at: str


@dataclass(frozen=True)
class Grant:
    """What an installation token allows; None for `repositories` means all that are installed."""

    token: str
    permissions: dict[str, str]
    repositories: frozenset[int] | None
    expires_at: float


@dataclass
class Delivery:
    """One webhook, with the answer it got; `status_code` is 0 while there is none."""

    id: int
    guid: str
    event: str
    payload: Json
    delivered_at: str
    redelivery: bool = False
    status_code: int = 0
    status: str = "pending"
    duration: float = 0.0
    response_body: str = ""
