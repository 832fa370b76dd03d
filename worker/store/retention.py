"""How long things are kept: texts of private repositories until the run ends, the rest for days."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, exists, func, select, update

from worker.store.database import Database
from worker.store.tables import deliveries, findings, runs, wishes

DAY = 86_400.0  # seconds
ENDED = ("done", "failed", "dropped")


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows went."""

    runs: int = 0
    deliveries: int = 0
    wishes: int = 0


class Retention:
    """Deleting what is not needed any more."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def reduce(self, run: int) -> None:
        """Forget the texts of a run of a private repository.

        What stays is what the next push needs: rule, severity, place and fingerprint of each
        finding, and whether it was posted.
        """
        with self._database.write() as connection:
            texts = {"title": "", "summary": ""}
            connection.execute(update(runs).where(runs.c.id == run).values(**texts))
            connection.execute(update(findings).where(findings.c.run_id == run).values(message=""))

    def close(self, repository_id: int, number: int) -> None:
        """Forget the findings of a pull request of a private repository that was closed."""
        held = select(runs.c.id).where(
            runs.c.repository_id == repository_id, runs.c.number == number, runs.c.private
        )
        with self._database.write() as connection:
            connection.execute(delete(findings).where(findings.c.run_id.in_(held)))
            connection.execute(update(runs).where(runs.c.id.in_(held)).values(title="", summary=""))

    def purge(self, days: float) -> Purged:
        """Delete what ended longer ago than this; nothing that is still to be done."""
        return purge(self._database, self._clock(), days)


def purge(store: Database, now: float, days: float) -> Purged:
    """The same, for a moment; harmless when several do it at once."""
    before = now - days * DAY
    with store.write() as connection:
        return Purged(
            runs=_runs(connection, before),
            deliveries=_deliveries(connection, before),
            wishes=_wishes(connection, before),
        )


def _runs(connection: Connection, before: float) -> int:
    ended = and_(
        runs.c.state.in_(ENDED), func.coalesce(runs.c.finished_at, runs.c.created_at) < before
    )
    old = select(runs.c.id).where(ended)
    connection.execute(delete(findings).where(findings.c.run_id.in_(old)))
    return connection.execute(delete(runs).where(ended)).rowcount


def _deliveries(connection: Connection, before: float) -> int:
    ended = and_(
        deliveries.c.state.in_(("done", "failed")),
        func.coalesce(deliveries.c.finished_at, deliveries.c.received_at) < before,
    )
    return connection.execute(delete(deliveries).where(ended)).rowcount


def _wishes(connection: Connection, before: float) -> int:
    """Wishes go after the last run of their pull request."""
    known = exists().where(
        runs.c.repository_id == wishes.c.repository_id, runs.c.number == wishes.c.number
    )
    old = delete(wishes).where(wishes.c.created_at < before, ~known)
    return connection.execute(old).rowcount
