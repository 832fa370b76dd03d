"""Claim the delivery, do the errand, settle what became of it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from celery import Celery
from sqlalchemy.exc import OperationalError as DatabaseTrouble

from worker import logs
from worker.errors import WorkerError
from worker.lease import LEASE_SECONDS, Lease
from worker.messages import Message
from worker.retries import MAX_ATTEMPTS, Ignore, RetryAfter, decide
from worker.services import Services, services
from worker.store import Claim

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Message)


@dataclass(frozen=True, slots=True)
class Errand(Generic[M]):
    """One claimed delivery, and what is needed to work on it."""

    services: Services
    celery: Celery
    claim: Claim
    message: M


def perform(
    delivery: int,
    celery: Celery,
    kind: type[M],
    do: Callable[[Errand[M]], str],
    regret: Callable[[Errand[M]], None] | None = None,
) -> None:
    """Do it once.

    Args:
        kind: the message's type.
        do: does it, and says in a few words what became of it.
        regret: tells the person who waits that it cannot be done.
    """
    shared = services()
    claim = shared.inbox.claim(delivery, LEASE_SECONDS, kind.task)
    if claim is None:
        return  # done, somebody else's, or for another task
    errand = Errand(shared, celery, claim, kind.from_json(claim.message))
    with logs.log_context(delivery=claim.guid):
        if claim.attempts >= MAX_ATTEMPTS:
            _give_up(errand, "every attempt broke off", regret)
            return
        try:
            with Lease(shared.inbox, claim):
                outcome = do(errand)
            shared.inbox.finish(claim, outcome)
        except WorkerError as error:
            _settle(errand, error, regret)
        except DatabaseTrouble as error:
            # nothing can be written down now; the lease runs out, and the sweeper tries again
            log.warning("database unreachable", extra={"reason": str(error.orig)})


def _settle(
    errand: Errand[M], error: WorkerError, regret: Callable[[Errand[M]], None] | None
) -> None:
    inbox, claim = errand.services.inbox, errand.claim
    match decide(error, claim.attempts, age=time.time() - claim.received_at):
        case Ignore(reason=reason):
            log.info("nothing to do", extra={"reason": reason})
            inbox.finish(claim, reason)
        case RetryAfter(seconds=seconds, reason=reason, counts=counts):
            log.warning("try again", extra={"reason": reason, "seconds": round(seconds, 1)})
            inbox.postpone(claim, seconds, reason, attempt=counts)
        case final:
            _give_up(errand, final.reason, regret)


def _give_up(errand: Errand[M], reason: str, regret: Callable[[Errand[M]], None] | None) -> None:
    log.error("gave up", extra={"reason": reason})
    try:
        if regret is not None:
            regret(errand)
    except WorkerError as error:
        log.warning("nobody could be told", extra={"reason": str(error)})
    errand.services.inbox.finish(errand.claim, reason, failed=True)
