"""What is deleted when, in both databases."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from worker.store import (
    Database,
    Inbox,
    Installations,
    NewDelivery,
    NewRun,
    RememberedFinding,
    Retention,
    Runs,
    StoredInstallation,
    Wishes,
    purge,
)
from worker.store.retention import DAY, Purged
from worker.store.tables import deliveries, findings, runs, wishes

FOUND = RememberedFinding("f00d", "rule", "error", "train.py", 3, "a secret of theirs", True)


def rows(database: Database) -> dict[str, int]:
    with database.read() as connection:
        tables = (runs, findings, deliveries, wishes)
        return {table.name: len(connection.execute(select(table)).all()) for table in tables}


@pytest.fixture
def fill(database: Database, clock: Callable[[], float]) -> Callable[..., int]:
    def make(number: int, *, private: bool = True, ended: bool = True) -> int:
        store, inbox = Runs(database, clock), Inbox(database, clock)
        run = store.open(NewRun(42, "o/n", number, "a" * 40, "a title of theirs", private, 5))
        store.remember(run.id, [FOUND])
        new = NewDelivery(f"{number}", "pull_request", f"42:{number}", "{}", "task", "queue")
        (due,) = inbox.accept([new])
        Wishes(database, clock).ignore(42, number, "rule", "mona")
        if ended:
            store.finished(run.id, "done", "success", "fine", "a summary of theirs")
            claim = inbox.claim(due.id, 60)
            assert claim is not None
            inbox.finish(claim, "reviewed")
        return run.id

    return make


def test_what_ended_long_ago_goes(database: Database, clock, fill: Callable[..., int]) -> None:
    fill(1)
    fill(2, ended=False)
    clock.now += 80 * DAY
    fill(3)
    assert purge(database, clock.now, 90) == Purged()
    clock.now += 20 * DAY
    assert Retention(database, clock).purge(90) == Purged(runs=1, deliveries=1, wishes=1)
    assert rows(database) == {"runs": 2, "findings": 2, "deliveries": 2, "wishes": 2}
    assert purge(database, clock.now, 90) == Purged()


def test_texts_of_private_repositories_go_with_the_run(
    database: Database, clock, fill: Callable[..., int]
) -> None:
    run = fill(1)
    Retention(database, clock).reduce(run)
    details = Runs(database).get(run)
    assert details is not None
    assert (details.run.title, details.summary) == ("", "")
    (kept,) = details.findings
    assert (kept.message, kept.fingerprint, kept.path, kept.line) == ("", "f00d", "train.py", 3)


def test_findings_of_private_repositories_go_with_the_pull_request(
    database: Database, clock, fill: Callable[..., int]
) -> None:
    mine, public = fill(1), fill(2, private=False)
    retention = Retention(database, clock)
    retention.close(42, 1)
    retention.close(42, 2)
    assert Runs(database).get(mine).findings == ()  # type: ignore[union-attr]
    assert Runs(database).get(public).findings == (FOUND,)  # type: ignore[union-attr]


def test_everything_about_an_installation_goes(
    database: Database, clock, fill: Callable[..., int]
) -> None:
    known = Installations(database, clock)
    known.save(StoredInstallation(5, "octo-org", "all", False, {"checks": "write"}))
    known.save(StoredInstallation(5, "octo-org", "selected", True, {}))
    assert known.all() == (StoredInstallation(5, "octo-org", "selected", True, {}),)
    fill(1)
    fill(2, ended=False)
    known.remove(5, [])
    assert known.all() == ()
    assert rows(database) == {"runs": 0, "findings": 0, "deliveries": 0, "wishes": 0}


def test_a_head_commit_is_reviewed_again(database: Database, fill: Callable[..., int]) -> None:
    run, store = fill(1), Runs(database)
    store.again(run, 70)
    store.again(run, 70)
    again = store.of_head(42, 1, "a" * 40)
    assert again is not None
    assert (again.state, again.round) == ("planned", 1)
    store.finished(run, "done", "success", "", "")
    store.again(run, 70)  # the same delivery once more, after it had finished
    assert store.of_head(42, 1, "a" * 40).state == "done"  # type: ignore[union-attr]
    store.again(run, 71)
    assert store.of_head(42, 1, "a" * 40).round == 2  # type: ignore[union-attr]


def test_wishes_are_remembered_once(database: Database) -> None:
    wishes = Wishes(database)
    for _ in range(2):
        wishes.ignore(42, 1, "rule", "mona", "f00d")
        wishes.ignore(42, 1, "rule", "mona")
        wishes.allow(42, 1, "a" * 40, "mona")
    assert [(one.rule, one.fingerprint) for one in wishes.ignored(42, 1)] == [
        ("rule", "f00d"),
        ("rule", ""),
    ]
    assert wishes.is_allowed(42, 1, "a" * 40)
    assert wishes.is_allowed(42, 1, None)
    assert not wishes.is_allowed(42, 1, "b" * 40)
    assert not wishes.is_allowed(42, 2, None)
    wishes.forget(42)
    assert wishes.ignored(42, 1) == ()
