"""GraphQL, for what REST cannot do: review threads and hiding comments.

Errors come with status 200, as GitHub's do. Bot logins have no `[bot]` here.
"""

from collections.abc import Mapping
from typing import Any

from worker.demo.github_standin.calls import Answer, Request, operation
from worker.demo.github_standin.graphql_query import Field, QueryError, cut, parse
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.payloads.people import node_id, read_node_id
from worker.demo.github_standin.payloads.pulls import pull_page
from worker.demo.github_standin.records import (
    Grant,
    IssueComment,
    PullRequest,
    Repository,
    ReviewComment,
    User,
)
from worker.demo.github_standin.refusals import Json, Refused
from worker.demo.github_standin.tokens import allows, find_grant

_CLASSIFIERS = {"ABUSE", "DUPLICATE", "OFF_TOPIC", "OUTDATED", "RESOLVED", "SPAM"}
MAX_NODES = 100


class _Failed(Exception):
    """One GraphQL error: its type and its message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@operation("POST", "/graphql", needs="metadata:read")
def graphql(hub: Hub, request: Request) -> Answer:
    body, grant = request.object, find_grant(hub, request.bearer or "")
    if not isinstance(body.get("query"), str):
        raise Refused(400, "A query attribute must be specified and must be a string.")
    try:
        kind, fields = parse(body["query"], body.get("variables") or {})
    except QueryError as error:
        return Answer(200, {"errors": [{"message": str(error)}]})
    data: Json = {}
    errors = []
    for field in fields:
        try:
            data[field.key] = _answer(hub, grant, kind, field)
        except (_Failed, QueryError) as error:
            data[field.key] = None
            errors.append(_error(error, field))
    return Answer(200, {"data": data, "errors": errors} if errors else {"data": data})


def _error(error: Exception, field: Field) -> Json:
    shape: Json = {"message": str(error), "path": [field.key], "locations": []}
    return {"type": error.kind, **shape} if isinstance(error, _Failed) else shape


def _answer(hub: Hub, grant: Grant, kind: str, field: Field) -> Any:
    known = _MUTATIONS if kind == "mutation" else _QUERIES
    if field.name not in known:
        owner = "Mutation" if kind == "mutation" else "Query"
        raise QueryError(f"Field '{field.name}' doesn't exist on type '{owner}'")
    return cut(known[field.name](hub, grant, field), field.selection)


def _viewer(hub: Hub, _grant: Grant, _field: Field) -> Json:
    return _actor(hub.app.bot)


def _rate_limit(hub: Hub, _grant: Grant, _field: Field) -> Json:
    meter = hub.meter
    return {"limit": meter.limit, "cost": 1, "remaining": meter.remaining, "used": meter.used}


def _repository(hub: Hub, grant: Grant, field: Field) -> Json:
    owner, name = field.arguments.get("owner"), field.arguments.get("name")
    where = hub.repositories.get(f"{owner}/{name}".lower())
    if where is None or not _sees(grant, where):
        message = f"Could not resolve to a Repository with the name '{owner}/{name}'."
        raise _Failed("NOT_FOUND", message)
    shape: Json = {"id": node_id("Repository", where.id), "nameWithOwner": where.full_name}
    for asked in field.selection:
        if asked.name == "pullRequest":
            shape["pullRequest"] = _pull(hub, where, asked)
    return shape


def _sees(grant: Grant, where: Repository) -> bool:
    return where.installed and (grant.repositories is None or where.id in grant.repositories)


def _pull(hub: Hub, where: Repository, field: Field) -> Json:
    number = field.arguments.get("number")
    pull = where.pulls.get(number) if isinstance(number, int) else None
    if pull is None:
        message = f"Could not resolve to a PullRequest with the number of {number}."
        raise _Failed("NOT_FOUND", message)
    asked = next((one for one in field.selection if one.name == "reviewThreads"), None)
    shape: Json = {
        "id": node_id("PullRequest", pull.id),
        "number": pull.number,
        "title": pull.title,
        "headRefOid": pull.head_sha,
        "state": pull.state.upper(),
        "url": pull_page(hub, pull),
    }
    return shape if asked is None else {**shape, "reviewThreads": _threads(hub, pull, asked)}


def _threads(hub: Hub, pull: PullRequest, field: Field) -> Json:
    tops = [one for one in pull.comments if one.in_reply_to is None]
    shapes = [_thread(hub, pull, one) for one in tops]
    return _connection(shapes, field.arguments)


def _connection(nodes: list[Json], arguments: Mapping[str, Any]) -> Json:
    """One page; the cursor is the count of nodes before it."""
    first = arguments.get("first")
    if not isinstance(first, int) or not 1 <= first <= MAX_NODES:
        raise _Failed("EXCESSIVE_PAGINATION", f"`first` must be between 1 and {MAX_NODES}.")
    start = int(arguments.get("after") or 0)
    end = min(len(nodes), start + first)
    info = {
        "hasNextPage": end < len(nodes),
        "hasPreviousPage": start > 0,
        "startCursor": str(start),
        "endCursor": str(end),
    }
    return {"totalCount": len(nodes), "nodes": nodes[start:end], "pageInfo": info}


def _thread(hub: Hub, pull: PullRequest, top: ReviewComment) -> Json:
    members = [one for one in pull.comments if one.thread == top.id]
    resolved = top.id in pull.resolved_threads
    return {
        "id": node_id("PullRequestReviewThread", top.id),
        "isResolved": resolved,
        "isOutdated": top.subject_type == "line" and top.line is None,
        "isCollapsed": resolved,
        "path": top.path,
        "line": top.line,
        "startLine": top.start_line,
        "originalLine": top.original_line,
        "diffSide": top.side,
        "subjectType": top.subject_type.upper(),
        "viewerCanResolve": not resolved,
        "resolvedBy": _resolver(pull, top.id) if resolved else None,
        "comments": {
            "totalCount": len(members),
            "nodes": [_comment(hub, pull, one) for one in members],
            "pageInfo": {"hasNextPage": False, "endCursor": str(len(members))},
        },
    }


def _resolver(pull: PullRequest, thread: int) -> Json | None:
    """People only: the field's type is User, and an App is none."""
    who = pull.resolvers.get(thread)
    return None if who is None or who.type != "User" else _actor(who)


def _comment(hub: Hub, pull: PullRequest, one: ReviewComment) -> Json:
    return {
        "id": node_id("PullRequestReviewComment", one.id),
        "databaseId": one.id if one.id < 2**31 else None,
        "fullDatabaseId": str(one.id),
        "body": one.body,
        "path": one.path,
        "line": one.line,
        "outdated": one.line is None,
        "author": _actor(one.user),
        "isMinimized": one.minimized is not None,
        "minimizedReason": one.minimized and one.minimized.lower(),
        "url": f"{pull_page(hub, pull)}#discussion_r{one.id}",
    }


def _actor(who: User) -> Json:
    return {
        "__typename": who.type,
        "login": who.login.removesuffix("[bot]"),
        "id": node_id(who.type, who.id),
    }


def _set_resolved(hub: Hub, grant: Grant, field: Field) -> Json:
    """Needs contents: write besides pull_requests: write."""
    if not _may(grant, "contents:write") or not _may(grant, "pull_requests:write"):
        raise _Failed("FORBIDDEN", "Resource not accessible by integration")
    asked = (field.arguments.get("input") or {}).get("threadId", "")
    named = read_node_id(asked)
    for pull, comment in hub.review_comments():
        if named == ("PullRequestReviewThread", comment.id) and _sees(grant, pull.repository):
            change = pull.resolved_threads.add if field.name == "resolveReviewThread" else None
            (change or pull.resolved_threads.discard)(comment.id)
            pull.resolvers.pop(comment.id, None)  # no person did it
            return {"clientMutationId": None, "thread": _thread(hub, pull, comment)}
    raise _Failed("NOT_FOUND", f"Could not resolve to a node with the global id of '{asked}'")


def _may(grant: Grant, needed: str) -> bool:
    return allows(grant.permissions, needed)


def _minimize(hub: Hub, grant: Grant, field: Field) -> Json:
    if not _may(grant, "pull_requests:write|issues:write"):
        raise _Failed("FORBIDDEN", "Resource not accessible by integration")
    given = field.arguments.get("input") or {}
    if given.get("classifier") not in _CLASSIFIERS:
        raise QueryError(f"Argument 'classifier' has an invalid value ({given.get('classifier')}).")
    subject = _subject(hub, grant, given.get("subjectId", ""))
    subject.minimized = given["classifier"]
    shape = {"isMinimized": True, "minimizedReason": subject.minimized.lower()}
    return {"clientMutationId": None, "minimizedComment": shape}


def _subject(hub: Hub, grant: Grant, asked: str) -> ReviewComment | IssueComment:
    named = read_node_id(asked)
    for pull, comment in hub.review_comments():
        if named == ("PullRequestReviewComment", comment.id) and _sees(grant, pull.repository):
            return comment
    for where in hub.repositories.values():
        for said in where.issue_comments.values():
            if named == ("IssueComment", said.id) and _sees(grant, where):
                return said
    raise _Failed("NOT_FOUND", f"Could not resolve to a node with the global id of '{asked}'")


_QUERIES = {"viewer": _viewer, "rateLimit": _rate_limit, "repository": _repository}
_MUTATIONS = {
    "resolveReviewThread": _set_resolved,
    "unresolveReviewThread": _set_resolved,
    "minimizeComment": _minimize,
}
