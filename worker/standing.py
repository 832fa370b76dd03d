"""What already stands in the pull request when a review is composed, as GitHub shows it."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from worker.api import Api
from worker.errors import Refused
from worker.pulls import PullRequest, our_reviews
from worker.threads import Thread, read_threads
from worker.told import Earlier, marks_of, read_fixed, read_marks

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """Our own traces.

    Attributes:
        told: the findings that our newest review told of, comments or not.
        reviewed: this head commit has a review of ours.
        fixed: path and fingerprint of the findings that our newest review called fixed.
    """

    threads: tuple[Thread, ...] = ()
    told: tuple[Earlier, ...] = ()
    reviewed: bool = False
    fixed: frozenset[tuple[str, str]] = frozenset()


def read_standing(api: Api, pull: PullRequest) -> Standing:
    """Two or three calls, whatever was posted; what we may not see counts as not there."""
    told: tuple[Earlier, ...] = ()
    fixed: frozenset[tuple[str, str]] = frozenset()
    reviewed = False
    for review in our_reviews(api, pull):
        body = str(review.get("body") or "")
        told, fixed = read_marks(body), read_fixed(body)
        opening = f"<!-- faultline:review head={pull.head_sha} "
        reviewed = reviewed or any(mark.startswith(opening) for mark in marks_of(body))
    try:
        threads = read_threads(api, pull)
    except Refused as refused:
        log.warning("review threads cannot be read", extra={"reason": str(refused)})
        threads = ()
    return Standing(threads, told, reviewed, fixed)
