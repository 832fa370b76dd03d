"""Storing deliveries: many requests, one writer, one transaction for all that wait.

A transaction on disk costs milliseconds, and SQLite lets one run at a time. So a request hands its
delivery to the writer thread and waits; the thread stores whatever gathers in a moment in one
transaction, commits, and only then acknowledges each of them. The event loop never blocks, and the
rate grows with the load. Messages are sent by a second thread: the inbox is the truth, and an
unreachable broker must not delay the acknowledgement.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from celery import Celery
from kombu.exceptions import OperationalError
from sqlalchemy.exc import SQLAlchemyError

from worker.queue import PLAN_REVIEW, send
from worker.store import Due, Inbox, NewDelivery

log = logging.getLogger(__name__)

MAX_BATCH = 500  # deliveries in one transaction
GATHER_SECONDS = 0.001  # the writer waits so long for more: a transaction costs more than its rows
MAX_WAITING = 5_000  # deliveries that wait for the writer before we say "busy"
MOST_TICKETS = 5  # messages about new pull requests that are sent at once
TICKET_SECONDS = 0.1  # between two such batches, while more come than that

_Outcome = bool | Exception


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A delivery, and the request that waits for it in its event loop."""

    delivery: NewDelivery
    done: asyncio.Future[bool]
    loop: asyncio.AbstractEventLoop


class Busy(Exception):
    """More deliveries wait than should be held in memory."""


class Intake:
    """Takes deliveries in; start it before the first request, stop it after the last."""

    def __init__(self, inbox: Inbox, celery: Celery) -> None:
        self._inbox = inbox
        self._celery = celery
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(MAX_WAITING)
        self._unsent: queue.SimpleQueue[Due | None] = queue.SimpleQueue()
        self._is_reachable = True
        self._threads = [
            threading.Thread(target=self._write, name="intake-writer", daemon=True),
            threading.Thread(target=self._send, name="intake-sender", daemon=True),
        ]

    def start(self) -> None:
        """Start both threads."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Store what waits, send what is stored, end the threads."""
        self._waiting.put(None)
        self._threads[0].join(timeout=30)
        self._unsent.put(None)
        self._threads[1].join(timeout=5)

    async def accept(self, delivery: NewDelivery) -> bool:
        """Returns after the delivery is committed: True when it needs work, False for a repeat.

        Raises:
            Busy: too many wait.
            SQLAlchemyError: the database refused.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()
        try:
            self._waiting.put_nowait(_Waiting(delivery, done, loop))
        except queue.Full:
            raise Busy from None
        return await done

    def _write(self) -> None:
        is_open = True
        while is_open:
            batch, is_open = self._next_batch()
            if batch:
                self._store(batch)

    def _next_batch(self) -> tuple[list[_Waiting], bool]:
        """Waits for one delivery, then takes all that wait; False when the intake closes."""
        item = self._waiting.get()
        batch: list[_Waiting] = []
        if item is not None:
            time.sleep(GATHER_SECONDS)
        while item is not None:
            batch.append(item)
            if len(batch) == MAX_BATCH:
                return batch, True
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _store(self, batch: list[_Waiting]) -> None:
        try:
            due = self._inbox.accept([one.delivery for one in batch])
        except SQLAlchemyError as error:
            log.exception("deliveries not stored", extra={"count": len(batch)})
            _answer(batch, [error] * len(batch))
            return
        for item in due:
            self._unsent.put(item)
        fresh = {item.guid for item in due}
        outcomes: list[_Outcome] = []
        for one in batch:
            outcomes.append(one.delivery.guid in fresh)
            fresh.discard(one.delivery.guid)
        _answer(batch, outcomes)

    def _send(self) -> None:
        """A message is a ticket for its queue, and every worker that finishes one asks for the
        next; so of a storm of pull requests a few tickets do, and the receiver has time."""
        is_open = True
        while is_open:
            batch, is_open = self._next_due()
            reviews = [item for item in batch if item.task == PLAN_REVIEW]
            others = [item for item in batch if item.task != PLAN_REVIEW]
            for item in (*others, *reviews[:MOST_TICKETS]):
                self._ticket(item)
            if len(reviews) > MOST_TICKETS:
                time.sleep(TICKET_SECONDS)

    def _next_due(self) -> tuple[list[Due], bool]:
        """Waits for one, then takes all that wait; False when the intake closes."""
        item = self._unsent.get()
        batch: list[Due] = []
        while item is not None:
            batch.append(item)
            try:
                item = self._unsent.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _ticket(self, item: Due) -> None:
        try:
            send(self._celery, item.task, item.queue, item.id)
            self._is_reachable = True
        except OperationalError as error:  # the sweeper sends it as soon as the broker is back
            if self._is_reachable:
                log.warning("broker unreachable", extra={"reason": str(error)})
            self._is_reachable = False


def _answer(batch: Sequence[_Waiting], outcomes: Sequence[_Outcome]) -> None:
    """Wake each event loop once for all its requests: waking costs more than answering."""
    for loop in {one.loop for one in batch}:
        own = [(o, t) for o, t in zip(batch, outcomes, strict=True) if o.loop is loop]
        with contextlib.suppress(RuntimeError):  # the loop is closed, nobody waits there
            loop.call_soon_threadsafe(_resolve, own)


def _resolve(answers: Sequence[tuple[_Waiting, _Outcome]]) -> None:
    for one, outcome in answers:
        if one.done.done():
            continue  # the request has gone away meanwhile
        if isinstance(outcome, Exception):
            one.done.set_exception(outcome)
        else:
            one.done.set_result(outcome)
