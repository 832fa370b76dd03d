"""What becomes of a delivery when GitHub or we fail."""

from collections.abc import Callable
from pathlib import Path
from time import sleep, time

import pytest
from celery import Celery
from sqlalchemy.exc import OperationalError

from worker import stages, tasks
from worker.demo.github_standin import Failure, GitHubStandIn
from worker.demo.github_standin.records import PullRequest as StandInPull
from worker.errors import AnalysisFailed
from worker.identity import tokens_of
from worker.lease import LEASE_SECONDS
from worker.queue import (
    ANALYSIS_CPU,
    PLAN_REVIEW,
    REVIEW,
    REVIEWS,
    PullRequestMessage,
    make_queue,
)
from worker.services import Services, _of_process, services
from worker.store import Database, Inbox, NewDelivery

Deliver = Callable[[StandInPull], int]


@pytest.fixture(autouse=True)
def queue() -> Celery:
    queue = make_queue("")
    queue.set_default()
    queue.loader.import_default_modules()
    queue.finalize()
    return queue


@pytest.fixture
def shared(github: GitHubStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Services:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FAULTLINE_BACKOFF_SCALE", "0.001")
    for name, value in github.environment().items():
        monkeypatch.setenv(name, value)
    _of_process.cache_clear()
    tokens_of.cache_clear()
    return services()


@pytest.fixture
def deliver(shared: Services, github: GitHubStandIn) -> Deliver:
    def accept(pull: StandInPull) -> int:
        where = pull.repository
        message = PullRequestMessage(
            github.installation_id, where.id, where.full_name, pull.number, pull.head_sha
        )
        new = NewDelivery(
            "guid", "pull_request", message.subject, message.to_json(), PLAN_REVIEW, REVIEWS
        )
        (due,) = shared.inbox.accept([new])
        return due.id

    return accept


def test_plan_hands_on_to_the_analysis(
    deliver: Deliver, opened: StandInPull, shared: Services, queue: Celery
) -> None:
    delivery = deliver(opened)
    queue.tasks[PLAN_REVIEW].apply([delivery], throw=True)
    with queue.connection_for_read() as connection:
        message = connection.SimpleQueue(ANALYSIS_CPU).get(timeout=5)
    assert message.headers["task"] == REVIEW
    assert message.payload[0] == [delivery]
    assert shared.inbox.counts() == {"accepted": 1}
    assert shared.inbox.claim(delivery, 60) is not None


@pytest.mark.parametrize(
    "failure", [Failure.BEFORE, Failure.SECONDARY_LIMIT_BARE, Failure.PRIMARY_LIMIT]
)
def test_a_passing_failure_waits(
    deliver: Deliver,
    opened: StandInPull,
    shared: Services,
    github: GitHubStandIn,
    queue: Celery,
    failure: Failure,
) -> None:
    github.faults.fail_next(failure, "GET", "*/pulls/1", times=5)
    delivery = deliver(opened)
    queue.tasks[PLAN_REVIEW].apply([delivery], throw=True)
    assert shared.inbox.counts() == {"waiting": 1}
    queue.tasks[PLAN_REVIEW].apply([delivery], throw=True)  # a doubled message changes nothing
    assert shared.inbox.counts() == {"waiting": 1}
    assert github.check_runs(opened) == []


def test_a_clear_no_is_final(
    deliver: Deliver, opened: StandInPull, shared: Services, github: GitHubStandIn, queue: Celery
) -> None:
    github.hub.installation.suspended = True
    queue.tasks[PLAN_REVIEW].apply([deliver(opened)], throw=True)
    assert shared.inbox.counts() == {"failed": 1}


def test_a_defect_ends_in_a_neutral_check_run(
    deliver: Deliver,
    opened: StandInPull,
    shared: Services,
    github: GitHubStandIn,
    queue: Celery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delivery = deliver(opened)
    queue.tasks[PLAN_REVIEW].apply([delivery], throw=True)

    def defect(_work: stages.Work) -> None:
        raise ZeroDivisionError("the secret ghs_0123456789abcdefghij is not shown")

    monkeypatch.setattr(stages, "review", defect)
    queue.tasks[REVIEW].apply([delivery])
    assert shared.inbox.counts() == {"failed": 1}
    (run,) = github.check_runs(opened)
    assert (run.status, run.conclusion) == ("completed", "neutral")
    assert run.title == "A defect of Faultline"
    assert "secret" not in run.summary


def test_giving_up_is_told_as_soon_as_github_is_back(
    deliver: Deliver,
    opened: StandInPull,
    shared: Services,
    github: GitHubStandIn,
    queue: Celery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_work: stages.Work) -> None:
        raise AnalysisFailed("The analysis broke off", "no sandbox")

    delivery = deliver(opened)
    queue.tasks[PLAN_REVIEW].apply([delivery], throw=True)
    monkeypatch.setattr(stages, "review", fail)
    github.faults.fail_next(Failure.SECONDARY_LIMIT_BARE, "PATCH", "*/check-runs/*", times=5)
    queue.tasks[REVIEW].apply([delivery], throw=True)
    assert shared.inbox.counts() == {"waiting": 1}
    github.faults.clear()
    sleep(0.3)
    shared.inbox.sweep()
    queue.tasks[REVIEW].apply([delivery], throw=True)
    assert shared.inbox.counts() == {"failed": 1}
    (run,) = github.check_runs(opened)
    assert (run.status, run.conclusion) == ("completed", "neutral")
    assert "no sandbox" in run.summary


def test_a_database_that_is_away_for_a_moment_is_no_defect(
    deliver: Deliver,
    opened: StandInPull,
    shared: Services,
    github: GitHubStandIn,
    queue: Celery,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def locked(_work: stages.Work) -> bool:
        raise OperationalError("UPDATE", {}, Exception("database is locked"))

    delivery = deliver(opened)
    monkeypatch.setattr(stages, "plan", locked)
    queue.tasks[PLAN_REVIEW].apply([delivery], throw=True)
    assert shared.inbox.counts() == {"running": 1}  # until the lease runs out
    later = Inbox(Database(shared.settings.database_url), clock=lambda: time() + LEASE_SECONDS + 1)
    assert [due.id for due in later.sweep()] == [delivery]
    assert github.check_runs(opened) == []


def test_what_kills_every_worker_ends(
    deliver: Deliver, opened: StandInPull, shared: Services, github: GitHubStandIn, queue: Celery
) -> None:
    delivery = deliver(opened)
    queue.tasks[PLAN_REVIEW].apply([delivery], throw=True)
    for _ in range(tasks.MAX_ATTEMPTS):  # each of them dies
        assert shared.inbox.claim(delivery, lease=-1) is not None
        assert len(shared.inbox.sweep()) == 1
    queue.tasks[REVIEW].apply([delivery], throw=True)
    assert shared.inbox.counts() == {"failed": 1}
    (run,) = github.check_runs(opened)
    assert run.conclusion == "neutral"
    assert "broke off" in run.summary
