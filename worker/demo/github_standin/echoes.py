"""The webhooks that the App's own acts cause: it hears of its reviews, comments and check runs."""

from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.payloads import events
from worker.demo.github_standin.records import (
    CheckRun,
    IssueComment,
    PullRequest,
    Repository,
    Review,
    ReviewComment,
)


def echo_review(hub: Hub, pull: PullRequest, review: Review) -> None:
    hub.emit("pull_request_review", events.review_submitted(hub, pull, review))
    for comment in pull.comments:
        if comment.review_id == review.id:
            echo_review_comment(hub, pull, comment)


def echo_review_comment(hub: Hub, pull: PullRequest, comment: ReviewComment) -> None:
    payload = events.review_comment_created(hub, pull, comment)
    hub.emit("pull_request_review_comment", payload)


def echo_check_run(hub: Hub, where: Repository, run: CheckRun, action: str) -> None:
    hub.emit("check_run", events.check_run(hub, where, run, action, hub.app.bot))


def echo_issue_comment(hub: Hub, where: Repository, comment: IssueComment) -> None:
    hub.emit("issue_comment", events.issue_comment(hub, where, comment))
