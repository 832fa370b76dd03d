"""Runs: one per head commit of a pull request, with what was found and what was posted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import RowMapping, Select, delete, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.database import Database
from worker.store.tables import deliveries, findings, programs, runs


@dataclass(frozen=True, slots=True)
class NewRun:
    """What identifies a run, and what the pages show of it."""

    repository_id: int
    repository: str
    number: int
    head_sha: str
    title: str
    private: bool
    installation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it stands.

    Attributes:
        state: planned, running, done, dropped (superseded) or failed.
        check_run_id, review_id: GitHub's numbers, as soon as they are known.
        round: how often somebody asked for this head commit again.
    """

    id: int
    repository_id: int
    repository: str
    number: int
    head_sha: str
    title: str
    private: bool
    state: str
    conclusion: str
    headline: str
    check_run_id: int | None
    review_id: int | None
    created_at: float
    finished_at: float | None
    round: int = 0


@dataclass(frozen=True, slots=True)
class RememberedFinding:
    """A finding of an earlier run; `posted` when a comment about it stands."""

    fingerprint: str
    rule: str
    severity: str
    path: str
    line: int
    message: str
    posted: bool


@dataclass(frozen=True, slots=True)
class RunDetails:
    """A run with its texts."""

    run: Run
    summary: str
    findings: tuple[RememberedFinding, ...]


_RUN = tuple(runs.c[name] for name in Run.__slots__)
_FINDING = tuple(findings.c[name] for name in RememberedFinding.__slots__)


class Runs:
    """Runs in the database."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.time) -> None:
        self._database = database
        self._clock = clock

    def open(self, new: NewRun) -> Run:
        """The run of this head commit, made when there is none."""
        same = select(*_RUN).where(
            runs.c.repository_id == new.repository_id,
            runs.c.number == new.number,
            runs.c.head_sha == new.head_sha,
        )
        values = {**asdict(new), "state": "planned", "created_at": self._clock()}
        dialect = sqlite if self._database.is_sqlite else postgresql
        make = dialect.insert(runs).values(values).on_conflict_do_nothing()
        with self._database.write() as connection:
            connection.execute(make)  # two workers may come at once
            return _run(connection.execute(same).mappings().one())

    def hold(self, run: int, delivery: int) -> bool:
        """Take the run for this delivery; False when it is done or another live one has it."""
        live = select(deliveries.c.id).where(
            deliveries.c.state.in_(("accepted", "waiting", "running"))
        )
        statement = (
            update(runs)
            .where(
                runs.c.id == run,
                runs.c.state != "done",
                or_(
                    runs.c.holder.is_(None),
                    runs.c.holder == delivery,
                    runs.c.holder.not_in(live),
                ),
            )
            .values(holder=delivery)
        )
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1

    def again(self, run: int, delivery: int) -> None:
        """Let this delivery review a head commit that was reviewed already; harmless when doubled.

        A delivery that holds the run has done this before, or has even finished it.
        """
        statement = (
            update(runs)
            .where(
                runs.c.id == run,
                runs.c.state == "done",
                or_(runs.c.holder.is_(None), runs.c.holder != delivery),
            )
            .values(state="planned", holder=delivery, round=runs.c.round + 1, finished_at=None)
        )
        with self._database.write() as connection:
            connection.execute(statement)

    def of_head(self, repository_id: int, number: int, head_sha: str) -> Run | None:
        """The run of this head commit, when there is one."""
        statement = select(*_RUN).where(
            runs.c.repository_id == repository_id,
            runs.c.number == number,
            runs.c.head_sha == head_sha,
        )
        with self._database.read() as connection:
            row = connection.execute(statement).mappings().first()
        return None if row is None else _run(row)

    def pulls_of(self, repository_id: int, head_sha: str) -> tuple[int, ...]:
        """The pull requests for which this head commit was planned or reviewed."""
        statement = select(runs.c.number).where(
            runs.c.repository_id == repository_id, runs.c.head_sha == head_sha
        )
        with self._database.read() as connection:
            return tuple(sorted(set(connection.execute(statement).scalars())))

    def unfinished(self, repository_id: int, number: int) -> tuple[Run, ...]:
        """The runs of a pull request that are planned or running."""
        statement = select(*_RUN).where(
            runs.c.repository_id == repository_id,
            runs.c.number == number,
            runs.c.state.in_(("planned", "running")),
        )
        with self._database.read() as connection:
            return tuple(_run(row) for row in connection.execute(statement).mappings())

    def held_by(self, delivery: int) -> Run | None:
        """The run that this delivery works on."""
        statement = select(*_RUN).where(runs.c.holder == delivery).order_by(runs.c.id.desc())
        with self._database.read() as connection:
            row = connection.execute(statement.limit(1)).mappings().first()
        return None if row is None else _run(row)

    def get(self, run: int) -> RunDetails | None:
        """One run with its findings."""
        with self._database.read() as connection:
            row = (
                connection.execute(select(*_RUN, runs.c.summary).where(runs.c.id == run))
                .mappings()
                .one_or_none()
            )
            if row is None:
                return None
            found = connection.execute(
                select(*_FINDING).where(findings.c.run_id == run).order_by(findings.c.id)
            )
            return RunDetails(
                _run(row), row["summary"], tuple(RememberedFinding(*f) for f in found)
            )

    def latest(self, limit: int = 50, before: int | None = None) -> list[Run]:
        """The newest runs first; `before` continues a list."""
        statement: Select[tuple[object, ...]] = select(*_RUN).order_by(runs.c.id.desc())
        if before is not None:
            statement = statement.where(runs.c.id < before)
        with self._database.read() as connection:
            return [_run(row) for row in connection.execute(statement.limit(limit)).mappings()]

    def previous_findings(self, run: Run) -> tuple[RememberedFinding, ...]:
        """What the last finished run of the same pull request knew; nothing before the first."""
        last = (
            select(func.max(runs.c.id))
            .where(
                runs.c.repository_id == run.repository_id,
                runs.c.number == run.number,
                runs.c.state == "done",
                runs.c.id != run.id,
            )
            .scalar_subquery()
        )
        statement = select(*_FINDING).where(findings.c.run_id == last).order_by(findings.c.id)
        with self._database.read() as connection:
            return tuple(RememberedFinding(*row) for row in connection.execute(statement))

    def started(self, run: int) -> None:
        """The analysis has begun."""
        self._set(run, state="running")

    def has_check_run(self, run: int, check_run_id: int) -> None:
        """GitHub's number of the check run is known."""
        self._set(run, check_run_id=check_run_id)

    def has_review(self, run: int, review_id: int) -> None:
        """GitHub's number of the review is known."""
        self._set(run, review_id=review_id)

    def remember(self, run: int, found: Iterable[RememberedFinding]) -> None:
        """Keep the findings of this run, in place of those of an interrupted try."""
        rows: Sequence[dict[str, object]] = [{"run_id": run, **asdict(f)} for f in found]
        with self._database.write() as connection:
            connection.execute(delete(findings).where(findings.c.run_id == run))
            if rows:
                connection.execute(insert(findings), rows)

    def finished(self, run: int, state: str, conclusion: str, headline: str, summary: str) -> None:
        """The check run is completed.

        Args:
            state: "done", or "dropped" or "failed" when the head may be reviewed after all later.
        """
        values = {
            "state": state,
            "conclusion": conclusion,
            "headline": headline,
            "summary": summary,
            "finished_at": self._clock(),
        }
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(**values))
            # helpers that are still at it learn so when they renew their claim
            connection.execute(delete(programs).where(programs.c.run_id == run))

    def counts(self) -> dict[tuple[str, str], int]:
        """Number of runs by state and conclusion."""
        statement = select(runs.c.state, runs.c.conclusion, func.count()).group_by(
            runs.c.state, runs.c.conclusion
        )
        with self._database.read() as connection:
            return {(state, end): number for state, end, number in connection.execute(statement)}

    def finding_counts(self) -> dict[tuple[str, str], int]:
        """Number of findings by rule and severity, over all runs that are kept."""
        statement = select(findings.c.rule, findings.c.severity, func.count()).group_by(
            findings.c.rule, findings.c.severity
        )
        with self._database.read() as connection:
            return {(rule, level): number for rule, level, number in connection.execute(statement)}

    def _set(self, run: int, **values: object) -> None:
        with self._database.write() as connection:
            connection.execute(update(runs).where(runs.c.id == run).values(**values))


def _run(row: RowMapping) -> Run:
    return Run(**{name: row[name] for name in Run.__slots__})
