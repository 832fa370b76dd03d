"""Noticing while a review runs that nobody wants it any more.

The inbox gives the hint: a later delivery about the same pull request. Deliveries come doubled and
out of order, so the hint alone stops nothing; GitHub is asked which commit is the head now.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from worker.errors import GitHubError
from worker.identity import installation_of
from worker.pulls import read_pull_request
from worker.queue import PullRequestMessage
from worker.services import Services
from worker.store import Claim

log = logging.getLogger(__name__)

ASK_AGAIN_SECONDS = 10.0  # after GitHub did not answer, or still showed the same head


def watch(
    services: Services, claim: Claim, message: PullRequestMessage
) -> Callable[[], str | None]:
    """A function that tells why the work can stop, or None; cheap enough for every second."""
    not_before = 0.0

    def look() -> str | None:
        nonlocal not_before
        if time.monotonic() < not_before or not services.inbox.is_superseded(claim):
            return None
        not_before = time.monotonic() + ASK_AGAIN_SECONDS
        try:
            return _why_to_stop(services, claim, message)
        except GitHubError as error:
            log.info("head not known", extra={"reason": str(error)})
            return None

    return look


def _why_to_stop(services: Services, claim: Claim, message: PullRequestMessage) -> str | None:
    run = services.runs.held_by(claim.id)
    if run is None:
        return None
    ids = message.installation_id, message.repository_id
    with installation_of(services.settings, *ids) as api:
        pull = read_pull_request(api, run.repository, run.number)
    if not pull.is_open:
        return "the pull request was closed"
    return "a newer push is reviewed instead" if pull.head_sha != run.head_sha else None
