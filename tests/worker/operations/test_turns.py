"""Whose turn it is, and who shares what, in both databases."""

import threading

from tests.worker.operations.conftest import Clock
from worker.store import Database, Duties, Inbox, NewDelivery, NewRun, Runs, Shares, Timings

LEASE = 60.0


def add(inbox: Inbox, subject: str, weight: int = 0, task: str = "review") -> int:
    guid = f"{subject}-{weight}-{task}-{add.count}"
    add.count += 1
    (due,) = inbox.accept([NewDelivery(guid, "pull_request", subject, "{}", task, "cpu", weight)])
    return due.id


add.count = 0


def test_a_busy_repository_waits_for_the_others(database: Database, clock: Clock) -> None:
    inbox = Inbox(database, clock)
    busy = [add(inbox, f"1:{number}") for number in range(3)]
    clock.now += 5
    other = add(inbox, "2:1")
    order = [inbox.claim_next(busy[0], LEASE, "review").id for _ in range(4)]
    assert order == [busy[0], other, busy[1], busy[2]]
    assert inbox.claim_next(busy[0], LEASE, "review") is None


def test_small_ones_go_first_but_large_ones_are_not_starved(
    database: Database, clock: Clock
) -> None:
    inbox = Inbox(database, clock)
    large = add(inbox, "1:1", weight=5000)
    clock.now += 60
    small = add(inbox, "2:1", weight=2)
    assert inbox.claim_next(large, LEASE, "review").id == small
    clock.now += 3600
    late = add(inbox, "3:1", weight=1)
    assert inbox.claim_next(late, LEASE, "review").id == large


def test_one_running_review_of_a_pull_request(database: Database, clock: Clock) -> None:
    inbox = Inbox(database, clock)
    first, second = add(inbox, "1:7"), add(inbox, "1:7")
    claim = inbox.claim_next(first, LEASE, "review")
    assert claim.id == first
    assert inbox.claim_next(second, LEASE, "review") is None
    assert [due.id for due in inbox.waiting_like(claim)] == [second]
    inbox.finish(claim, "reviewed")
    assert inbox.claim_next(second, LEASE, "review").id == second


def test_a_message_for_another_stage_or_queue_takes_nothing(
    database: Database, clock: Clock
) -> None:
    inbox = Inbox(database, clock)
    delivery = add(inbox, "1:7")
    assert inbox.claim_next(delivery, LEASE, "plan") is None
    assert inbox.claim_next(delivery + 1, LEASE, "review") is None
    claim = inbox.claim_next(delivery, LEASE, "review")
    assert (claim.task, claim.queue, claim.queued_at) == ("review", "cpu", clock.now)


def test_many_workers_take_each_delivery_once(database: Database) -> None:
    inbox = Inbox(database)
    numbers = [add(inbox, f"{n % 3}:{n}") for n in range(12)]
    taken: list[int] = []

    def work() -> None:
        while (claim := inbox.claim_next(numbers[0], LEASE, "review")) is not None:
            taken.append(claim.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == numbers


def a_run(database: Database) -> int:
    return Runs(database).open(NewRun(1, "o/r", 7, "a" * 40, "title", False)).id


def test_programs_are_shared_and_those_of_the_dead_taken_up(
    database: Database, clock: Clock
) -> None:
    shares, run = Shares(database, clock), a_run(database)
    shares.offer(run, ["a.py", "b.py"], "{}")
    dead, alive = shares.take(run, LEASE), shares.take(run, LEASE)
    assert {dead.path, alive.path} == {"a.py", "b.py"}
    assert shares.take(run, LEASE) is None
    clock.now += LEASE / 2
    assert shares.renew(alive, LEASE)
    clock.now += LEASE / 2 + 1
    again = shares.take(run, LEASE)
    assert (again.path, again.token) == (dead.path, dead.token + 1)
    assert not shares.done(dead, "late")
    assert shares.done(again, "A")
    assert shares.done(alive, "B")
    assert shares.reports(run) == {dead.path: "A", alive.path: "B"}


def test_what_was_finished_stays_unless_it_is_asked_for_differently(database: Database) -> None:
    shares, run = Shares(database), a_run(database)
    shares.offer(run, ["a.py", "b.py"], "{}")
    shares.done(shares.take(run, LEASE), "A")
    shares.offer(run, ["a.py", "b.py"], "{}")
    assert shares.reports(run) == {"a.py": "A"}
    assert shares.count_open(run) == 1
    shares.offer(run, ["a.py"], '{"static": true}')
    assert shares.reports(run) == {}


def test_helpers_learn_that_the_run_is_over(database: Database) -> None:
    runs, shares, run = Runs(database), Shares(database), a_run(database)
    shares.offer(run, ["a.py"], "{}")
    share = shares.take(run, LEASE)
    runs.finished(run, "dropped", "neutral", "Superseded", "")
    assert not shares.renew(share, LEASE)
    assert not shares.give_back(share)


def test_a_duty_is_done_by_one(database: Database, clock: Clock) -> None:
    one, other = Duties(database, clock), Duties(database, clock)
    assert [one.take("look", 300), other.take("look", 300)] == [True, False]
    one.write_down("look", "17")
    assert other.note("look") == "17"
    clock.now += 301
    assert other.take("look", 300)


def test_times_add_up(database: Database) -> None:
    timings = Timings(database)
    for seconds in (0.05, 0.7, 0.7, 4000.0):
        timings.add("stage:review", seconds)
    (found,) = timings.histograms()
    assert found.stage == "stage:review"
    counted = dict(found.buckets)
    assert (counted[0.1], counted[0.5], counted[1.0], counted[3600.0]) == (1, 1, 3, 3)
    assert found.buckets[-1] == (float("inf"), 4)
    assert abs(found.seconds - 4001.45) < 1e-9
