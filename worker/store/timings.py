"""How long things took: histograms in the database, added to by every process.

A worker that serves no pages, or that ended long ago, is in the metrics all the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.database import Database
from worker.store.tables import timings

BOUNDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)  # seconds
_ABOVE = 1e12  # the last bucket; not infinity, which not every database takes


@dataclass(frozen=True, slots=True)
class Histogram:
    """One stage.

    Attributes:
        buckets: (upper bound in seconds, how many took at most that long), the last is infinite.
        seconds: sum of all.
    """

    stage: str
    buckets: tuple[tuple[float, int], ...]
    seconds: float


class Timings:
    """Times of stages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, stage: str, seconds: float) -> None:
        """One more."""
        seconds = max(0.0, seconds)
        bound = next((bound for bound in BOUNDS if seconds <= bound), _ABOVE)
        row = {"stage": stage, "bound": bound, "number": 1, "seconds": seconds}
        dialect = sqlite if self._database.is_sqlite else postgresql
        more = {
            "number": timings.c.number + 1,
            "seconds": timings.c.seconds + seconds,
        }
        statement = dialect.insert(timings).values(row)
        upsert = statement.on_conflict_do_update(
            index_elements=[timings.c.stage, timings.c.bound], set_=more
        )
        with self._database.write() as connection:
            connection.execute(upsert)

    def histograms(self) -> list[Histogram]:
        """All stages, by name."""
        columns = timings.c
        statement = select(columns.stage, columns.bound, columns.number, columns.seconds)
        with self._database.read() as connection:
            rows = [tuple(row) for row in connection.execute(statement)]
        return [_histogram(stage, rows) for stage in sorted({row[0] for row in rows})]


def _histogram(stage: str, rows: list[tuple[str, float, int, float]]) -> Histogram:
    own = {bound: number for name, bound, number, _ in rows if name == stage}
    buckets, total = [], 0
    for bound in (*BOUNDS, _ABOVE):
        total += own.get(bound, 0)
        buckets.append((bound if bound != _ABOVE else math.inf, total))
    seconds = sum(sum_ for name, _, _, sum_ in rows if name == stage)
    return Histogram(stage, tuple(buckets), seconds)
