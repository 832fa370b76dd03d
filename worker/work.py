"""One claimed delivery, and what is needed to work on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from worker.api import Api
from worker.lease import Lease
from worker.queue import PullRequestMessage
from worker.services import Services
from worker.store import Claim


def _nobody() -> None:
    """The help that comes where no other worker is."""


@dataclass(frozen=True, slots=True)
class Work:
    """One claimed delivery, and what is needed to work on it.

    Attributes:
        ask_for_help: invites one more worker to analyse programs of this review.
    """

    services: Services
    claim: Claim
    message: PullRequestMessage
    api: Api
    lease: Lease
    ask_for_help: Callable[[], None] = _nobody
