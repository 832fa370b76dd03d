"""Who installed the App, and forgetting all about those who removed it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.database import Database
from worker.store.tables import deliveries, findings, installations, runs, wishes


@dataclass(frozen=True, slots=True)
class StoredInstallation:
    """An installation as its last event told of it.

    Attributes:
        selection: "all" repositories or "selected" ones.
        permissions: what its owner granted: name to level.
    """

    id: int
    account: str
    selection: str
    suspended: bool
    permissions: Mapping[str, str]


class Installations:
    """Installations in the database."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def save(self, one: StoredInstallation) -> None:
        """Keep it in place of what was known before."""
        values = {
            "account": one.account[:200],
            "selection": one.selection[:30],
            "suspended": one.suspended,
            "permissions": json.dumps(dict(one.permissions)),
            "updated_at": self._clock(),
        }
        dialect = sqlite if self._database.is_sqlite else postgresql
        statement = dialect.insert(installations).values(id=one.id, **values)
        statement = statement.on_conflict_do_update(index_elements=["id"], set_=values)
        with self._database.write() as connection:
            connection.execute(statement)

    def all(self) -> tuple[StoredInstallation, ...]:
        """Every installation, by account."""
        table = installations
        columns = (table.c.id, table.c.account, table.c.selection, table.c.suspended)
        statement = select(*columns, table.c.permissions).order_by(table.c.account)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return tuple(StoredInstallation(*row[:4], json.loads(row[4])) for row in rows)

    def remove(self, installation: int, repositories: Iterable[int], *, keep: int = 0) -> None:
        """Forget the installation and everything about its repositories.

        Args:
            repositories: those that the event names, besides those whose runs we remember.
            keep: the delivery that asks for it, and is still being worked on.
        """
        with self._database.write() as connection:
            known = select(runs.c.repository_id).where(runs.c.installation_id == installation)
            found = set(connection.execute(known).scalars())
            _forget(connection, found | set(repositories), keep)
            connection.execute(delete(installations).where(installations.c.id == installation))

    def forget(self, repositories: Iterable[int], *, keep: int = 0) -> None:
        """Forget everything about these repositories."""
        with self._database.write() as connection:
            _forget(connection, set(repositories), keep)


def _forget(connection: Connection, repositories: set[int], keep: int) -> None:
    for repository in sorted(repositories):
        held = select(runs.c.id).where(runs.c.repository_id == repository)
        connection.execute(delete(findings).where(findings.c.run_id.in_(held)))
        connection.execute(delete(runs).where(runs.c.repository_id == repository))
        connection.execute(delete(wishes).where(wishes.c.repository_id == repository))
        subject = deliveries.c.subject
        about = or_(subject == str(repository), subject.startswith(f"{repository}:"))
        connection.execute(delete(deliveries).where(about, deliveries.c.id != keep))
