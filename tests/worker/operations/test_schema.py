"""Every database reaches the present schema, whoever opens it first."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from worker.store import Database, Inbox, NewDelivery
from worker.store.schema import NewerSchema, head, known, migrate, revision
from worker.store.tables import metadata

OLD_ROW = """
    INSERT INTO deliveries (guid, event, subject, message, task, queue, state, outcome,
                            attempts, claims, received_at, due_at)
    VALUES ('old', 'pull_request', '1:7', '{}', 'task', 'cpu', 'accepted', '', 0, 0, 1000, 1000)
"""


def test_models_and_steps_agree(database: Database) -> None:
    with database.read() as connection:
        assert revision(connection) == head()
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_the_first_release_is_taken_over_with_its_rows(url: str) -> None:
    database = Database(url)
    steps = sorted(known())
    with database.write() as connection:
        _only_first_step(connection)
        connection.execute(text(OLD_ROW))
    database.create()
    with database.read() as connection:
        assert revision(connection) == steps[-1]
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    claim = Inbox(database).claim_next(1, 60, "task")
    assert claim is not None
    assert claim.guid == "old"
    database.close()


def _only_first_step(connection: object) -> None:
    """The tables of the first release, which wrote down no revision."""
    from alembic import command
    from alembic.config import Config

    from worker.store.schema import FIRST, MIGRATIONS

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, FIRST)
    connection.execute(text("DROP TABLE alembic_version"))  # type: ignore[attr-defined]


def test_replicas_that_start_at_once(url: str) -> None:
    troubles: list[BaseException] = []
    barrier = threading.Barrier(5)

    def start() -> None:
        database = Database(url)
        barrier.wait()
        try:
            database.create()
            Inbox(database).accept([NewDelivery("a", "pull_request", "1:7", "{}", "task", "cpu")])
        except Exception as error:  # noqa: BLE001  (whatever it is, the test fails with it)
            troubles.append(error)
        database.close()

    threads = [threading.Thread(target=start) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    database = Database(url)
    assert Inbox(database).counts() == {"accepted": 1}
    database.close()


def test_a_step_that_breaks_off_changes_nothing(url: str) -> None:
    database = Database(url)

    def break_off() -> None:
        with database.write() as connection:
            migrate(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    with database.read() as connection:
        assert revision(connection) is None
    database.create()
    database.close()


def test_a_later_version_is_not_touched(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NewerSchema, match=r"expected a database of revision \d{4} or before"):
        database.create()
