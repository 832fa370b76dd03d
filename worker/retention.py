"""Deleting what is older than the operator wants it kept, beside a running worker."""

from __future__ import annotations

import logging
import threading

from sqlalchemy.exc import SQLAlchemyError

from worker.services import Services

log = logging.getLogger(__name__)

DUTY = "delete what is old"
PERIOD = 3600.0  # seconds; of all workers one does it
LOOK_SECONDS = 60.0


class Keeper:
    """A thread that purges now and then; several of them do no harm."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)

    def start(self) -> None:
        """Begin with looking at once."""
        self._thread.start()

    def stop(self) -> None:
        """Returns when the thread has ended."""
        self._over.set()
        self._thread.join(timeout=10)

    def purge(self) -> bool:
        """Purge if it is due; whether it was."""
        if not self._services.duties.take(DUTY, PERIOD):
            return False
        gone = self._services.retention.purge(self._services.settings.faultline_retention_days)
        counts = {"runs": gone.runs, "deliveries": gone.deliveries, "wishes": gone.wishes}
        log.info("old data deleted", extra=counts)
        return True

    def _run(self) -> None:
        while True:
            try:
                self.purge()
            except SQLAlchemyError as error:
                log.warning("old data not deleted", extra={"reason": str(error)})
            if self._over.wait(LOOK_SECONDS):
                return
