"""Which error means what: ignore it, try again after a while, or give up. One table."""

from __future__ import annotations

import random
from dataclasses import dataclass

from worker.errors import (
    GitHubError,
    Held,
    LeaseLost,
    Limited,
    Moved,
    Refused,
    SnapshotRefused,
    Unavailable,
    WorkerError,
)

MAX_ATTEMPTS = 12  # with the waits below, about an hour of an unreachable GitHub
FIRST_WAIT = 5.0  # seconds; doubles with every attempt
LONGEST_WAIT = 600.0
HELD_WAIT = 15.0  # until we look again whether the other delivery is done
LONGEST_LIMIT_WAIT = 2 * 3600.0  # GitHub's windows are an hour; more is a clock gone wrong
LONGEST_PATIENCE = 6 * 3600.0  # seconds after which nobody waits for GitHub's limits any more
UNTOLD_LIMIT_WAIT = 60.0  # GitHub asks for at least a minute when it names no time


@dataclass(frozen=True, slots=True)
class Ignore:
    """Nothing is to be done, and nothing went wrong."""

    reason: str


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """Try again.

    Attributes:
        counts: whether this was one of the limited number of attempts.
    """

    seconds: float
    reason: str
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Final:
    """Trying again would not help; the check run is to say so."""

    reason: str


Decision = Ignore | RetryAfter | Final


def decide(
    error: WorkerError, attempts: int, spread: float | None = None, age: float = 0.0
) -> Decision:
    """What an error means after `attempts` earlier ones.

    Args:
        spread: a number from 0 to 1 in place of a random one; waits are spread over half of their
            length, so that many reviews do not return all at once.
        age: seconds since the delivery came.
    """
    spread = random.random() if spread is None else spread
    reason = str(error)
    match error:
        case Moved() | LeaseLost():
            return Ignore(reason)
        case Held():
            return RetryAfter(HELD_WAIT, reason, counts=False)
        case Limited() if age > LONGEST_PATIENCE:
            return Final(f"{reason} (gave up after {age / 3600:.0f} hours)")
        case Limited(seconds=seconds):
            asked = UNTOLD_LIMIT_WAIT * 2 ** min(attempts, 4) if seconds is None else seconds
            asked = min(asked, LONGEST_LIMIT_WAIT)
            return RetryAfter(asked * (1 + spread / 10) + 1, reason, counts=seconds is None)
        case Unavailable():
            return _again(reason, attempts, spread)
        case Refused(status=401):
            return _again(reason, attempts, spread)  # a clock, a token revoked a moment ago
        case Refused() | SnapshotRefused() | GitHubError():
            return Final(reason)
    return Final(reason)


def _again(reason: str, attempts: int, spread: float) -> Decision:
    if attempts + 1 >= MAX_ATTEMPTS:
        return Final(f"{reason} (gave up after {MAX_ATTEMPTS} attempts)")
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2**attempts)
    return RetryAfter(wait * (0.5 + spread / 2), reason)
