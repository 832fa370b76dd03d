"""Posting to GitHub so that doing it twice posts once."""

from __future__ import annotations

import logging
import time
from typing import Literal

from worker.api import Api, Json
from worker.errors import Moved, Unavailable, Unprocessable
from worker.pulls import PullRequest, find_review, is_gone
from worker.review import Review
from worker.summary import CheckOutput
from worker.wording import review_marker

log = logging.getLogger(__name__)

CHECK_NAME = "Faultline"
TRIES = 3  # of posting a review, before the whole stage is put off
SETTLE_SECONDS = 12.0  # GitHub ends a request after ten, and may have made the review all the same


def ensure_check_run(api: Api, pull: PullRequest, known: int | None) -> int:
    """The number of this head's check run, made (as queued) when there is none.

    GitHub makes a second one on every request, so ours is looked for by its external id first.
    """
    if known is not None:
        return known
    external = f"pull/{pull.number}"
    path = f"/repos/{pull.repository}/commits/{pull.head_sha}/check-runs"
    # all of them: the newest of our name may belong to another pull request of the same commit
    wanted = {"check_name": CHECK_NAME, "filter": "all"}
    for run in api.pages(path, wanted, inside="check_runs"):
        if run.get("external_id") == external:
            return int(run["id"])
    body = {"name": CHECK_NAME, "head_sha": pull.head_sha, "external_id": external}
    made = api.send("POST", f"/repos/{pull.repository}/check-runs", {**body, "status": "queued"})
    return int(made["id"])


def show_progress(api: Api, repository: str, check_run: int, title: str, text: str) -> None:
    """The check run is in progress, and says with what."""
    output = {"title": title, "summary": text}
    body: Json = {"status": "in_progress", "output": output, "actions": []}
    _update(api, repository, check_run, body)


def requeue(api: Api, repository: str, check_run: int) -> None:
    """A completed check run waits again; GitHub does not reset it by itself on "Re-run"."""
    _update(api, repository, check_run, {"status": "queued", "actions": []})


def complete(api: Api, repository: str, check_run: int, output: CheckOutput) -> None:
    """The check run's end."""
    status: Literal["completed"] = "completed"
    body: Json = {"status": status, "conclusion": output.conclusion, "output": output.payload()}
    _update(api, repository, check_run, {**body, "actions": output.buttons()})


def _update(api: Api, repository: str, check_run: int, body: Json) -> None:
    path = f"/repos/{repository}/check-runs/{check_run}"
    api.send("PATCH", path, body, repeatable=True)


def post_review(
    api: Api, pull: PullRequest, review: Review, *, settle: float | None = None
) -> int | None:
    """Post the review of this head commit unless it stands already; its number.

    Args:
        settle: seconds after which what GitHub did not answer for stands, or never will.

    Raises:
        Moved: the commit is not in the pull request any more.
    """
    if review.body is None:
        return None
    marker = review.marker or review_marker(review.head_sha)
    if (standing := find_review(api, pull, marker)) is not None:
        return standing
    for _ in range(TRIES - 1):
        try:
            return _post_once(api, pull, review, marker)
        except Unavailable as error:
            # the programs ran for minutes: better wait here than look at everything again
            log.warning("review not answered", extra={"reason": str(error)})
            time.sleep(SETTLE_SECONDS if settle is None else settle)
            if (standing := find_review(api, pull, marker)) is not None:
                return standing
    return _post_once(api, pull, review, marker)


def _post_once(api: Api, pull: PullRequest, review: Review, marker: str) -> int:
    try:
        return _post(api, pull, review)
    except Unprocessable as error:
        if is_gone(error):
            raise Moved("the commit was force-pushed away") from error
        if not review.comments:
            raise
        log.warning("comments refused; posting them in the body", extra={"reason": error.words})
    # some refusals leave a review behind; only without one is it safe to post again
    standing = find_review(api, pull, marker)
    return _post(api, pull, review.without_comments()) if standing is None else standing


def _post(api: Api, pull: PullRequest, review: Review) -> int:
    body: Json = {
        "commit_id": review.head_sha,  # without it, whatever was pushed meanwhile is reviewed
        "event": "COMMENT",
        "body": review.body,
        "comments": [comment.payload() for comment in review.comments],
    }
    made = api.send("POST", f"/repos/{pull.repository}/pulls/{pull.number}/reviews", body)
    return int(made["id"])
