"""The inbox: every accepted delivery, until it is done.

States: accepted (a message is, or will be, on the broker) → running (claimed; the lease says until
when) → done or failed; waiting (to be tried again at `due_at`). A worker that dies lets its lease
run out, and the sweeper puts the delivery back to accepted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from worker.store.database import Database
from worker.store.delivery import Claim, Due, NewDelivery
from worker.store.tables import deliveries, programs
from worker.store.turn import turn

RESEND_SECONDS = 60.0  # a message that nobody took up within this time is sent again
CLAIM_LOCK = 20261122  # any number, as long as nobody else's lock has it


_DUE = tuple(deliveries.c[name] for name in Due.__slots__)
_CLAIM = (
    *(deliveries.c[name] for name in ("id", "guid", "subject", "message")),
    *(deliveries.c[name] for name in ("received_at", "attempts", "claims")),
    *(deliveries.c[name] for name in ("task", "queue", "queued_at", "outcome")),
)


class Inbox:
    """Deliveries in the database."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], float] = time.time,
        resend: float = RESEND_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._early = RESEND_SECONDS - resend

    def accept(self, batch: Sequence[NewDelivery]) -> list[Due]:
        """Store the deliveries in one transaction; returns those that need a message now.

        A repeat changes nothing, except that it gives a delivery that had failed another chance:
        that is what a person wants who presses "Redeliver".
        """
        if not batch:
            return []
        now = self._clock()
        rows = [
            {
                **{name: getattr(new, name) for name in NewDelivery.__slots__},
                "lane": new.subject.partition(":")[0],
                "state": "accepted",
                "outcome": "",
                "attempts": 0,
                "claims": 0,
                "received_at": now,
                "queued_at": now,
                "due_at": now + RESEND_SECONDS,
            }
            for new in {new.guid: new for new in batch}.values()
        ]
        insert = sqlite.insert if self._database.is_sqlite else postgresql.insert
        statement = insert(deliveries)
        again = {
            "state": "accepted",
            "attempts": 0,
            "queued_at": now,
            "due_at": now + RESEND_SECONDS,
        }
        upsert = statement.on_conflict_do_update(
            index_elements=[deliveries.c.guid], set_=again, where=deliveries.c.state == "failed"
        ).returning(*_DUE)
        with self._database.write() as connection:
            return [Due(*row) for row in connection.execute(upsert, rows)]

    def claim(self, delivery: int, lease: float, task: str | None = None) -> Claim | None:
        """Take the delivery for `lease` seconds; None when it is done or somebody else's.

        Args:
            task: the one that the message was for. A message that was left over from an earlier
                stage, or from before a restart, does not take what waits for another task.
        """
        table = deliveries
        is_meant = true() if task is None else table.c.task == task
        with self._database.write() as connection:
            return self._take(connection, and_(table.c.id == delivery, is_meant), lease)

    def claim_next(self, delivery: int, lease: float, task: str) -> Claim | None:
        """Take the delivery whose turn it is among those that wait like this one.

        A message is a ticket for its queue: which delivery is worked on is decided here. The
        repository with the fewest running reviews comes first, then what came first, where every
        changed file counts as some seconds later. Of one pull request one delivery runs at a time.
        """
        with self._database.write() as connection:
            self._database.lock(connection, CLAIM_LOCK)
            chosen = connection.execute(turn(delivery, task)).scalar()
            if chosen is None:
                return None
            return self._take(connection, deliveries.c.id == chosen, lease)

    def _take(
        self, connection: Connection, which: ColumnElement[bool], lease: float
    ) -> Claim | None:
        table = deliveries
        statement = (
            update(table)
            .where(which, table.c.state == "accepted")
            .values(state="running", due_at=self._clock() + lease, claims=table.c.claims + 1)
            .returning(*_CLAIM)
        )
        row = connection.execute(statement).one_or_none()
        return None if row is None else Claim(*row)

    def waiting_like(self, claim: Claim) -> list[Due]:
        """For which deliveries to send a message when a stage has ended: the next one in its
        queue, as a message is a ticket that was used up, and one of the same pull request that
        may have been passed over because of it."""
        accepted = select(*_DUE).where(deliveries.c.state == "accepted")
        alike = and_(deliveries.c.queue == claim.queue, deliveries.c.task == claim.task)
        first = deliveries.c.received_at, deliveries.c.id
        questions = (
            accepted.where(alike).order_by(*first).limit(1),
            accepted.where(deliveries.c.subject == claim.subject).order_by(*first).limit(1),
        )
        with self._database.read() as connection:
            return list({Due(*row) for one in questions for row in connection.execute(one)})

    def is_anybody_waiting(self, queue: str) -> bool:
        """Whether a delivery waits for a worker of this queue."""
        statement = select(deliveries.c.id).where(
            deliveries.c.state == "accepted", deliveries.c.queue == queue
        )
        with self._database.read() as connection:
            return connection.execute(statement.limit(1)).first() is not None

    def current(self, delivery: int) -> Claim | None:
        """The claim under which the delivery is being worked on."""
        statement = select(*_CLAIM).where(
            deliveries.c.id == delivery, deliveries.c.state == "running"
        )
        with self._database.read() as connection:
            row = connection.execute(statement).one_or_none()
        return None if row is None else Claim(*row)

    def renew(self, claim: Claim, lease: float) -> bool:
        """Extend the lease; False when the claim was lost to another worker."""
        return self._change(claim, due_at=self._clock() + lease)

    def hand_on(self, claim: Claim, task: str, queue: str) -> bool:
        """The stage is over and the next one belongs to another task, with all its tries."""
        now = self._clock()
        return self._change(
            claim,
            state="accepted",
            task=task,
            queue=queue,
            attempts=0,
            queued_at=now,
            due_at=now + RESEND_SECONDS,
        )

    def postpone(self, claim: Claim, seconds: float, reason: str, *, attempt: bool) -> bool:
        """Try again later; `attempt` counts against the number of tries."""
        return self._change(
            claim,
            state="waiting",
            outcome=reason,
            due_at=self._clock() + seconds,
            attempts=claim.attempts + (1 if attempt else 0),
        )

    def last_reason(self, claim: Claim) -> str:
        """Why the delivery was put off the last time; empty when it never was."""
        statement = select(deliveries.c.outcome).where(deliveries.c.id == claim.id)
        with self._database.read() as connection:
            return str(connection.execute(statement).scalar_one_or_none() or "")

    def retire(self, claim: Claim, seconds: float, reason: str, attempts: int) -> bool:
        """No more tries of the work: what is left is to say so, in a while."""
        return self._change(
            claim,
            state="waiting",
            outcome=reason,
            due_at=self._clock() + seconds,
            attempts=max(attempts, claim.attempts + 1),
        )

    def finish(self, claim: Claim, outcome: str, *, failed: bool = False) -> bool:
        """Nothing is left to do."""
        state = "failed" if failed else "done"
        return self._change(claim, state=state, outcome=outcome, finished_at=self._clock())

    def sweep(self, limit: int = 100) -> list[Due]:
        """Deliveries whose time has come: waited long enough, lost message, or dead worker."""
        now = self._clock()
        table = deliveries
        is_due = or_(
            and_(table.c.state == "accepted", table.c.due_at <= now + self._early),
            and_(table.c.state.in_(("waiting", "running")), table.c.due_at <= now),
        )
        with self._database.read() as connection:
            chosen = select(table.c.id).where(is_due).order_by(table.c.due_at).limit(limit)
            ids = list(connection.execute(chosen).scalars())
        if not ids:
            return []  # the usual case takes no write lock
        statement = (
            update(table)
            .where(table.c.id.in_(ids), is_due)
            .values(
                state="accepted",
                due_at=now + RESEND_SECONDS,
                # a dead worker counts as an attempt: what kills every worker must end sometime
                attempts=table.c.attempts + case((table.c.state == "running", 1), else_=0),
                queued_at=case((table.c.state == "accepted", table.c.queued_at), else_=now),
            )
            .returning(*_DUE)
        )
        with self._database.write() as connection:
            return [Due(*row) for row in connection.execute(statement)]

    def recover(self) -> None:
        """After a restart of the only process: nothing is running, no message is under way."""
        table = deliveries
        statement = (
            update(table)
            .where(table.c.state.in_(("accepted", "running")))
            .values(state="accepted", due_at=self._clock())
        )
        shared = update(programs).where(programs.c.state == "running").values(state="open")
        with self._database.write() as connection:
            connection.execute(statement)
            connection.execute(shared)

    def is_superseded(self, claim: Claim) -> bool:
        """Whether a later delivery tells of another state of the same pull request."""
        table = deliveries
        later = or_(
            table.c.received_at > claim.received_at,
            and_(table.c.received_at == claim.received_at, table.c.id > claim.id),
        )
        statement = (
            select(table.c.id)
            .where(table.c.subject == claim.subject, table.c.event == "pull_request", later)
            .limit(1)
        )
        with self._database.read() as connection:
            return connection.execute(statement).first() is not None

    def counts(self) -> dict[str, int]:
        """Number of deliveries by state."""
        statement = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
            return {state: number for state, number in rows}  # noqa: C416 - typed

    def waiting(self) -> dict[str, tuple[int, float]]:
        """By queue: how many deliveries wait for a worker, and the longest wait in seconds."""
        statement = (
            select(deliveries.c.queue, func.count(), func.min(deliveries.c.queued_at))
            .where(deliveries.c.state == "accepted")
            .group_by(deliveries.c.queue)
        )
        now = self._clock()
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
            return {queue: (number, max(0.0, now - first)) for queue, number, first in rows}

    def _change(self, claim: Claim, **values: object) -> bool:
        table = deliveries
        statement = (
            update(table)
            .where(
                table.c.id == claim.id, table.c.state == "running", table.c.claims == claim.token
            )
            .values(**values)
        )
        with self._database.write() as connection:
            return connection.execute(statement).rowcount == 1
