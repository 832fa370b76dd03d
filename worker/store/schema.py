"""Bringing a database to the present schema, whichever it has.

Every process that opens the database may call this at once: PostgreSQL's advisory lock and
SQLite's write lock let one of them work while the others wait, and then find nothing to do. All
steps are one transaction, so a process that dies in the middle leaves the old schema.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

MIGRATIONS = Path(__file__).parent / "migrations"
FIRST = "0001"  # the schema of databases that were made before revisions were written down
LOCK = 20261121  # any number, as long as nobody else's lock has it


class NewerSchema(ValueError):
    """The database was made by a later version of Faultline."""


def head() -> str:
    """The revision of this version's schema."""
    return max(known())


def known() -> frozenset[str]:
    """Every revision that this version can start from."""
    return frozenset(file.stem[1:5] for file in (MIGRATIONS / "versions").glob("v*.py"))


def revision(connection: Connection) -> str | None:
    """The database's revision; None for an empty one and for one without revisions."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def migrate(connection: Connection) -> None:
    """Take the lock, then every step that is missing; the caller's transaction commits it.

    Raises:
        NewerSchema: this version does not know the database's schema.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    present = revision(connection)
    if present == head():
        return  # another process did it while we waited
    if present is not None and present not in known():
        raise NewerSchema(
            f"expected a database of revision {head()} or before, got {present}: "
            "it belongs to a later version of Faultline; install that one"
        )
    _upgrade(connection, is_first_release=present is None and _has_tables(connection))


def _has_tables(connection: Connection) -> bool:
    return inspect(connection).has_table("deliveries")


def _upgrade(connection: Connection, *, is_first_release: bool) -> None:
    from alembic import command  # here: needed once in the life of a database
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    if is_first_release:
        command.stamp(config, FIRST)
    command.upgrade(config, "head")
