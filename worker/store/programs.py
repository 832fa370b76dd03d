"""The programs of one run, shared among the workers that have time.

The worker that has the review is one of them. Whoever takes a program renews its claim while it
runs; of a worker that died the claim runs out, and the next one takes the program. So nothing
depends on a message: without helpers the review's own worker does everything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.database import Database
from worker.store.tables import programs


@dataclass(frozen=True, slots=True)
class Share:
    """The right to analyse one program.

    Attributes:
        options: how, as the review's worker wrote it down.
        token: number of this claim; a later one ends this right.
    """

    id: int
    run_id: int
    path: str
    options: str
    token: int


class Shares:
    """Shared programs in the database."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def offer(self, run: int, paths: Sequence[str], options: str) -> None:
        """Write down what is to be analysed; what an interrupted try finished stays finished."""
        rows = [
            {"run_id": run, "path": path, "options": options, "state": "open"} for path in paths
        ]
        dialect = sqlite if self._database.is_sqlite else postgresql
        with self._database.write() as connection:
            others = programs.c.options != options
            connection.execute(delete(programs).where(programs.c.run_id == run, others))
            if rows:
                connection.execute(dialect.insert(programs).on_conflict_do_nothing(), rows)

    def take(self, run: int, lease: float) -> Share | None:
        """The next program that nobody works on."""
        now = self._clock()
        table = programs
        is_free = or_(
            table.c.state == "open", and_(table.c.state == "running", table.c.due_at <= now)
        )
        first = select(table.c.id).where(table.c.run_id == run, is_free).order_by(table.c.id)
        if not self._database.is_sqlite:
            first = first.with_for_update(skip_locked=True)
        statement = (
            update(table)
            .where(table.c.id == first.limit(1).scalar_subquery())
            .values(state="running", due_at=now + lease, claims=table.c.claims + 1)
            .returning(table.c.id, table.c.run_id, table.c.path, table.c.options, table.c.claims)
        )
        with self._database.write() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else Share(*row)

    def renew(self, share: Share, lease: float) -> bool:
        """Extend the claim; False when it was lost or the run is over."""
        return self._change(share, due_at=self._clock() + lease)

    def done(self, share: Share, report: str) -> bool:
        """Keep the program's report; False when somebody else has the program."""
        return self._change(share, state="done", report=report)

    def give_back(self, share: Share) -> bool:
        """Not finished: anybody may take it."""
        return self._change(share, state="open")

    def reports(self, run: int) -> dict[str, str]:
        """Path to report of the finished ones."""
        statement = select(programs.c.path, programs.c.report).where(
            programs.c.run_id == run, programs.c.state == "done"
        )
        with self._database.read() as connection:
            return {row.path: row.report for row in connection.execute(statement)}

    def count_open(self, run: int) -> int:
        """How many programs nobody has begun."""
        statement = select(programs.c.id).where(
            programs.c.run_id == run, programs.c.state == "open"
        )
        with self._database.read() as connection:
            return len(connection.execute(statement).all())

    def clear(self, run: int) -> None:
        """The run is over; whoever still works on a program of it learns so at the next renewal."""
        with self._database.write() as connection:
            connection.execute(delete(programs).where(programs.c.run_id == run))

    def _change(self, share: Share, **values: object) -> bool:
        table = programs
        statement = (
            update(table)
            .where(
                table.c.id == share.id,
                table.c.state == "running",
                table.c.claims == share.token,
            )
            .values(**values)
        )
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1
