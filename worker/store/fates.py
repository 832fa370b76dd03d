"""What became of the findings that were posted."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, func, or_, select, update

from worker.store.database import Database
from worker.store.runs import Run
from worker.store.tables import findings, runs, wishes

OPEN, RESOLVED, ACCEPTED, IGNORED, DISMISSED = (
    "open",  # it is there in the last commit that was reviewed
    "resolved",  # it is gone
    "accepted",  # it is gone by a commit of ours, or by our suggestion
    "ignored",  # somebody asked not to be told of it
    "dismissed",  # it is there, and a person closed the thread
)


class Fates:
    """Fates in the database; every run remembers all findings, so only the last word counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def gone(self, run: Run) -> list[int]:
        """Posted findings of the review before that this run did not find."""
        earlier = runs.alias()
        before = (
            select(func.max(earlier.c.id))
            .where(
                earlier.c.repository_id == run.repository_id,
                earlier.c.number == run.number,
                earlier.c.state == "done",
                earlier.c.id < run.id,
            )
            .scalar_subquery()
        )
        present = select(findings.c.fingerprint).where(findings.c.run_id == run.id)
        statement = select(findings.c.id).where(
            findings.c.run_id == before,
            findings.c.posted.is_(True),
            findings.c.fate == OPEN,
            findings.c.fingerprint.not_in(present),
        )
        with self._database.read() as connection:
            return list(connection.execute(statement).scalars())

    def standing(self, run: Run) -> dict[str, int]:
        """Posted findings of this run, by fingerprint."""
        statement = select(findings.c.fingerprint, findings.c.id).where(
            findings.c.run_id == run.id, findings.c.posted.is_(True)
        )
        with self._database.read() as connection:
            return {row.fingerprint: row.id for row in connection.execute(statement)}

    def became(self, ids: Collection[int], fate: str) -> None:
        """Write it down."""
        statement = update(findings).where(findings.c.id.in_(ids)).values(fate=fate)
        if ids:
            with self._database.write() as connection:
                connection.execute(statement)

    def counts(self) -> dict[tuple[str, str], int]:
        """Number of posted findings by rule and fate, of all runs that are kept."""
        last = (
            select(func.max(runs.c.id))
            .where(runs.c.state == "done")
            .group_by(runs.c.repository_id, runs.c.number)
        )
        is_last_word = or_(
            findings.c.fate.in_((RESOLVED, ACCEPTED)),
            and_(findings.c.posted.is_(True), findings.c.run_id.in_(last)),
        )
        told = (
            select(findings.c.rule, findings.c.fate, func.count())
            .where(is_last_word)
            .group_by(findings.c.rule, findings.c.fate)
        )
        ignored = (
            select(wishes.c.rule, func.count())
            .where(wishes.c.kind == "ignore")
            .group_by(wishes.c.rule)
        )
        with self._database.read() as connection:
            found = {(rule, fate): number for rule, fate, number in connection.execute(told)}
            for rule, number in connection.execute(ignored):
                found[rule, IGNORED] = number
        return found
