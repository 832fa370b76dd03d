"""Whose turn it is: fair among repositories, small pull requests first, one review of each."""

from __future__ import annotations

from sqlalchemy import Select, case, func, select

from worker.store.tables import deliveries

FILE_SECONDS = 10.0  # a changed file puts a pull request back as if it had come so much later
MOST_FILES = 100  # beyond this no further: what is large waits, but never for ever


def turn(delivery: int, task: str) -> Select[tuple[int]]:
    """The delivery whose turn it is in the queue that the named one waits in."""
    table, running, same = deliveries, deliveries.alias("running"), deliveries.alias("same")
    queue = select(table.c.queue).where(table.c.id == delivery).scalar_subquery()
    busy = (
        select(running.c.lane, func.count().label("number"))
        .where(running.c.state == "running", running.c.task == task)
        .group_by(running.c.lane)
        .subquery()
    )
    is_alone = ~(
        select(same.c.id)
        .where(
            same.c.subject == table.c.subject,
            same.c.state == "running",
            same.c.task == table.c.task,
        )
        .exists()
    )
    size = case((table.c.weight > MOST_FILES, MOST_FILES), else_=table.c.weight)
    return (
        select(table.c.id)
        .outerjoin(busy, busy.c.lane == table.c.lane)
        .where(table.c.state == "accepted", table.c.task == task, table.c.queue == queue, is_alone)
        .order_by(
            func.coalesce(busy.c.number, 0), table.c.received_at + FILE_SECONDS * size, table.c.id
        )
        .limit(1)
    )
