"""What people with write access asked for one pull request: to ignore, to allow a full run."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.database import Database
from worker.store.tables import wishes

IGNORE, ALLOW = "ignore", "allow"


@dataclass(frozen=True, slots=True)
class Ignored:
    """A rule, or one finding of it, that is not to be told in this pull request.

    Attributes:
        fingerprint: of the one finding; empty for every finding of the rule.
        login: who asked for it.
    """

    rule: str
    fingerprint: str
    login: str


class Wishes:
    """Wishes in the database; to wish twice is to wish once."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def ignore(
        self, repository_id: int, number: int, rule: str, login: str, fingerprint: str = ""
    ) -> None:
        """From now on nothing is said about the rule, or about one finding of it."""
        self._add(repository_id, number, IGNORE, login, rule=rule, fingerprint=fingerprint)

    def ignored(self, repository_id: int, number: int) -> tuple[Ignored, ...]:
        """Everything that is ignored in this pull request, oldest first."""
        columns = (wishes.c.rule, wishes.c.fingerprint, wishes.c.login)
        statement = (
            select(*columns)
            .where(
                wishes.c.repository_id == repository_id,
                wishes.c.number == number,
                wishes.c.kind == IGNORE,
            )
            .order_by(wishes.c.id)
        )
        with self._database.read() as connection:
            return tuple(Ignored(*row) for row in connection.execute(statement))

    def allow(self, repository_id: int, number: int, head_sha: str, login: str) -> None:
        """The program of this head commit may be run although it comes from a fork."""
        self._add(repository_id, number, ALLOW, login, head_sha=head_sha)

    def is_allowed(self, repository_id: int, number: int, head_sha: str | None) -> bool:
        """Whether somebody allowed this head commit; None asks for any of the pull request."""
        statement = select(wishes.c.id).where(
            wishes.c.repository_id == repository_id,
            wishes.c.number == number,
            wishes.c.kind == ALLOW,
        )
        if head_sha is not None:
            statement = statement.where(wishes.c.head_sha == head_sha)
        with self._database.read() as connection:
            return connection.execute(statement.limit(1)).first() is not None

    def forget(self, repository_id: int) -> None:
        """Drop everything about a repository."""
        with self._database.write() as connection:
            connection.execute(delete(wishes).where(wishes.c.repository_id == repository_id))

    def _add(
        self,
        repository_id: int,
        number: int,
        kind: str,
        login: str,
        *,
        rule: str = "",
        fingerprint: str = "",
        head_sha: str = "",
    ) -> None:
        dialect = sqlite if self._database.is_sqlite else postgresql
        row = {
            "repository_id": repository_id,
            "number": number,
            "kind": kind,
            "rule": rule[:100],
            "fingerprint": fingerprint[:200],
            "head_sha": head_sha,
            "login": login[:100],
            "created_at": self._clock(),
        }
        with self._database.write() as connection:
            connection.execute(dialect.insert(wishes).values(row).on_conflict_do_nothing())
