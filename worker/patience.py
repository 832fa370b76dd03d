"""Short waits inside one call of GitHub; long ones go through the queue (`worker.retries`)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from worker.errors import Limited, Unavailable

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a worker waits on the spot.

    Attributes:
        waits: seconds before each further try of something that may be repeated.
        longest_limit: a rate limit that is over sooner is waited out; it did nothing, so that
            every call may be repeated after it.
    """

    waits: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0)
    longest_limit: float = 10.0

    def attempt(self, call: Callable[[], T], *, repeatable: bool) -> T:
        """The result of the call, tried again while that is safe and short.

        Raises:
            worker.errors.GitHubError: the last failure.
        """
        for wait in self.waits:
            try:
                return call()
            except Limited as error:
                if error.seconds is None or error.seconds > self.longest_limit:
                    raise
                wait, reason = max(wait, error.seconds), str(error)
            except Unavailable as error:
                if not repeatable:
                    raise
                reason = str(error)
            log.info("GitHub is asked again", extra={"reason": reason, "seconds": wait})
            time.sleep(wait)
        return call()


IMPATIENT = Patience(waits=())
