"""Reviews, comments on a diff, and comments in the conversation."""

from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.payloads.people import app, association, node_id, user
from worker.demo.github_standin.payloads.pulls import pull_page, pull_url, reactions
from worker.demo.github_standin.payloads.repositories import api_url
from worker.demo.github_standin.records import (
    IssueComment,
    PullRequest,
    Reaction,
    Repository,
    Review,
    ReviewComment,
)
from worker.demo.github_standin.refusals import Json


def review(hub: Hub, pull: PullRequest, one: Review) -> Json:
    page = f"{pull_page(hub, pull)}#pullrequestreview-{one.id}"
    shape: Json = {
        "id": one.id,
        "node_id": node_id("PullRequestReview", one.id),
        "user": user(hub, one.user),
        "body": one.body,
        "state": one.state,
        "html_url": page,
        "pull_request_url": pull_url(hub, pull),
        "author_association": association(pull.repository.owner, one.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": pull_url(hub, pull)}},
        "commit_id": one.commit_id,
    }
    return shape if one.submitted_at is None else {**shape, "submitted_at": one.submitted_at}


def comment(hub: Hub, pull: PullRequest, one: ReviewComment) -> Json:
    """The shape of the single-comment operations, with `line` (None when outdated)."""
    return {
        **_comment_core(hub, pull, one),
        "line": one.line,
        "original_line": one.original_line,
        "start_line": one.start_line,
        "original_start_line": one.original_start_line,
        "side": one.side,
        "start_side": one.start_side,
        "subject_type": one.subject_type,
    }


def review_comment(hub: Hub, pull: PullRequest, one: ReviewComment) -> Json:
    """The older shape below a review: GitHub leaves `line` and `side` out of it."""
    return _comment_core(hub, pull, one)


def _comment_core(hub: Hub, pull: PullRequest, one: ReviewComment) -> Json:
    api = f"{api_url(hub, pull.repository)}/pulls/comments/{one.id}"
    page = f"{pull_page(hub, pull)}#discussion_r{one.id}"
    links = {"self": api, "html": page, "pull_request": pull_url(hub, pull)}
    shape: Json = {
        "id": one.id,
        "node_id": node_id("PullRequestReviewComment", one.id),
        "pull_request_review_id": one.review_id,
        "url": api,
        "html_url": page,
        "pull_request_url": pull_url(hub, pull),
        "diff_hunk": one.diff_hunk,
        "path": one.path,
        "position": one.position,
        "original_position": one.original_position,
        "commit_id": one.commit_id,
        "original_commit_id": one.original_commit_id,
        "user": user(hub, one.user),
        "body": one.body,
        "created_at": one.created_at,
        "updated_at": one.created_at,
        "author_association": association(pull.repository.owner, one.user),
        "reactions": reactions(f"{api}/reactions", [r.content for r in one.reactions]),
        "_links": {name: {"href": url} for name, url in links.items()},
    }
    return shape if one.in_reply_to is None else {**shape, "in_reply_to_id": one.in_reply_to}


def issue_comment(hub: Hub, where: Repository, one: IssueComment) -> Json:
    api = f"{api_url(hub, where)}/issues/comments/{one.id}"
    pull = where.pulls[one.number]
    return {
        "id": one.id,
        "node_id": node_id("IssueComment", one.id),
        "url": api,
        "html_url": f"{pull_page(hub, pull)}#issuecomment-{one.id}",
        "issue_url": f"{api_url(hub, where)}/issues/{one.number}",
        "user": user(hub, one.user),
        "body": one.body,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "author_association": association(where.owner, one.user),
        "reactions": reactions(f"{api}/reactions", [r.content for r in one.reactions]),
        "performed_via_github_app": app(hub) if one.user == hub.app.bot else None,
    }


def reaction(hub: Hub, one: Reaction) -> Json:
    return {
        "id": one.id,
        "node_id": node_id("Reaction", one.id),
        "user": user(hub, one.user),
        "content": one.content,
        "created_at": one.created_at,
    }
