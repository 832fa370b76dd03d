"""Webhook payloads, as GitHub sends them to an App."""

from worker.demo.github_standin.git import Commit
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.payloads import checks, pulls, reviews
from worker.demo.github_standin.payloads.people import installation, simple_installation, user
from worker.demo.github_standin.payloads.repositories import html_url, repository
from worker.demo.github_standin.records import (
    CheckRun,
    IssueComment,
    PullRequest,
    Repository,
    Review,
    ReviewComment,
    User,
)
from worker.demo.github_standin.refusals import Json

NO_COMMIT = "0" * 40


def _event(hub: Hub, where: Repository, sender: User, **members: object) -> Json:
    """What every event of a repository carries, around its own members."""
    return {
        **members,
        "repository": repository(hub, where),
        "sender": user(hub, sender),
        "installation": simple_installation(hub),
    }


def pull_request(hub: Hub, pull: PullRequest, action: str, sender: User, **more: object) -> Json:
    members = {"action": action, "number": pull.number, "pull_request": pulls.pull(hub, pull)}
    return _event(hub, pull.repository, sender, **members, **more)


def review_submitted(hub: Hub, pull: PullRequest, review: Review) -> Json:
    """`state` is in lower case here and in upper case in the API."""
    shape = {**reviews.review(hub, pull, review), "state": review.state.lower()}
    shape["submitted_at"] = review.submitted_at
    members = {"action": "submitted", "review": shape}
    shown = _shown_pull(hub, pull)
    return _event(hub, pull.repository, review.user, **members, pull_request=shown)


def review_comment_created(hub: Hub, pull: PullRequest, comment: ReviewComment) -> Json:
    members = {"action": "created", "comment": reviews.comment(hub, pull, comment)}
    shown = _shown_pull(hub, pull)
    return _event(hub, pull.repository, comment.user, **members, pull_request=shown)


def _shown_pull(hub: Hub, pull: PullRequest) -> Json:
    return pulls.simple_pull(hub, pull)


def check_run(
    hub: Hub, where: Repository, run: CheckRun, action: str, sender: User, **more: object
) -> Json:
    shape = checks.webhook_check_run(hub, where, run)
    return _event(hub, where, sender, action=action, check_run=shape, **more)


def check_suite_requested(
    hub: Hub,
    where: Repository,
    branch: str,
    before: str,
    sha: str,
    sender: User,
    action: str = "requested",
) -> Json:
    suite_id = where.suites.setdefault(sha, hub.ids.new())
    shape = checks.check_suite(hub, where, suite_id, branch, before, sha)
    return _event(hub, where, sender, action=action, check_suite=shape)


def issue_comment(
    hub: Hub, where: Repository, comment: IssueComment, action: str = "created"
) -> Json:
    shape = reviews.issue_comment(hub, where, comment)
    issue = pulls.issue(hub, where.pulls[comment.number])
    return _event(hub, where, comment.user, action=action, issue=issue, comment=shape)


def push(
    hub: Hub, where: Repository, branch: str, before: str, after: str, forced: bool, sender: User
) -> Json:
    known = before != NO_COMMIT and where.git.type_of(before) == "commit"
    made = where.git.between(before, after) if known else (where.git.show(after),)
    commits = [_commit(hub, where, one) for one in made]
    return _event(
        hub,
        where,
        sender,
        ref=f"refs/heads/{branch}",
        before=before,
        after=after,
        created=before == NO_COMMIT,
        deleted=False,
        forced=forced,
        base_ref=None,
        compare=f"{html_url(hub, where)}/compare/{before[:12]}...{after[:12]}",
        commits=commits,
        head_commit=_commit(hub, where, where.git.show(after)),
        pusher={"name": sender.login, "email": sender.email},
    )


def _commit(hub: Hub, where: Repository, made: Commit) -> Json:
    by = {"name": made.author.name, "email": made.author.email}
    changes = where.git.text("show", "--name-status", "--no-renames", "--format=", made.sha)
    rows = [row.split("\t", 1) for row in changes.splitlines() if "\t" in row]
    return {
        "id": made.sha,
        "tree_id": made.tree,
        "distinct": True,
        "message": made.message,
        "timestamp": made.date,
        "url": f"{html_url(hub, where)}/commit/{made.sha}",
        "author": by,
        "committer": by,
        "added": [path for status, path in rows if status == "A"],
        "removed": [path for status, path in rows if status == "D"],
        "modified": [path for status, path in rows if status in "MT"],
    }


def installation_event(hub: Hub, action: str, sender: User) -> Json:
    """`created`, `suspend` and the like, with the repositories in GitHub's short shape."""
    shown = [_short(hub, one) for one in hub.repositories.values() if one.installed]
    return {
        "action": action,
        "installation": installation(hub),
        "repositories": shown,
        "requester": None,
        "sender": user(hub, sender),
    }


def repositories_removed(hub: Hub, gone: Repository, sender: User) -> Json:
    """The installation's owner took a repository out of it."""
    return {
        "action": "removed",
        "installation": installation(hub),
        "repository_selection": "selected",
        "repositories_added": [],
        "repositories_removed": [_short(hub, gone)],
        "requester": None,
        "sender": user(hub, sender),
    }


def _short(hub: Hub, one: Repository) -> Json:
    return {
        "id": one.id,
        "node_id": repository(hub, one)["node_id"],
        "name": one.name,
        "full_name": one.full_name,
        "private": one.private,
    }
