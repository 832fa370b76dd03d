"""Asking for a review: a delivery of our own, as if GitHub had told of a push."""

from __future__ import annotations

import logging
from typing import Any

from kombu.exceptions import OperationalError

from worker.errands.perform import Errand
from worker.pulls import PullRequest
from worker.queue import PLAN_REVIEW, REVIEWS, PullRequestMessage, send
from worker.store import NewDelivery

log = logging.getLogger(__name__)


def review_again(errand: Errand[Any], installation_id: int, pull: PullRequest) -> None:
    """Have the head commit reviewed, also when it was before; asking twice asks once."""
    message = PullRequestMessage(
        installation_id=installation_id,
        repository_id=pull.repository_id,
        repository=pull.repository,
        number=pull.number,
        head_sha=pull.head_sha,
        again=True,
        asked=True,
    )
    new = NewDelivery(
        guid=f"{errand.claim.guid}:{pull.number}",
        event="again",
        subject=message.subject,
        message=message.to_json(),
        task=PLAN_REVIEW,
        queue=REVIEWS,
    )
    for due in errand.services.inbox.accept([new]):
        try:
            send(errand.celery, due.task, due.queue, due.id)
        except OperationalError:  # the sweeper sends it as soon as the broker is back
            log.warning("broker unreachable")
