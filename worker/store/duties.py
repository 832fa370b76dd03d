"""What one of all processes does now and then, whoever comes first."""

from __future__ import annotations

import time
from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.database import Database
from worker.store.tables import duties


class Duties:
    """Periodic work in the database: each is done once per period, among all processes."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def take(self, name: str, period: float) -> bool:
        """Whether it is due; then it is this caller's, and due again after `period` seconds."""
        now = self._clock()
        dialect = sqlite if self._database.is_sqlite else postgresql
        make = dialect.insert(duties).values(name=name, due_at=now, note="")
        taken = update(duties).where(duties.c.name == name, duties.c.due_at <= now)
        with self._database.read() as connection:
            due = select(duties.c.due_at).where(duties.c.name == name)
            due_at = connection.execute(due).scalar()
        if due_at is not None and due_at > now:
            return False  # the usual case takes no write lock
        with self._database.write() as connection:
            connection.execute(make.on_conflict_do_nothing())
            return connection.execute(taken.values(due_at=now + period)).rowcount == 1

    def note(self, name: str) -> str:
        """What the last one wrote down."""
        statement = select(duties.c.note).where(duties.c.name == name)
        with self._database.read() as connection:
            return str(connection.execute(statement).scalar() or "")

    def write_down(self, name: str, note: str) -> None:
        """For the next one."""
        statement = update(duties).where(duties.c.name == name).values(note=note)
        with self._database.write() as connection:
            connection.execute(statement)
