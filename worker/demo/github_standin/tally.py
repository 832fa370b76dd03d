"""Counts of what the App left behind, for tests that kill it: nothing may be doubled or lost."""

from dataclasses import dataclass

from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.records import PullRequest


@dataclass
class Tally:
    """What the App made about one commit of a pull request.

    Attributes:
        reviews: submitted, with a body; replies make bodiless ones, which do not count.
        comments: first comments of threads.
        check_runs: those that bear the pull request's number; `open_check_runs` not completed.
        doubled: texts of comments that stand more than once in the pull request.
    """

    reviews: int = 0
    comments: int = 0
    check_runs: int = 0
    open_check_runs: int = 0
    doubled: tuple[str, ...] = ()


def tally(hub: Hub, pull: PullRequest) -> dict[str, Tally]:
    """By commit, in the order in which the App first spoke about them."""
    found: dict[str, Tally] = {}
    bot, texts = hub.app.bot, [one.body for one in pull.comments if one.user == hub.app.bot]
    for run in pull.repository.check_runs.values():
        if run.external_id in ("", f"pull/{pull.number}"):
            row = found.setdefault(run.head_sha, Tally())
            row.check_runs += 1
            row.open_check_runs += run.status != "completed"
    for review in pull.reviews:
        if review.user == bot and review.state != "PENDING" and review.body:
            found.setdefault(review.commit_id, Tally()).reviews += 1
    for comment in pull.comments:
        if comment.user == bot and comment.in_reply_to is None:
            row = found.setdefault(comment.original_commit_id, Tally())
            row.comments += 1
            if texts.count(comment.body) > 1:
                row.doubled = (*row.doubled, comment.body)
    return found
