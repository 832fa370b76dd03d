import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from worker.store import (
    Database,
    Inbox,
    NewDelivery,
    NewRun,
    RememberedFinding,
    Runs,
    default_database_url,
)


class Clock:
    """Time that passes when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(default_database_url(tmp_path / "new folder"))
    database.create()
    database.create()  # several processes may do it
    yield database
    database.close()


@pytest.fixture
def inbox(database: Database, clock: Clock) -> Inbox:
    return Inbox(database, clock)


def delivery(guid: str, subject: str = "1:7") -> NewDelivery:
    return NewDelivery(guid, "pull_request", subject, "{}", "task", "queue")


def test_each_delivery_is_accepted_once(inbox: Inbox) -> None:
    due = inbox.accept([delivery("a"), delivery("b"), delivery("a")])
    assert {item.guid for item in due} == {"a", "b"}
    assert [item.guid for item in inbox.accept([delivery("b"), delivery("c")])] == ["c"]
    assert inbox.counts() == {"accepted": 3}
    assert inbox.accept([]) == []


def test_only_one_claim(inbox: Inbox) -> None:
    (due,) = inbox.accept([delivery("a")])
    claim = inbox.claim(due.id, 60)
    assert claim is not None
    assert (claim.guid, claim.attempts, claim.token) == ("a", 0, 1)
    assert inbox.claim(due.id, 60) is None
    assert inbox.finish(claim, "done")
    assert inbox.claim(due.id, 60) is None
    assert inbox.accept([delivery("a")]) == []  # a repeat of what is done
    assert inbox.counts() == {"done": 1}


def test_of_many_workers_one_gets_it(inbox: Inbox) -> None:
    (due,) = inbox.accept([delivery("a")])
    claims = []
    barrier = threading.Barrier(8)

    def try_it() -> None:
        barrier.wait()
        claims.append(inbox.claim(due.id, 60))

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claims) == 8
    assert sum(claim is not None for claim in claims) == 1


def test_a_dead_worker_loses_its_claim(inbox: Inbox, clock: Clock) -> None:
    (due,) = inbox.accept([delivery("a")])
    dead = inbox.claim(due.id, lease=60)
    clock.now += 59
    assert inbox.sweep() == []
    assert inbox.renew(dead, 60)
    clock.now += 61
    assert [item.id for item in inbox.sweep()] == [due.id]
    assert inbox.sweep() == []  # the message is under way
    alive = inbox.claim(due.id, 60)
    assert alive.attempts == 1  # a death counts
    for change in (inbox.renew(dead, 60), inbox.finish(dead, "x"), inbox.hand_on(dead, "t", "q")):
        assert change is False
    assert inbox.finish(alive, "reviewed")


def test_a_lost_message_is_sent_again(inbox: Inbox, clock: Clock) -> None:
    inbox.accept([delivery("a")])
    assert inbox.sweep() == []
    clock.now += 61
    assert len(inbox.sweep()) == 1


def test_postponed_until_its_time(inbox: Inbox, clock: Clock) -> None:
    (due,) = inbox.accept([delivery("a")])
    inbox.postpone(inbox.claim(due.id, 60), 30, "GitHub is away", attempt=True)
    assert inbox.claim(due.id, 60) is None  # a doubled message does not cut the wait short
    clock.now += 29
    assert inbox.sweep() == []
    clock.now += 2
    assert [item.id for item in inbox.sweep()] == [due.id]
    assert inbox.claim(due.id, 60).attempts == 1


def test_handed_on_to_the_next_task(inbox: Inbox, clock: Clock) -> None:
    (due,) = inbox.accept([delivery("a")])
    inbox.hand_on(inbox.claim(due.id, 60), "second", "cpu")
    clock.now += 61
    assert [(item.task, item.queue) for item in inbox.sweep()] == [("second", "cpu")]


def test_restart_takes_up_everything(inbox: Inbox) -> None:
    first, _second = inbox.accept([delivery("a"), delivery("b")])
    inbox.claim(first.id, 60)
    inbox.recover()
    assert len(inbox.sweep()) == 2


def test_redelivery_of_a_failed_one_tries_again(inbox: Inbox) -> None:
    (due,) = inbox.accept([delivery("a")])
    inbox.finish(inbox.claim(due.id, 60), "refused", failed=True)
    assert [item.id for item in inbox.accept([delivery("a")])] == [due.id]
    assert inbox.claim(due.id, 60).attempts == 0


def test_superseded_by_a_later_delivery_of_the_same_pull_request(
    inbox: Inbox, clock: Clock
) -> None:
    (due,) = inbox.accept([delivery("a")])
    claim = inbox.claim(due.id, 60)
    inbox.accept([delivery("other", subject="1:8")])
    assert not inbox.is_superseded(claim)
    inbox.accept([delivery("later")])
    assert inbox.is_superseded(claim)
    clock.now += 1
    (last,) = inbox.accept([delivery("last")])
    assert not inbox.is_superseded(inbox.claim(last.id, 60))


def test_memory_database_is_refused() -> None:
    with pytest.raises(ValueError, match="the inbox must outlive the process"):
        Database("sqlite://")


NEW = NewRun(1, "o/r", 7, "c" * 40, "title", True)


def test_one_run_per_head(database: Database, inbox: Inbox) -> None:
    runs = Runs(database)
    run = runs.open(NEW)
    assert runs.open(NEW) == run
    first, second = inbox.accept([delivery("a"), delivery("b")])
    assert runs.hold(run.id, first.id)
    assert runs.hold(run.id, first.id)
    assert not runs.hold(run.id, second.id)
    assert runs.held_by(first.id) == run
    inbox.finish(inbox.claim(first.id, 60), "failed", failed=True)
    assert runs.hold(run.id, second.id)  # the first one is over
    runs.finished(run.id, "done", "success", "title", "text")
    assert not runs.hold(run.id, second.id)
    assert runs.open(NEW).state == "done"


def test_the_next_review_knows_the_last_finished_one(database: Database) -> None:
    runs = Runs(database)
    found = RememberedFinding("f", "rule", "error", "a.py", 1, "m", True)
    first = runs.open(NEW)
    runs.remember(first.id, [found, found])
    runs.remember(first.id, [found])  # a second try after a crash
    second = runs.open(NewRun(1, "o/r", 7, "d" * 40, "title", True))
    assert runs.previous_findings(second) == ()
    runs.finished(first.id, "done", "failure", "1 error", "text")
    dropped = runs.open(NewRun(1, "o/r", 7, "e" * 40, "title", True))
    runs.finished(dropped.id, "dropped", "neutral", "Superseded", "")
    assert runs.previous_findings(second) == (found,)
    assert runs.previous_findings(runs.open(NewRun(1, "o/r", 8, "d" * 40, "t", True))) == ()
    details = runs.get(first.id)
    assert details.findings == (found,)
    assert details.run.conclusion == "failure"


def test_writers_in_parallel_wait_for_each_other(database: Database) -> None:
    inboxes = [Inbox(database) for _ in range(6)]

    def fill(number: int) -> None:
        for index in range(20):
            inboxes[number].accept([delivery(f"{number}-{index}")])

    threads = [threading.Thread(target=fill, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert inboxes[0].counts() == {"accepted": 120}
