"""Keeping a claim alive while its work goes on."""

from __future__ import annotations

import logging
import threading
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from worker.errors import LeaseLost
from worker.store import Claim, Inbox

log = logging.getLogger(__name__)

LEASE_SECONDS = 90.0  # without a sign of life for this long, a worker counts as dead
RENEW_SECONDS = LEASE_SECONDS / 3


class Lease:
    """Renews the claim in a thread until the block is left."""

    def __init__(self, inbox: Inbox, claim: Claim) -> None:
        self._inbox = inbox
        self._claim = claim
        self._over = threading.Event()
        self._is_lost = False
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def check(self) -> None:
        """Call before something that must not be done twice.

        Raises:
            LeaseLost: another worker has the delivery.
        """
        if self._is_lost or not self._inbox.renew(self._claim, LEASE_SECONDS):
            self._is_lost = True
            raise LeaseLost("another worker has taken this delivery over")

    def _renew(self) -> None:
        while not self._over.wait(RENEW_SECONDS):
            try:
                self._is_lost = not self._inbox.renew(self._claim, LEASE_SECONDS)
            except SQLAlchemyError:  # the database may be back before the lease runs out
                log.warning("lease not renewed", exc_info=True)
            if self._is_lost:
                return
