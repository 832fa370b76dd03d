"""Sends messages for deliveries whose time has come, beside a running Celery worker.

It is what makes retries, lost messages, restarts and dead workers one and the same case.
"""

from __future__ import annotations

import logging
import threading

from celery import Celery
from kombu.exceptions import OperationalError
from sqlalchemy.exc import SQLAlchemyError

from worker.queue import send
from worker.store import Inbox

log = logging.getLogger(__name__)

PERIOD = 1.0  # seconds


class Sweeper:
    """A thread that looks into the inbox; several of them do no harm."""

    def __init__(self, inbox: Inbox, queue: Celery) -> None:
        self._inbox = inbox
        self._queue = queue
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended."""
        self._over.set()
        self._thread.join(timeout=10)

    def sweep(self) -> int:
        """Look once; the number of messages sent."""
        due = self._inbox.sweep()
        for item in due:
            send(self._queue, item.task, item.queue, item.id)
        return len(due)

    def _run(self) -> None:
        while not self._over.wait(PERIOD):
            try:
                self.sweep()
            except (SQLAlchemyError, OperationalError) as error:
                log.warning("inbox not swept", extra={"reason": str(error)})
