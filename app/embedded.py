"""The embedded worker: Celery inside this process, for a deployment without a broker."""

from __future__ import annotations

import logging
import threading

from celery import Celery, signals
from celery.worker import WorkController, state
from celery.worker.consumer import Consumer

log = logging.getLogger(__name__)

START_SECONDS = 30.0
STOP_SECONDS = 10.0


class EmbeddedWorker:
    """A worker in a thread; its tasks run in a pool of threads.

    The analysis itself happens in sandboxed child processes, so threads are enough to keep the
    processors busy.
    """

    def __init__(self, queue: Celery, concurrency: int) -> None:
        self._ready = threading.Event()
        queue.finalize()
        queue.set_default()
        self._worker = WorkController(
            app=queue,
            pool="threads",
            concurrency=concurrency,
            hostname="embedded@localhost",
            loglevel=logging.INFO,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
            ready_callback=self._is_ready,
        )
        self._thread = threading.Thread(
            target=self._worker.start, name="embedded-worker", daemon=True
        )

    def start(self) -> None:
        """Returns when the worker takes messages."""
        state.should_stop = None
        state.should_terminate = None
        self._thread.start()
        if not self._ready.wait(START_SECONDS):
            raise RuntimeError(f"expected the embedded worker within {START_SECONDS:.0f} s")

    def stop(self) -> None:
        """Stop taking messages; what is unfinished stays in the inbox for the next start."""
        state.should_terminate = 0
        self._thread.join(STOP_SECONDS)
        signals.worker_shutdown.send(sender=self._worker)
        if self._thread.is_alive():
            log.warning("embedded worker still busy; its work is taken up at the next start")

    def _is_ready(self, consumer: Consumer) -> None:
        # what Celery's own command tells its plug-ins, and the sweeper listens to
        signals.worker_ready.send(sender=consumer)
        self._ready.set()


class Starter:
    """The worker of this process, made when it is needed: maybe only after set-up."""

    def __init__(self, queue: Celery, concurrency: int) -> None:
        self._queue = queue
        self._concurrency = concurrency
        self._worker: EmbeddedWorker | None = None

    def start(self) -> None:
        """Start it, once."""
        if self._worker is None:
            self._worker = EmbeddedWorker(self._queue, self._concurrency)
            self._worker.start()

    def stop(self) -> None:
        """Stop it if it runs."""
        if self._worker is not None:
            self._worker.stop()
