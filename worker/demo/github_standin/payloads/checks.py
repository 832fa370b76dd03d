"""Check runs and the suites they belong to."""

from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.payloads.people import app, node_id
from worker.demo.github_standin.payloads.pulls import pull_minimal
from worker.demo.github_standin.payloads.repositories import api_url, html_url
from worker.demo.github_standin.records import CheckRun, PullRequest, Repository
from worker.demo.github_standin.refusals import Json


def check_run(hub: Hub, where: Repository, one: CheckRun) -> Json:
    api = f"{api_url(hub, where)}/check-runs/{one.id}"
    page = f"{html_url(hub, where)}/runs/{one.id}"
    return {
        "id": one.id,
        "node_id": node_id("CheckRun", one.id),
        "name": one.name,
        "head_sha": one.head_sha,
        "external_id": one.external_id,
        "url": api,
        "html_url": page,
        "details_url": one.details_url or page,
        "status": one.status,
        "conclusion": one.conclusion,
        "started_at": one.started_at,
        "completed_at": one.completed_at,
        "output": {
            "title": one.title,
            "summary": one.summary,
            "text": one.text,
            "annotations_count": len(one.annotations),
            "annotations_url": f"{api}/annotations",
        },
        "check_suite": {"id": one.suite_id},
        "app": app(hub),
        "pull_requests": [pull_minimal(hub, pull) for pull in same_head(where, one.head_sha)],
    }


def same_head(where: Repository, sha: str) -> list[PullRequest]:
    """The open pull requests at a commit; those from forks are never listed."""
    pulls = where.pulls.values()
    return [
        p for p in pulls if p.head_sha == sha and p.state == "open" and p.head_repository is where
    ]


def webhook_check_run(hub: Hub, where: Repository, one: CheckRun) -> Json:
    """As webhooks carry it: with the suite written out."""
    pull = next(iter(same_head(where, one.head_sha)), None)
    suite: Json = {
        "id": one.suite_id,
        "node_id": node_id("CheckSuite", one.suite_id),
        "head_branch": None if pull is None else pull.head_ref,
        "head_sha": one.head_sha,
        "status": one.status,
        "conclusion": one.conclusion,
        "url": f"{api_url(hub, where)}/check-suites/{one.suite_id}",
        "before": None if pull is None else pull.base_sha,
        "after": one.head_sha,
        "pull_requests": [pull_minimal(hub, p) for p in same_head(where, one.head_sha)],
        "app": app(hub),
        "created_at": one.started_at or hub.now(),
        "updated_at": one.completed_at or hub.now(),
    }
    suite = {
        name: value for name, value in suite.items() if value is not None or name == "conclusion"
    }
    return {**check_run(hub, where, one), "check_suite": suite}


def check_suite(
    hub: Hub, where: Repository, suite_id: int, branch: str, before: str, sha: str
) -> Json:
    """The suite that a push makes by itself."""
    api = f"{api_url(hub, where)}/check-suites/{suite_id}"
    made = where.git.show(sha)
    by = {"name": made.author.name, "email": made.author.email}
    head = {"id": sha, "tree_id": made.tree, "message": made.message, "timestamp": made.date}
    return {
        "id": suite_id,
        "node_id": node_id("CheckSuite", suite_id),
        "head_branch": branch,
        "head_sha": sha,
        "status": "queued",
        "conclusion": None,
        "url": api,
        "before": before,
        "after": sha,
        "pull_requests": [pull_minimal(hub, pull) for pull in same_head(where, sha)],
        "app": app(hub),
        "created_at": hub.now(),
        "updated_at": hub.now(),
        "rerequestable": True,
        "runs_rerequestable": True,
        "latest_check_runs_count": 0,
        "check_runs_url": f"{api}/check-runs",
        "head_commit": {**head, "author": by, "committer": by},
    }


def annotation(hub: Hub, where: Repository, sha: str, one: Json) -> Json:
    return {
        "path": one["path"],
        "start_line": one["start_line"],
        "end_line": one["end_line"],
        "start_column": one.get("start_column"),
        "end_column": one.get("end_column"),
        "annotation_level": one["annotation_level"],
        "title": one.get("title"),
        "message": one["message"],
        "raw_details": one.get("raw_details"),
        "blob_href": f"{html_url(hub, where)}/blob/{sha}/{one['path']}",
    }
