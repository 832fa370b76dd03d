"""The Celery tasks: claim the delivery, do the stage, settle what became of it.

Thin: a task turns a number into `stages.Work` and an error into a decision of `retries`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from celery import Celery, Task, shared_task
from kombu.exceptions import OperationalError
from sqlalchemy.exc import InterfaceError
from sqlalchemy.exc import OperationalError as DatabaseTrouble

import worker.process  # noqa: F401  (what a worker does at its start and end)
from worker import logs, stages
from worker.assistance import assist_review
from worker.errors import AnalysisFailed, GitHubError, HandedBack, WorkerError
from worker.fates import note_fates
from worker.identity import installation_of
from worker.lease import Lease
from worker.pointless import watch
from worker.queue import (
    ANALYSIS_CPU,
    ANALYSIS_GPU,
    ASSIST,
    PLAN_REVIEW,
    REVIEW,
    PullRequestMessage,
    send,
)
from worker.retries import MAX_ATTEMPTS, Final, Ignore, RetryAfter, decide
from worker.services import Services, services
from worker.stages import Work
from worker.store import Claim
from worker.tracing import span

log = logging.getLogger(__name__)

NO_SUCCESS = "The review did not succeed"
AWAY = (DatabaseTrouble, InterfaceError)  # the database does not answer


class DeliveryTask(Task):  # type: ignore[misc]  # Celery has no types
    """A task whose defects end in the inbox, instead of being tried for ever."""

    def on_failure(
        self, exc: BaseException, task_id: str, args: Any, kwargs: Any, einfo: Any
    ) -> None:
        """An error that nobody raised on purpose; Celery has logged its traceback."""
        del task_id, args, kwargs, einfo
        claim: Claim | None = getattr(self.request, "faultline_claim", None)
        if claim is not None:
            give_up(services(), claim, "A defect of Faultline", f"{type(exc).__name__}")


@shared_task(base=DeliveryTask, bind=True, name=PLAN_REVIEW)  # type: ignore[untyped-decorator]
def plan_review(self: DeliveryTask, delivery: int) -> None:
    """Look at the pull request; hand it on when there is something to review."""

    def stage(work: Work) -> None:
        if not stages.plan(work):
            work.services.inbox.finish(work.claim, "wrong configuration")
            return
        queue = ANALYSIS_GPU if work.services.settings.faultline_device == "cuda" else ANALYSIS_CPU
        work.services.inbox.hand_on(work.claim, REVIEW, queue)
        ask(self.app, REVIEW, queue, work.claim.id)

    perform(self, delivery, PLAN_REVIEW, stage)


@shared_task(base=DeliveryTask, bind=True, name=REVIEW)  # type: ignore[untyped-decorator]
def review(self: DeliveryTask, delivery: int) -> None:
    """Run the programs and post the review."""

    def stage(work: Work) -> None:
        stages.review(work)
        note_fates(work)
        work.services.inbox.finish(work.claim, "reviewed")

    perform(self, delivery, REVIEW, stage)


@shared_task(bind=True, name=ASSIST)  # type: ignore[untyped-decorator]
def assist(self: Task, delivery: int) -> None:
    """Help with a review that another worker has; to lose this costs time alone."""
    del self
    try:
        assist_review(services(), delivery)
    except WorkerError as error:
        log.info("help ended early", extra={"reason": str(error)})
    except AWAY as error:
        log.warning("database unreachable", extra={"reason": str(error.orig)})


def perform(task: DeliveryTask, delivery: int, name: str, stage: Callable[[Work], None]) -> None:
    """Do one stage of the delivery whose turn it is in the queue of the named one."""
    shared = services()
    try:
        claim = shared.inbox.claim_next(delivery, shared.settings.faultline_lease_seconds, name)
        if claim is None:
            return  # done, somebody else's, or at another stage
        task.request.faultline_claim = claim
        shared.timings.add(f"wait:{claim.queue}", time.time() - claim.queued_at)
        with logs.log_context(delivery=claim.guid), span(name, claim.guid, queue=claim.queue):
            _attempt(task.app, shared, claim, stage)
        for due in shared.inbox.waiting_like(claim):
            ask(task.app, due.task, due.queue, due.id)
    except AWAY as error:
        # nothing can be written down now; the lease runs out, and the sweeper tries again
        log.warning("database unreachable", extra={"reason": str(error.orig)})


def _attempt(app: Celery, shared: Services, claim: Claim, stage: Callable[[Work], None]) -> None:
    if claim.attempts >= MAX_ATTEMPTS:
        give_up(shared, claim, NO_SUCCESS, claim.outcome or "Every attempt broke off.")
        return
    started = time.monotonic()
    try:
        with _work(shared, claim, app) as work:
            stage(work)
    except WorkerError as error:
        settle(shared, claim, error)
    else:
        name = claim.task.rpartition(".")[2]
        shared.timings.add(f"stage:{name}", time.monotonic() - started)


@contextmanager
def _work(shared: Services, claim: Claim, app: Celery | None = None) -> Iterator[Work]:
    message = PullRequestMessage.from_json(claim.message)
    settings = shared.settings
    seconds = settings.faultline_lease_seconds
    is_pointless = watch(shared, claim, message)

    def ask_for_help() -> None:
        if app is not None:
            ask(app, ASSIST, claim.queue, claim.id)

    with (
        installation_of(settings, message.installation_id, message.repository_id) as api,
        Lease(shared.inbox, claim, seconds, is_pointless) as lease,
    ):
        yield Work(shared, claim, message, api, lease, ask_for_help)


def ask(app: Celery, task: str, queue: str, delivery: int) -> None:
    """Send a message if the broker is there; if not, the sweeper does later."""
    try:
        send(app, task, queue, delivery)
    except OperationalError:
        log.warning("broker unreachable")


def settle(shared: Services, claim: Claim, error: WorkerError) -> None:
    """Write down what an error means for the delivery."""
    if isinstance(error, HandedBack):
        log.info("handed back")
        shared.inbox.postpone(claim, 0.0, str(error), attempt=False)
        return
    decision = decide(error, claim.attempts, age=time.time() - claim.received_at)
    match decision:
        case Ignore(reason=reason):
            log.info("nothing to do", extra={"reason": reason})
            shared.inbox.finish(claim, reason)
        case RetryAfter(seconds=seconds, reason=reason, counts=counts):
            seconds *= shared.settings.faultline_backoff_scale
            log.warning("try again", extra={"reason": reason, "seconds": round(seconds, 1)})
            shared.inbox.postpone(claim, seconds, reason, attempt=counts)
        case Final(reason=reason):
            title = error.title if isinstance(error, AnalysisFailed) else NO_SUCCESS
            give_up(shared, claim, title, reason)


def give_up(shared: Services, claim: Claim, title: str, reason: str) -> None:
    """Tell it in the check run, as soon as GitHub lets us; in the inbox in any case."""
    log.error("gave up", extra={"reason": reason})
    if claim.task not in (PLAN_REVIEW, REVIEW):
        shared.inbox.finish(claim, reason, failed=True)
        return
    try:
        with _work(shared, claim) as work:
            stages.give_up(work, title, logs.redact(reason))
    except GitHubError as error:
        log.warning("check run not completed", extra={"reason": str(error)})
        again = decide(error, max(0, claim.attempts - MAX_ATTEMPTS))
        if isinstance(again, RetryAfter) and claim.attempts < 2 * MAX_ATTEMPTS:
            seconds = again.seconds * shared.settings.faultline_backoff_scale
            shared.inbox.retire(claim, seconds, reason, MAX_ATTEMPTS)
            return
    shared.inbox.finish(claim, reason, failed=True)
