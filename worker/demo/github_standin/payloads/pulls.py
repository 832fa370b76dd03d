"""Pull requests, the files they change, and the issue that each of them also is."""

from urllib.parse import quote

from worker.demo.github_standin.diffs import ChangedFile
from worker.demo.github_standin.hub import Hub, pull_files
from worker.demo.github_standin.payloads.people import association, node_id, user
from worker.demo.github_standin.payloads.repositories import api_url, html_url, repository
from worker.demo.github_standin.records import PullRequest, Repository
from worker.demo.github_standin.refusals import Json


def pull(hub: Hub, one: PullRequest) -> Json:
    """The full shape, which webhooks carry too. Whether it merges is unknown at first."""
    files = pull_files(one)
    merge = one.repository.git.resolve(f"refs/pull/{one.number}/merge")
    mergeable = merge is not None if one.merge_checked else None
    merge_state = {None: "unknown", True: "clean", False: "dirty"}[mergeable]
    return {
        **simple_pull(hub, one),
        "merged": False,
        "mergeable": mergeable,
        "rebaseable": mergeable,
        "mergeable_state": merge_state,
        "merged_by": None,
        "comments": sum(c.number == one.number for c in one.repository.issue_comments.values()),
        "review_comments": len(one.comments),
        "maintainer_can_modify": False,
        "commits": len(one.repository.git.between(one.base_sha, one.head_sha)),
        "additions": sum(file.additions for file in files),
        "deletions": sum(file.deletions for file in files),
        "changed_files": len(files),
    }


def simple_pull(hub: Hub, one: PullRequest) -> Json:
    """The shape of lists."""
    return {
        "id": one.id,
        "node_id": node_id("PullRequest", one.id),
        "number": one.number,
        "state": one.state,
        "locked": False,
        "title": one.title,
        "user": user(hub, one.author),
        "body": one.body,
        "labels": [_label(hub, one.repository, name) for name in one.labels],
        "milestone": None,
        "active_lock_reason": None,
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "closed_at": one.closed_at,
        "merged_at": None,
        "merge_commit_sha": one.repository.git.resolve(f"refs/pull/{one.number}/merge"),
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "head": _side(hub, one.head_repository, one.head_ref, one.head_sha),
        "base": _side(hub, one.repository, one.base_ref, one.base_sha),
        "author_association": association(one.repository.owner, one.author),
        "auto_merge": None,
        "draft": one.draft,
        **_addresses(hub, one),
    }


def _addresses(hub: Hub, one: PullRequest) -> Json:
    api, html = pull_url(hub, one), pull_page(hub, one)
    issue = f"{api_url(hub, one.repository)}/issues/{one.number}"
    urls = {
        "url": api,
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": issue,
        "commits_url": f"{api}/commits",
        "review_comments_url": f"{api}/comments",
        "review_comment_url": f"{api_url(hub, one.repository)}/pulls/comments{{/number}}",
        "comments_url": f"{issue}/comments",
        "statuses_url": f"{api_url(hub, one.repository)}/statuses/{one.head_sha}",
    }
    links = {
        "self": api,
        "html": html,
        "issue": issue,
        "comments": urls["comments_url"],
        "review_comments": urls["review_comments_url"],
        "review_comment": urls["review_comment_url"],
        "commits": urls["commits_url"],
        "statuses": urls["statuses_url"],
    }
    return {**urls, "_links": {name: {"href": url} for name, url in links.items()}}


def pull_url(hub: Hub, one: PullRequest) -> str:
    return f"{api_url(hub, one.repository)}/pulls/{one.number}"


def pull_page(hub: Hub, one: PullRequest) -> str:
    return f"{html_url(hub, one.repository)}/pull/{one.number}"


def _side(hub: Hub, where: Repository, ref: str, sha: str) -> Json:
    return {
        "label": f"{where.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(hub, where.owner),
        "repo": repository(hub, where),
    }


def _label(hub: Hub, where: Repository, name: str) -> Json:
    return {
        "id": where.id,
        "node_id": node_id("Label", where.id),
        "url": f"{api_url(hub, where)}/labels/{quote(name)}",
        "name": name,
        "description": None,
        "color": "ededed",
        "default": False,
    }


def pull_minimal(hub: Hub, one: PullRequest) -> Json:
    """The shape inside check runs."""
    return {
        "id": one.id,
        "number": one.number,
        "url": pull_url(hub, one),
        "head": _minimal_side(hub, one.head_repository, one.head_ref, one.head_sha),
        "base": _minimal_side(hub, one.repository, one.base_ref, one.base_sha),
    }


def _minimal_side(hub: Hub, where: Repository, ref: str, sha: str) -> Json:
    repo = {"id": where.id, "url": api_url(hub, where), "name": where.name}
    return {"ref": ref, "sha": sha, "repo": repo}


def changed_file(hub: Hub, where: Repository, head: str, file: ChangedFile) -> Json:
    page, path = html_url(hub, where), quote(file.path, safe="")
    entry: Json = {
        "sha": file.sha,
        "filename": file.path,
        "status": file.status,
        "additions": file.additions,
        "deletions": file.deletions,
        "changes": file.additions + file.deletions,
        "blob_url": f"{page}/blob/{head}/{path}",
        "raw_url": f"{page}/raw/{head}/{path}",
        "contents_url": f"{api_url(hub, where)}/contents/{quote(file.path)}?ref={head}",
    }
    if file.previous_path is not None:
        entry["previous_filename"] = file.previous_path
    if file.patch is not None:
        entry["patch"] = file.patch
    return entry


def issue(hub: Hub, one: PullRequest) -> Json:
    """The issue behind a pull request, as issue_comment webhooks carry it."""
    return {
        "id": one.id,
        "node_id": node_id("Issue", one.id),
        "number": one.number,
        "title": one.title,
        "body": one.body,
        "user": user(hub, one.author),
        "state": one.state,
        "state_reason": None,
        "locked": False,
        "active_lock_reason": None,
        "labels": [_label(hub, one.repository, name) for name in one.labels],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "comments": sum(c.number == one.number for c in one.repository.issue_comments.values()),
        "created_at": one.created_at,
        "updated_at": one.updated_at,
        "closed_at": one.closed_at,
        "author_association": association(one.repository.owner, one.author),
        "draft": one.draft,
        "performed_via_github_app": None,
        **_issue_addresses(hub, one),
    }


def _issue_addresses(hub: Hub, one: PullRequest) -> Json:
    api = f"{api_url(hub, one.repository)}/issues/{one.number}"
    html = pull_page(hub, one)
    links = {"diff_url": f"{html}.diff", "patch_url": f"{html}.patch", "merged_at": None}
    return {
        "url": api,
        "html_url": html,
        "repository_url": api_url(hub, one.repository),
        "labels_url": f"{api}/labels{{/name}}",
        "comments_url": f"{api}/comments",
        "events_url": f"{api}/events",
        "timeline_url": f"{api}/timeline",
        "reactions": reactions(f"{api}/reactions", []),
        "pull_request": {"url": pull_url(hub, one), "html_url": html, **links},
    }


_CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")


def reactions(url: str, given: list[str]) -> Json:
    """The count of each reaction to something."""
    counts = {content: given.count(content) for content in _CONTENTS}
    return {"url": url, "total_count": len(given), **counts}
