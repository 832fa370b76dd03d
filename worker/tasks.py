"""The Celery tasks: claim the delivery, do the stage, settle what became of it.

Thin: a task turns a number into `stages.Work` and an error into a decision of `retries`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from celery import Task, shared_task, signals
from kombu.exceptions import OperationalError
from sqlalchemy.exc import OperationalError as DatabaseTrouble

from worker import logs, stages
from worker.errors import AnalysisFailed, GitHubError, WorkerError
from worker.github import AppIdentity, Installation, Tokens
from worker.lease import LEASE_SECONDS, Lease
from worker.queue import (
    ANALYSIS_CPU,
    ANALYSIS_GPU,
    PLAN_REVIEW,
    REVIEW,
    PullRequestMessage,
    send,
)
from worker.retries import MAX_ATTEMPTS, Final, Ignore, RetryAfter, decide
from worker.services import Services, services
from worker.settings import WorkerSettings
from worker.stages import Work
from worker.store import Claim
from worker.sweeper import Sweeper

log = logging.getLogger(__name__)

_sweepers: list[Sweeper] = []


class DeliveryTask(Task):  # type: ignore[misc]  # Celery has no types
    """A task whose defects end in the inbox, instead of being tried for ever."""

    def on_failure(
        self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        """An error that nobody raised on purpose; Celery has logged its traceback."""
        del task_id, kwargs, einfo
        shared = services()
        claim = shared.inbox.current(args[0])
        if claim is not None:
            _give_up(shared, claim, "A defect of Faultline", f"{type(exc).__name__}")


@shared_task(base=DeliveryTask, bind=True, name=PLAN_REVIEW)  # type: ignore[untyped-decorator]
def plan_review(self: DeliveryTask, delivery: int) -> None:
    """Look at the pull request; hand it on when there is something to review."""

    def stage(work: Work) -> None:
        if not stages.plan(work):
            work.services.inbox.finish(work.claim, "wrong configuration")
            return
        queue = ANALYSIS_GPU if work.services.settings.faultline_device == "cuda" else ANALYSIS_CPU
        work.services.inbox.hand_on(work.claim, REVIEW, queue)
        try:
            send(self.app, REVIEW, queue, delivery)
        except OperationalError:  # the sweeper sends it as soon as the broker is back
            log.warning("broker unreachable")

    _perform(delivery, PLAN_REVIEW, stage)


@shared_task(base=DeliveryTask, bind=True, name=REVIEW)  # type: ignore[untyped-decorator]
def review(self: DeliveryTask, delivery: int) -> None:
    """Run the programs and post the review."""
    del self

    def stage(work: Work) -> None:
        stages.review(work)
        work.services.inbox.finish(work.claim, "reviewed")

    _perform(delivery, REVIEW, stage)


def _perform(delivery: int, task: str, stage: Callable[[Work], None]) -> None:
    shared = services()
    claim = shared.inbox.claim(delivery, LEASE_SECONDS, task)
    if claim is None:
        return  # done, somebody else's, or at another stage
    with logs.log_context(delivery=claim.guid):
        if claim.attempts >= MAX_ATTEMPTS:
            _give_up(shared, claim, "The review did not succeed", "Every attempt broke off.")
            return
        try:
            with _work(shared, claim) as work:
                stage(work)
        except WorkerError as error:
            _settle(shared, claim, error)
        except DatabaseTrouble as error:
            # nothing can be written down now; the lease runs out, and the sweeper tries again
            log.warning("database unreachable", extra={"reason": str(error.orig)})


@contextmanager
def _work(shared: Services, claim: Claim) -> Iterator[Work]:
    message = PullRequestMessage.from_json(claim.message)
    identity = _identity(shared.settings)
    installation = Installation(
        identity, _tokens(identity), message.installation_id, message.repository_id
    )
    with installation as api, Lease(shared.inbox, claim) as lease:
        yield Work(shared, claim, message, api, lease)


def _identity(settings: WorkerSettings) -> AppIdentity:
    try:
        key = settings.private_key
    except OSError as error:
        raise GitHubError(f"GITHUB_APP_PRIVATE_KEY_PATH: {error}") from error
    if not settings.github_app_id or not key:
        raise GitHubError("GITHUB_APP_ID or the private key is not set; `faultline doctor` helps")
    return AppIdentity(settings.github_api_url, settings.github_app_id, key)


@lru_cache(maxsize=4)
def _tokens(identity: AppIdentity) -> Tokens:
    return Tokens(identity)


def _settle(shared: Services, claim: Claim, error: WorkerError) -> None:
    decision = decide(error, claim.attempts)
    match decision:
        case Ignore(reason=reason):
            log.info("nothing to do", extra={"reason": reason})
            shared.inbox.finish(claim, reason)
        case RetryAfter(seconds=seconds, reason=reason, counts=counts):
            log.warning("try again", extra={"reason": reason, "seconds": round(seconds, 1)})
            shared.inbox.postpone(claim, seconds, reason, attempt=counts)
        case Final(reason=reason):
            title = "The review did not succeed"
            title = error.title if isinstance(error, AnalysisFailed) else title
            _give_up(shared, claim, title, reason)


def _give_up(shared: Services, claim: Claim, title: str, reason: str) -> None:
    """Tell it in the check run if GitHub lets us; in the inbox in any case."""
    log.error("gave up", extra={"reason": reason})
    try:
        with _work(shared, claim) as work:
            stages.give_up(work, title, logs.redact(reason))
    except GitHubError as error:
        log.warning("check run not completed", extra={"reason": str(error)})
    shared.inbox.finish(claim, reason, failed=True)


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _set_up_logging(**_: object) -> None:
    """Keeps Celery from configuring logging; `serve` and `worker` have done it."""


@signals.worker_ready.connect  # type: ignore[untyped-decorator]
def _start_sweeper(sender: Any, **_: object) -> None:
    sweeper = Sweeper(services().inbox, sender.app)
    sweeper.start()
    _sweepers.append(sweeper)


@signals.worker_shutting_down.connect  # type: ignore[untyped-decorator]
@signals.worker_shutdown.connect  # type: ignore[untyped-decorator]
def _stop_sweeper(**_: object) -> None:
    while _sweepers:
        _sweepers.pop().stop()
