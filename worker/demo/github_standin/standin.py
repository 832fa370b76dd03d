"""The stand-in as its users see it: GitHub's API on 127.0.0.1, and people who work on it."""

import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType

from worker.demo.github_standin import acts
from worker.demo.github_standin.dispatch import Exchange
from worker.demo.github_standin.faults import Faults
from worker.demo.github_standin.git import Content, GitRepository
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.keys import new_private_key, public_key_of
from worker.demo.github_standin.operations.issues import add_issue_comment
from worker.demo.github_standin.payloads.events import installation_event
from worker.demo.github_standin.records import (
    App,
    CheckRun,
    Delivery,
    Installation,
    IssueComment,
    PullRequest,
    Repository,
    Review,
    ReviewComment,
    User,
)
from worker.demo.github_standin.sender import Sender
from worker.demo.github_standin.wire import Listener, api, archives

PERMISSIONS = {
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}
EVENTS = (
    "check_run",
    "check_suite",
    "issue_comment",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
)


class GitHubStandIn:
    """A GitHub with one App installed on one account.

    Use as a context manager. Set `webhook_url` to have deliveries sent; `deliveries` keeps them
    either way, `exchanges` every call of the API with its answer. Methods named for what a person
    does take `by`, a login; `main_user` acts when it is left out.
    """

    def __init__(
        self,
        *,
        account: str = "octo-org",
        main_user: str = "mona",
        slug: str = "faultline",
        permissions: Mapping[str, str] = PERMISSIONS,
        events: tuple[str, ...] = EVENTS,
        prefix: str = "",
        clock: Callable[[], float] = time.time,
        private_key: str | None = None,
    ) -> None:
        self.private_key = private_key or new_private_key()
        self.webhook_secret = secrets.token_hex(20)
        self.exchanges: list[Exchange] = []
        self._folder = Path(tempfile.mkdtemp(prefix="github-standin-"))
        owner = User(account, 1_001, "Organization")
        bot = User(f"{slug}[bot]", 2_001, "Bot")
        app = App(
            id=314_159,
            client_id="Iv23liSTANDIN00",
            slug=slug,
            owner=owner,
            bot=bot,
            public_key_pem=public_key_of(self.private_key),
            permissions=dict(permissions),
            events=events,
        )
        # A client that caches tokens by installation must not mix up two stand-ins.
        installation = Installation(secrets.randbelow(10**9) + 10**7, owner, dict(permissions))
        self.hub = Hub(app, installation, clock=clock)
        self.hub.users.update({account: owner, bot.login: bot})
        self.main_user = self.hub.user(main_user)
        self._sender = Sender(self.webhook_secret, app.id, events, self.hub.ids, self.hub.now)
        self.hub.deliveries = self._sender.deliveries
        self.hub.emit, self.hub.redeliver = self._sender.emit, self._sender.redeliver
        self._api = Listener(api(self.hub, prefix, self.exchanges.append))
        self._archives = Listener(archives(self.hub))
        self.url = f"http://127.0.0.1:{self._api.port}{prefix}"
        self.hub.url = self.url
        self.hub.archive_url = f"http://127.0.0.1:{self._archives.port}"

    def start(self) -> "GitHubStandIn":
        self._api.start()
        self._archives.start()
        return self

    def stop(self) -> None:
        self._sender.close()
        self._archives.ask_to_stop()
        self._api.stop()
        self._archives.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __enter__(self) -> "GitHubStandIn":
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # The App's side

    @property
    def app_id(self) -> int:
        return self.hub.app.id

    @property
    def installation_id(self) -> int:
        return self.hub.installation.id

    @property
    def faults(self) -> Faults:
        """Failures on order: `faults.fail_next(Failure.LOST_ANSWER, "POST", "*/reviews")`."""
        return self.hub.faults

    @property
    def deliveries(self) -> list[Delivery]:
        return self._sender.deliveries

    @property
    def webhook_url(self) -> str | None:
        return self._sender.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self._sender.url = url

    def environment(self) -> dict[str, str]:
        """The settings with which `faultline serve` is this stand-in's App."""
        return {
            "GITHUB_API_URL": self.url,
            "GITHUB_APP_ID": str(self.app_id),
            "GITHUB_APP_PRIVATE_KEY": self.private_key,
            "GITHUB_WEBHOOK_SECRET": self.webhook_secret,
        }

    def flush(self, timeout: float = 60.0) -> None:
        """Waits until every webhook sent so far has its answer."""
        self._sender.flush(timeout)

    def redeliver(self, delivery: Delivery) -> Delivery:
        return self._sender.redeliver(delivery)

    def signed_headers(self, delivery: Delivery, body: bytes) -> dict[str, str]:
        """The headers of a delivery, for a test that sends the bytes itself."""
        return self._sender.headers(delivery, body)

    # What people do

    def create_repository(
        self,
        full_name: str,
        files: Mapping[str, Content],
        message: str = "First commit",
        *,
        installed: bool = True,
        private: bool = True,
    ) -> Repository:
        with self.hub.lock:
            login, _, name = full_name.partition("/")
            git = GitRepository.create(self._folder / login / f"{name}.git")
            now = self.hub.now()
            where = Repository(self.hub.ids.new(), name, self.hub.user(login), git)
            where.private, where.installed = private, installed
            where.created_at = where.pushed_at = now
            where.collaborators[self.main_user.login] = "write"
            self.hub.repositories[full_name.lower()] = where
            git.commit("refs/heads/main", files, message, self.main_user.person, None)
            return where

    def fork(self, where: Repository, owner: str) -> Repository:
        """A fork of `where`; pull requests open from it by `head=`."""
        with self.hub.lock:
            made = Repository(self.hub.ids.new(), where.name, self.hub.user(owner), where.git)
            made.fork, made.installed = True, False
            made.created_at = made.pushed_at = self.hub.now()
            self.hub.repositories[made.full_name.lower()] = made
            return made

    def push(
        self,
        branch: str,
        files: Mapping[str, Content],
        message: str = "Change the training program",
        *,
        repository: Repository | None = None,
        by: str | None = None,
        onto: str | None = None,
    ) -> str:
        """One commit; None as content removes a path. Returns its name."""
        with self.hub.lock:
            where = repository or self._only()
            return acts.push(self.hub, where, branch, files, message, self._who(by), onto)

    def open_pull_request(
        self,
        branch: str,
        title: str,
        *,
        body: str | None = None,
        base: str = "main",
        repository: Repository | None = None,
        head: Repository | None = None,
        by: str | None = None,
        draft: bool = False,
    ) -> PullRequest:
        with self.hub.lock:
            where = repository or self._only()
            who = self._who(by)
            return acts.open_pull_request(
                self.hub, where, head or where, branch, title, body, base, who, draft
            )

    def accept_suggestions(
        self, pull: PullRequest, comments: Iterable[int] | None = None, *, by: str | None = None
    ) -> str:
        """Commits the suggestions of these comments (default: all open ones) in one batch."""
        with self.hub.lock:
            wanted = None if comments is None else set(comments)
            chosen = [one for one in pull.comments if wanted is not None and one.id in wanted]
            if wanted is None:
                chosen = acts.open_suggestions(pull)
            return acts.accept_suggestions(self.hub, pull, chosen, self._who(by))

    def comment(self, pull: PullRequest, text: str, *, by: str | None = None) -> IssueComment:
        with self.hub.lock:
            where = pull.repository
            return add_issue_comment(self.hub, where, pull.number, self._who(by), text)

    def rerun(self, pull: PullRequest, run: CheckRun, *, by: str | None = None) -> None:
        with self.hub.lock:
            acts.rerequest(self.hub, pull.repository, run, self._who(by))

    def click(
        self, pull: PullRequest, run: CheckRun, identifier: str, *, by: str | None = None
    ) -> None:
        """Presses one of the buttons that a check run offers."""
        with self.hub.lock:
            acts.click_action(self.hub, pull.repository, run, identifier, self._who(by))

    def close(self, pull: PullRequest, *, by: str | None = None) -> None:
        with self.hub.lock:
            acts.set_state(self.hub, pull, "closed", self._who(by))

    def reopen(self, pull: PullRequest, *, by: str | None = None) -> None:
        with self.hub.lock:
            acts.set_state(self.hub, pull, "open", self._who(by))

    def mark_draft(self, pull: PullRequest, draft: bool, *, by: str | None = None) -> None:
        with self.hub.lock:
            acts.set_draft(self.hub, pull, draft, self._who(by))

    def announce_installation(self, action: str = "created") -> None:
        with self.hub.lock:
            payload = installation_event(self.hub, action, self.main_user)
            self.hub.emit("installation", payload)

    # What people see

    def check_runs(self, pull: PullRequest, sha: str | None = None) -> list[CheckRun]:
        """The check runs at the pull request's head, oldest first."""
        with self.hub.lock:
            runs = pull.repository.check_runs.values()
            return [run for run in runs if run.head_sha == (sha or pull.head_sha)]

    def reviews(self, pull: PullRequest) -> list[tuple[Review, list[ReviewComment]]]:
        """Every submitted review with its comments, oldest first."""
        with self.hub.lock:
            return [
                (review, [one for one in pull.comments if one.review_id == review.id])
                for review in pull.reviews
                if review.state != "PENDING"
            ]

    def _who(self, login: str | None) -> User:
        return self.main_user if login is None else self.hub.user(login)

    def _only(self) -> Repository:
        repositories = [one for one in self.hub.repositories.values() if not one.fork]
        if len(repositories) != 1:
            names = sorted(one.full_name for one in repositories)
            raise ValueError(f"expected one repository to act on, found {names}: name one")
        return repositories[0]
