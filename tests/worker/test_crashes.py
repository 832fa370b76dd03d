"""A worker may die after every step: what comes after it neither doubles nor loses anything."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analyzer import Edit, Fix
from tests.support.github import assert_described
from tests.support.reports import make_finding, make_report
from worker import posting, stages
from worker.checkout import ArchiveLimits
from worker.comments import Change
from worker.demo.github_standin import Failure, GitHubStandIn
from worker.demo.github_standin.records import PullRequest as StandInPull
from worker.errors import AnalysisFailed, GitHubError, Moved, Unavailable
from worker.github import Installation
from worker.lease import LEASE_SECONDS, Lease
from worker.looking import Looked
from worker.patience import Patience
from worker.queue import PLAN_REVIEW, REVIEWS, PullRequestMessage
from worker.retries import RetryAfter, decide
from worker.services import Services, open_services
from worker.settings import WorkerSettings
from worker.store import NewDelivery
from worker.suggestion import Text
from worker.work import Work


class Killed(BaseException):
    """As if the process were gone."""


@pytest.fixture(autouse=True)
def _every_exchange_is_valid(github: GitHubStandIn) -> Iterator[None]:
    yield
    assert_described(github)


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.chdir(tmp_path)
    return open_services(WorkerSettings(faultline_home=tmp_path / "home"))


@pytest.fixture
def faults(monkeypatch: pytest.MonkeyPatch, github: GitHubStandIn) -> list[str]:
    """What the programs show: line 30 of train.py is wrong as long as its rule is in the list."""
    rules = ["loss-output-mismatch"]

    def look(_work: Work, _run, pull, _configuration, files) -> Looked:
        (where,) = github.hub.repositories.values()
        content = where.git.read(pull.head_sha, "train.py")
        edits = (Edit(path="train.py", start_line=30, end_line=30, replacement="line 30"),)
        fix = Fix(description="write a number", edits=edits, verified=True)
        found = [
            make_finding(rule=rule, fingerprint=rule, line=30, end_line=30, fix=fix)
            for rule in rules
        ]
        report = make_report(*found, checked=("loss-output-mismatch",))
        return Looked(report, Change(files, {"train.py": Text.of(content)}))

    monkeypatch.setattr(stages, "look", look)
    return rules


Attempt = Callable[..., None]


@pytest.fixture
def attempt(shared: Services, api: Installation, github: GitHubStandIn) -> Attempt:
    """Both stages of a review of the head commit, by a worker that may die."""

    def run(pull: StandInPull, guid: str = "one", again: bool = False) -> None:
        where = pull.repository
        message = PullRequestMessage(
            github.installation_id, where.id, where.full_name, pull.number, pull.head_sha, again
        )
        new = NewDelivery(
            guid, "pull_request", message.subject, message.to_json(), PLAN_REVIEW, REVIEWS
        )
        shared.inbox.accept([new])
        shared.inbox.recover()  # whoever had it is dead
        (due,) = [one for one in shared.inbox.sweep() if one.guid == guid]
        claim = shared.inbox.claim(due.id, LEASE_SECONDS)
        assert claim is not None
        with Lease(shared.inbox, claim) as lease:
            work = Work(shared, claim, message, api, lease)
            stages.plan(work)
            stages.review(work)
        shared.inbox.finish(claim, "reviewed")

    return run


def kill_after(monkeypatch: pytest.MonkeyPatch, where: object, name: str) -> None:
    """The next call of this function is done, and is the last thing that the worker does."""
    real = getattr(where, name)

    def once(*values: object, **named: object) -> object:
        monkeypatch.setattr(where, name, real)
        real(*values, **named)
        raise Killed

    monkeypatch.setattr(where, name, once)


STEPS = [
    (posting, "ensure_check_run"),
    (posting, "post_review"),
    (stages, "set_resolved"),
    (posting, "complete"),
    ("runs", "has_check_run"),
    ("runs", "started"),
    ("runs", "has_review"),
    ("runs", "remember"),
    ("runs", "finished"),
]


@pytest.mark.parametrize(("where", "name"), STEPS, ids=[name for _, name in STEPS])
def test_killed_after_a_step(
    where: object,
    name: str,
    attempt: Attempt,
    faults: list[str],
    shared: Services,
    opened: StandInPull,
    github: GitHubStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del faults
    target = type(shared.runs) if where == "runs" else where
    kill_after(monkeypatch, target, name)
    try:
        attempt(opened)
    except Killed:
        if name == "finished":
            with pytest.raises(Moved, match="reviewed already"):
                attempt(opened)
        else:
            attempt(opened)
    (row,) = github.tally(opened).values()
    assert (row.reviews, row.comments, row.check_runs, row.open_check_runs) == (1, 1, 1, 0)
    (run,) = github.check_runs(opened)
    assert run.conclusion == "failure"
    assert [action["identifier"] for action in run.actions] == ["fix", "rerun"]


@pytest.mark.parametrize("name", ["post_review", "complete"])
def test_killed_and_then_pushed_over(
    name: str,
    attempt: Attempt,
    faults: list[str],
    opened: StandInPull,
    github: GitHubStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was posted and never recorded is not said again about the next head."""
    kill_after(monkeypatch, posting, name)
    with pytest.raises(Killed):
        attempt(opened)
    github.push("topic", {"other.py": b"x = 1\n"})
    attempt(opened, "two")
    first, second = github.tally(opened).values()
    assert (first.reviews, first.comments) == (1, 1)
    assert (second.reviews, second.comments, second.check_runs) == (0, 0, 1)
    faults.clear()
    github.push("topic", {"other.py": b"x = 2\n"})
    attempt(opened, "three")
    (comment,) = opened.comments
    assert comment.id in opened.resolved_threads
    assert "everything found earlier is fixed" in github.reviews(opened)[-1][0].body


@pytest.mark.parametrize("is_killed", [True, False])
def test_fixed_is_told_once_although_the_review_that_said_so_was_lost(
    is_killed: bool,
    attempt: Attempt,
    faults: list[str],
    opened: StandInPull,
    github: GitHubStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """GitHub made it, its answer was lost, and a push came before anybody looked for it."""
    attempt(opened)
    faults.clear()
    github.push("topic", {"other.py": b"x = 1\n"})
    if is_killed:
        kill_after(monkeypatch, posting, "post_review")
    else:
        real = posting._post
        github.faults.fail_next(Failure.LOST_ANSWER, "POST", "*/reviews")

        def post(*values) -> int:
            try:
                return real(*values)
            except Unavailable:  # and what stands cannot be read for a while
                github.faults.fail_next(Failure.BEFORE, "GET", "*/reviews", times=20)
                raise

        monkeypatch.setattr(posting, "_post", post)
    with pytest.raises((Killed, Unavailable)):
        attempt(opened, "two")
    github.faults.clear()
    for number in (2, 3):
        github.push("topic", {"other.py": f"x = {number}\n".encode()})
        attempt(opened, f"head {number}")
    rows = list(github.tally(opened).values())
    assert [row.reviews for row in rows] == [1, 1, 0, 0]
    assert "everything found earlier is fixed" in github.reviews(opened)[1][0].body
    (comment,) = opened.comments
    assert comment.id in opened.resolved_threads


@pytest.mark.parametrize("failure", [Failure.LOST_ANSWER, Failure.BEFORE])
@pytest.mark.parametrize("path", ["*/check-runs", "*/reviews"])
def test_answers_that_never_came(
    failure: Failure,
    path: str,
    attempt: Attempt,
    faults: list[str],
    opened: StandInPull,
    github: GitHubStandIn,
) -> None:
    del faults
    tries = posting.TRIES if path == "*/reviews" and failure is Failure.BEFORE else 1
    github.faults.fail_next(failure, "POST", path, times=tries)
    try:
        attempt(opened)
    except Unavailable:
        attempt(opened)
    assert github.faults.pending == 0
    (row,) = github.tally(opened).values()
    assert (row.reviews, row.comments, row.check_runs, row.open_check_runs) == (1, 1, 1, 0)


def test_threads_that_cannot_be_resolved_now_are_resolved_by_the_next_push(
    attempt: Attempt, faults: list[str], opened: StandInPull, github: GitHubStandIn
) -> None:
    attempt(opened)
    faults.clear()
    github.push("topic", {"other.py": b"x = 1\n"})
    # the first question reads the threads, the second one would resolve them
    github.faults.fail_next(Failure.HANG, "POST", "/graphql", seconds=0)
    github.faults.fail_next(Failure.BEFORE, "POST", "/graphql")
    attempt(opened, "two")
    assert opened.resolved_threads == set()
    github.push("topic", {"other.py": b"x = 2\n"})
    attempt(opened, "three")
    assert opened.resolved_threads == {opened.comments[0].id}


def test_asked_again_it_says_what_is_new_and_nothing_else(
    attempt: Attempt, faults: list[str], opened: StandInPull, github: GitHubStandIn
) -> None:
    attempt(opened)
    attempt(opened, "again", again=True)
    (row,) = github.tally(opened).values()
    assert (row.reviews, row.comments, row.check_runs) == (1, 1, 1)
    faults.append("another-rule")
    attempt(opened, "once more", again=True)
    (row,) = github.tally(opened).values()
    assert (row.reviews, row.check_runs) == (2, 1)
    assert not row.doubled


def test_a_snapshot_that_is_refused_is_told_with_its_limit(
    attempt: Attempt,
    opened: StandInPull,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    small = functools.partial(ArchiveLimits, 9, 9, 9, 9)
    monkeypatch.setattr("worker.checkout.ArchiveLimits", small)
    with pytest.raises(AnalysisFailed, match=r"larger than 0 MiB.*export-ignore") as caught:
        attempt(opened)
    assert "too large" in caught.value.title


def test_a_review_needs_few_calls(
    attempt: Attempt, faults: list[str], opened: StandInPull, github: GitHubStandIn
) -> None:
    del faults
    attempt(opened)
    assert len(github.exchanges) < 20


@pytest.mark.parametrize("seed", range(3))
def test_a_storm(
    seed: int,
    attempt: Attempt,
    faults: list[str],
    opened: StandInPull,
    api: Installation,
    github: GitHubStandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every call fails with probability 0.2; what is tried again in the end is said once."""
    monkeypatch.setattr("worker.patience.time.sleep", lambda _seconds: None)
    api._patience = Patience()
    github.faults.storm(0.2, seed)
    met: list[GitHubError] = []
    for guid in ("one", "two"):
        for _ in range(12):
            try:
                attempt(opened, guid)
            except GitHubError as error:
                met.append(error)
            else:
                break
        else:
            raise AssertionError("the storm won")
        if guid == "one":
            faults.clear()
            github.push("topic", {"other.py": b"x = 1\n"})
    github.faults.clear()
    assert all(isinstance(decide(error, 0), RetryAfter) for error in met), met
    first, second = github.tally(opened).values()
    assert (first.reviews, first.comments, first.check_runs, first.open_check_runs) == (1, 1, 1, 0)
    assert (second.reviews, second.comments, second.check_runs) == (1, 0, 1)
    assert second.open_check_runs == 0
