"""Noticing what became of earlier comments, for the metrics."""

from __future__ import annotations

import logging

from worker.api import Api
from worker.errors import GitHubError
from worker.pulls import read_pull_request
from worker.stages import Work
from worker.store import Run
from worker.store.fates import ACCEPTED, DISMISSED, RESOLVED, Fates
from worker.threads import read_threads

log = logging.getLogger(__name__)


def note_fates(work: Work) -> None:
    """After a review: which findings of the one before are gone, and which threads were closed."""
    run, fates = work.services.runs.held_by(work.claim.id), work.services.fates
    if run is None or run.state != "done":
        return
    try:
        _note(work.api, run, fates)
    except GitHubError as error:  # the review stands; a gap in the metrics is all
        log.info("fates not known", extra={"reason": str(error)})


def _note(api: Api, run: Run, fates: Fates) -> None:
    gone = fates.gone(run)
    if gone:
        fates.became(gone, ACCEPTED if _is_ours(api, run) else RESOLVED)
    standing = fates.standing(run)
    if standing:
        pull = read_pull_request(api, run.repository, run.number)
        closed = [
            one.fingerprint
            for thread in read_threads(api, pull)
            for one in thread.told
            if thread.is_resolved and not thread.closed_by_us
        ]
        fates.became([standing[key] for key in closed if key in standing], DISMISSED)


def _is_ours(api: Api, run: Run) -> bool:
    """Whether a bot wrote the commit, or a suggestion of one went into it."""
    found = api.get(f"/repos/{run.repository}/commits/{run.head_sha}")
    by_bot = (found.get("author") or {}).get("type") == "Bot"
    return by_bot or "[bot] <" in str(found["commit"]["message"])
