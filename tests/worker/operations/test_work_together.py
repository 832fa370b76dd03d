"""Pointless work stops, work is handed back at the end, programs are shared among workers."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from celery import Celery

from worker import shutdown
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.records import PullRequest as StandInPull
from worker.errors import HandedBack, LeaseLost, Moved
from worker.identity import tokens_of
from worker.lease import Heartbeat
from worker.queue import ASSIST, PLAN_REVIEW, REVIEW, REVIEWS, PullRequestMessage, make_queue
from worker.services import Services, _of_process, services
from worker.store import NewDelivery

NAPPING = b"""\
import time

import torch

time.sleep(100)
model = torch.nn.Linear(1, 1)
loss = model(torch.rand(1, 1)).sum()
loss.backward()
"""
QUICK = NAPPING.replace(b"time.sleep(100)", b"print()")

Deliver = Callable[[StandInPull], int]


@pytest.fixture
def queue() -> Celery:
    queue = make_queue("")
    queue.set_default()
    queue.loader.import_default_modules()
    queue.finalize()
    return queue


@pytest.fixture
def github(private_key: str) -> Iterator[GitHubStandIn]:
    with GitHubStandIn(private_key=private_key) as github:
        github.create_repository("octo-org/nets", {"README.md": b"# Nets\n"})
        yield github


@pytest.fixture
def shared(
    github: GitHubStandIn, queue: Celery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Services]:
    del queue
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAULTLINE_HOME", str(tmp_path / "home"))
    for name, value in github.environment().items():
        monkeypatch.setenv(name, value)
    _of_process.cache_clear()
    tokens_of.cache_clear()
    shutdown.withdraw()
    yield services()
    shutdown.withdraw()


@pytest.fixture
def deliver(shared: Services, github: GitHubStandIn) -> Deliver:
    def accept(pull: StandInPull) -> int:
        where = pull.repository
        message = PullRequestMessage(
            github.installation_id, where.id, where.full_name, pull.number, pull.head_sha
        )
        text = message.to_json()
        guid = f"{pull.number}-{pull.head_sha}"
        new = NewDelivery(guid, "pull_request", message.subject, text, PLAN_REVIEW, REVIEWS)
        (due,) = shared.inbox.accept([new])
        return due.id

    return accept


def sandboxes() -> list[psutil.Process]:
    """The sandboxes that this process has running."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended between two looks
            if "bwrap" in child.name():
                found.append(child)
    return found


def wait_for(what: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def napping(
    github: GitHubStandIn, deliver: Deliver, queue: Celery
) -> Iterator[tuple[StandInPull, int, threading.Thread]]:
    """A review in whose sandbox a program sleeps."""
    github.push("topic", {"train.py": NAPPING})
    pull = github.open_pull_request("topic", "Sleep")
    delivery = deliver(pull)
    queue.tasks[PLAN_REVIEW].apply([delivery], throw=True)
    run = threading.Thread(target=lambda: queue.tasks[REVIEW].apply([delivery], throw=True))
    run.start()
    wait_for(sandboxes)
    yield pull, delivery, run
    run.join(60)


def test_a_newer_push_ends_the_run_and_its_sandbox(
    napping: tuple[StandInPull, int, threading.Thread],
    github: GitHubStandIn,
    deliver: Deliver,
    shared: Services,
) -> None:
    pull, _, run = napping
    first = pull.head_sha
    github.push("topic", {"train.py": NAPPING + b"print()\n"})
    deliver(pull)
    run.join(30)
    assert not run.is_alive()
    assert sandboxes() == []
    (check,) = github.check_runs(pull, first)
    assert (check.status, check.conclusion) == ("completed", "neutral")
    assert check.title == "Superseded"
    assert shared.inbox.counts() == {"done": 1, "accepted": 1}


def test_a_late_delivery_about_the_same_head_ends_nothing(
    napping: tuple[StandInPull, int, threading.Thread], shared: Services
) -> None:
    _, delivery, run = napping
    claim = shared.inbox.current(delivery)
    late = NewDelivery("late", "pull_request", claim.subject, claim.message, PLAN_REVIEW, REVIEWS)
    shared.inbox.accept([late])
    time.sleep(3)
    assert run.is_alive()
    assert sandboxes()
    shutdown.request()
    run.join(30)


def test_at_the_end_work_is_handed_back(
    napping: tuple[StandInPull, int, threading.Thread], github: GitHubStandIn, shared: Services
) -> None:
    pull, delivery, run = napping
    shutdown.request_after(0.1)
    run.join(30)
    assert not run.is_alive()
    assert sandboxes() == []
    assert shared.inbox.counts() == {"waiting": 1}
    assert [due.id for due in shared.inbox.sweep()] == [delivery]
    assert shared.inbox.claim(delivery, 60).attempts == 0
    (check,) = github.check_runs(pull)
    assert check.status == "in_progress"


def test_a_second_worker_takes_programs_of_the_same_review(
    github: GitHubStandIn, shared: Services, deliver: Deliver, queue: Celery
) -> None:
    fork = github.fork(next(iter(github.hub.repositories.values())), "stranger")
    files = {f"train_{number}.py": QUICK for number in range(6)}
    github.push("topic", files, repository=fork)
    home = next(iter(github.hub.repositories.values()))
    pull = github.open_pull_request("topic", "Six programs", repository=home, head=fork)
    delivery = deliver(pull)
    queue.tasks[PLAN_REVIEW].apply([delivery], throw=True)
    helper = threading.Thread(target=lambda: _help(queue, delivery))
    helper.start()
    queue.tasks[REVIEW].apply([delivery], throw=True)
    helper.join()
    (check,) = github.check_runs(pull)
    assert "6 programs" in check.title
    tarballs = [one for one in github.exchanges if "/tarball/" in one.path]
    assert len(tarballs) == 2  # the review's own worker, and the helper
    stages = {one.stage: one.buckets[-1][1] for one in shared.timings.histograms()}
    assert stages["stage:program"] == 6


def _help(queue: Celery, delivery: int) -> None:
    """As the messages to helpers do, until there is something to take."""
    shared = services()
    wait_for(lambda: shared.runs.held_by(delivery) is not None)
    run = shared.runs.held_by(delivery)
    wait_for(lambda: shared.shares.count_open(run.id) > 1)
    queue.tasks[ASSIST].apply([delivery], throw=True)


def test_a_heartbeat_tells_why_to_stop() -> None:
    alive = [True]
    with Heartbeat(lambda: alive[0], 0.3) as beat:
        beat.interrupt()
        beat.check()
        alive[0] = False
        time.sleep(0.5)
        with pytest.raises(LeaseLost):
            beat.interrupt()
    with Heartbeat(lambda: True, 0.3, lambda: "closed") as beat:
        time.sleep(0.3)
        with pytest.raises(Moved, match="closed"):
            beat.interrupt()
    shutdown.request()
    with Heartbeat(lambda: True, 0.3) as beat, pytest.raises(HandedBack):
        beat.interrupt()
    shutdown.withdraw()
