"""Faults on order: the next matching calls fail as GitHub sometimes does.

The dangerous one is `LOST_ANSWER`: GitHub ends a request after ten seconds with a 502, although
the review was made. A client that simply tries again then posts it twice.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase


class Failure(StrEnum):
    BEFORE = "502 without having done anything"
    LOST_ANSWER = "502 after having done the work"
    SECONDARY_LIMIT = "403 secondary rate limit with Retry-After"
    SECONDARY_LIMIT_BARE = "403 secondary rate limit without Retry-After"
    PRIMARY_LIMIT = "403 rate limit, none remaining"
    TOO_QUICK = "422 was submitted too quickly"
    UNAUTHORIZED = "401 bad credentials"
    HANG = "no answer for `seconds`, then the answer"


@dataclass
class Fault:
    """What fails: `method` and `path` are shell patterns over the request's own."""

    failure: Failure
    method: str = "*"
    path: str = "*"
    times: int = 1
    seconds: float = 0.0

    def matches(self, method: str, path: str) -> bool:
        return self.times > 0 and fnmatchcase(method, self.method) and fnmatchcase(path, self.path)


STORM = (
    Failure.BEFORE,
    Failure.LOST_ANSWER,
    Failure.SECONDARY_LIMIT,
    Failure.TOO_QUICK,
    Failure.UNAUTHORIZED,
)


class Faults:
    """The orders still open, first come first served."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []
        self._storm: Callable[[], Fault | None] = lambda: None

    def fail_next(
        self,
        failure: Failure,
        method: str = "*",
        path: str = "*",
        times: int = 1,
        seconds: float = 0.0,
    ) -> None:
        self._orders.append(Fault(failure, method, path, times, seconds))

    def storm(
        self,
        probability: float,
        seed: int = 0,
        failures: Sequence[Failure] = STORM,
        seconds: float = 1.0,
    ) -> None:
        """From now on every call fails with this probability, until `clear`."""
        chance = random.Random(seed)

        def strike() -> Fault | None:
            if chance.random() >= probability:
                return None
            return Fault(chance.choice(failures), seconds=seconds)

        self._storm = strike

    def clear(self) -> None:
        self._orders.clear()
        self._storm = lambda: None

    @property
    def pending(self) -> int:
        """Failures ordered and not yet happened: a test should end with none."""
        return sum(order.times for order in self._orders)

    def take(self, method: str, path: str) -> Fault | None:
        for order in self._orders:
            if order.matches(method, path):
                order.times -= 1
                return order
        return self._storm()
