"""People at work: they push, open pull requests, comment, press buttons, and look."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from worker.demo.github_standin import acts
from worker.demo.github_standin.git import Content, GitRepository
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.operations.issues import add_issue_comment
from worker.demo.github_standin.operations.review_comments import add_reply
from worker.demo.github_standin.payloads.events import installation_event, repositories_removed
from worker.demo.github_standin.records import (
    CheckRun,
    IssueComment,
    PullRequest,
    Repository,
    Review,
    ReviewComment,
    User,
)
from worker.demo.github_standin.tally import Tally, tally


class People:
    """What a person can do and see. `by` is a login; `main_user` acts when it is left out."""

    def __init__(self, hub: Hub, folder: Path, main_user: User) -> None:
        self.hub = hub
        self.main_user = main_user
        self._folder = folder

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

    def reply(
        self, pull: PullRequest, comment: ReviewComment, text: str, *, by: str | None = None
    ) -> ReviewComment:
        """Answers in the thread of a review comment."""
        with self.hub.lock:
            return add_reply(self.hub, pull, comment.thread, text, self._who(by))

    def change_base(self, pull: PullRequest, base: str, *, by: str | None = None) -> None:
        with self.hub.lock:
            acts.change_base(self.hub, pull, base, self._who(by))

    def rerun_suite(self, pull: PullRequest, *, by: str | None = None) -> None:
        """The button "Re-run all checks"."""
        with self.hub.lock:
            acts.rerequest_suite(self.hub, pull, self._who(by))

    def rerun(self, pull: PullRequest, run: CheckRun, *, by: str | None = None) -> None:
        with self.hub.lock:
            acts.rerequest(self.hub, pull.repository, run, self._who(by))

    def click(
        self, pull: PullRequest, run: CheckRun, identifier: str, *, by: str | None = None
    ) -> None:
        """Presses one of the buttons that a check run offers."""
        with self.hub.lock:
            acts.click_action(self.hub, pull.repository, run, identifier, self._who(by))

    def resolve(self, pull: PullRequest, comment: ReviewComment, *, by: str | None = None) -> None:
        """The button "Resolve conversation"."""
        with self.hub.lock:
            acts.resolve_thread(pull, comment.thread, self._who(by))

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

    def remove_repository(self, where: Repository) -> None:
        """Takes a repository out of the installation."""
        with self.hub.lock:
            where.installed = False
            payload = repositories_removed(self.hub, where, self.main_user)
            self.hub.emit("installation_repositories", payload)

    def check_runs(self, pull: PullRequest, sha: str | None = None) -> list[CheckRun]:
        """The check runs at the pull request's head, oldest first."""
        with self.hub.lock:
            runs = pull.repository.check_runs.values()
            return [run for run in runs if run.head_sha == (sha or pull.head_sha)]

    def tally(self, pull: PullRequest) -> dict[str, Tally]:
        """How often the App spoke about each commit: what must never be doubled."""
        with self.hub.lock:
            return tally(self.hub, pull)

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
