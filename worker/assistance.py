"""Helping with another worker's review: its programs, one after the other, while nobody waits."""

from __future__ import annotations

import logging

from worker import logs, shutdown
from worker.checkout import snapshot
from worker.errors import HandedBack
from worker.identity import installation_of
from worker.queue import PullRequestMessage
from worker.services import Services
from worker.sharing import analyse_share, unpack
from worker.store import Claim, Run, Share

log = logging.getLogger(__name__)


def assist_review(services: Services, delivery: int) -> None:
    """Take programs of the review until none is left, or others wait for this worker.

    Raises:
        WorkerError: what the program or GitHub did; the review's own worker meets it, too.
    """
    claim = services.inbox.current(delivery)
    run = services.runs.held_by(delivery)
    if claim is None or run is None or services.inbox.is_anybody_waiting(claim.queue):
        return
    share = services.shares.take(run.id, services.settings.faultline_lease_seconds)
    if share is not None:
        with logs.log_context(delivery=claim.guid, run=run.id):
            _work_on(services, claim, run, share)


def _work_on(services: Services, claim: Claim, run: Run, first: Share) -> None:
    message = PullRequestMessage.from_json(claim.message)
    ids = message.installation_id, message.repository_id
    share: Share | None = first
    try:
        with installation_of(services.settings, *ids) as api:
            archive = api.download(f"/repos/{run.repository}/tarball/{run.head_sha}")
            with archive as stream, snapshot(stream) as root:
                while share is not None:
                    options = unpack(share.options, services.settings)
                    analyse_share(services, share, root, options, _progress)
                    share = _next(services, claim, run)
    finally:
        if share is not None:
            services.shares.give_back(share)


def _next(services: Services, claim: Claim, run: Run) -> Share | None:
    if shutdown.is_requested() or services.inbox.is_anybody_waiting(claim.queue):
        return None
    return services.shares.take(run.id, services.settings.faultline_lease_seconds)


def _progress(text: str) -> None:
    if shutdown.is_requested():
        raise HandedBack("the worker was told to end")
    log.info("stage %s", text)
