"""Keeping a claim alive while its work goes on, and noticing when the work has become pointless."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from worker import shutdown
from worker.errors import HandedBack, LeaseLost, Moved
from worker.store import Claim, Inbox

log = logging.getLogger(__name__)

LEASE_SECONDS = 90.0  # without a sign of life for this long, a worker counts as dead
LOOK_SECONDS = 1.0  # how often it is looked whether the work is still wanted


class Heartbeat:
    """Renews a claim in a thread until the block is left.

    Args:
        renew: extends the claim; False when it was lost.
        seconds: how long the claim lasts without.
        is_pointless: asked about once a second: why the work can stop, or None.
    """

    def __init__(
        self,
        renew: Callable[[], bool],
        seconds: float,
        is_pointless: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._renew = renew
        self._seconds = seconds
        self._is_pointless = is_pointless
        self._over = threading.Event()
        self._is_lost = False
        self._reason: str | None = None
        self._thread = threading.Thread(target=self._beat, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def interrupt(self) -> None:
        """Call as often as you like: it looks at nothing but what the thread has noticed.

        Raises:
            LeaseLost: another worker has the work.
            Moved: nobody wants it any more.
            HandedBack: this worker is ending.
        """
        if self._is_lost:
            raise LeaseLost("another worker has taken this delivery over")
        if self._reason is not None:
            raise Moved(self._reason)
        if shutdown.is_requested():
            raise HandedBack("the worker was told to end")

    def check(self) -> None:
        """Call before something that must not be done twice.

        Raises:
            LeaseLost: another worker has the work.
        """
        if self._is_lost or not self._renew():
            self._is_lost = True
            raise LeaseLost("another worker has taken this delivery over")

    def _beat(self) -> None:
        renewed = time.monotonic()
        while not self._is_lost and not self._over.wait(min(LOOK_SECONDS, self._seconds / 3)):
            try:
                if time.monotonic() - renewed >= self._seconds / 3:
                    self._is_lost = not self._renew()
                    renewed = time.monotonic()
                if self._reason is None:
                    self._reason = self._is_pointless()
            except SQLAlchemyError:  # the database may be back before the lease runs out
                log.warning("lease not renewed", exc_info=True)


class Lease(Heartbeat):
    """The heartbeat of a claimed delivery."""

    def __init__(
        self,
        inbox: Inbox,
        claim: Claim,
        seconds: float = LEASE_SECONDS,
        is_pointless: Callable[[], str | None] = lambda: None,
    ) -> None:
        super().__init__(lambda: inbox.renew(claim, seconds), seconds, is_pointless)
