"""The conversation of a pull request: comments, reactions, and who may command."""

from worker.demo.github_standin.bodies import check_members
from worker.demo.github_standin.calls import (
    Answer,
    Request,
    caller,
    operation,
    page_of,
    the_repository,
)
from worker.demo.github_standin.commenting import MAX_BODY
from worker.demo.github_standin.echoes import echo_issue_comment
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.payloads import reviews as shapes
from worker.demo.github_standin.payloads.people import user
from worker.demo.github_standin.records import IssueComment, Reaction, Repository, User
from worker.demo.github_standin.refusals import not_found, validation_failed

_R = "/repos/{owner}/{repo}"
_EITHER = "issues:write|pull_requests:write"
_READ = "issues:read|pull_requests:read"
_CONTENTS = "+1|-1|laugh|confused|heart|hooray|rocket|eyes"


@operation("POST", _R + "/issues/{issue_number}/comments", needs=_EITHER, creates_content=True)
def create_issue_comment(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    check_members(request.object, {"body": "string"}, required=("body",))
    number = hub.pull(where, request.parameters["issue_number"]).number
    comment = add_issue_comment(hub, where, number, caller(hub), request.object["body"])
    shape = shapes.issue_comment(hub, where, comment)
    return Answer(201, shape, {"Location": shape["url"]})


def add_issue_comment(
    hub: Hub, where: Repository, number: int, who: User, text: str
) -> IssueComment:
    """Posts a comment in the conversation, by the App or by a person."""
    _check_text(text)
    comment = IssueComment(hub.ids.new(), number, who, text, hub.now(), hub.now())
    where.issue_comments[comment.id] = comment
    echo_issue_comment(hub, where, comment)
    return comment


def _check_text(text: str) -> None:
    if not text.strip():
        raise validation_failed("IssueComment", "body", "body can't be blank", "missing_field")
    if len(text) > MAX_BODY:
        must = f"body is too long (maximum is {MAX_BODY} characters)"
        raise validation_failed("IssueComment", "body", must)


@operation("GET", _R + "/issues/{issue_number}/comments", needs=_READ)
def list_issue_comments(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    number = hub.pull(where, request.parameters["issue_number"]).number
    rows = [one for one in where.issue_comments.values() if one.number == number]
    return page_of(hub, request, [shapes.issue_comment(hub, where, one) for one in rows])


@operation("GET", _R + "/issues/comments/{comment_id}", needs=_READ)
def get_issue_comment(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    comment = hub.issue_comment(where, request.parameters["comment_id"])
    return Answer(200, shapes.issue_comment(hub, where, comment))


@operation("PATCH", _R + "/issues/comments/{comment_id}", needs=_EITHER)
def update_issue_comment(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    comment = hub.issue_comment(where, request.parameters["comment_id"])
    check_members(request.object, {"body": "string"}, required=("body",))
    _check_text(request.object["body"])
    comment.body, comment.updated_at = request.object["body"], hub.now()
    return Answer(200, shapes.issue_comment(hub, where, comment))


@operation("DELETE", _R + "/issues/comments/{comment_id}", needs=_EITHER)
def delete_issue_comment(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    del where.issue_comments[hub.issue_comment(where, request.parameters["comment_id"]).id]
    return Answer(204)


@operation("POST", _R + "/issues/comments/{comment_id}/reactions", needs=_EITHER)
def create_reaction(hub: Hub, request: Request) -> Answer:
    """201 for a new reaction, 200 for one that is already there."""
    where = the_repository(hub, request)
    comment = hub.issue_comment(where, request.parameters["comment_id"])
    return add_reaction(hub, request, comment.reactions)


def add_reaction(hub: Hub, request: Request, reactions: list[Reaction]) -> Answer:
    """The App's reaction, to a comment of any kind."""
    check_members(request.object, {"content": _CONTENTS}, required=("content",))
    content, who = request.object["content"], caller(hub)
    for given in reactions:
        if (given.user, given.content) == (who, content):
            return Answer(200, shapes.reaction(hub, given))
    given = Reaction(hub.ids.new(), who, content, hub.now())
    reactions.append(given)
    return Answer(201, shapes.reaction(hub, given))


@operation("GET", _R + "/issues/comments/{comment_id}/reactions", needs=_READ)
def list_reactions(hub: Hub, request: Request) -> Answer:
    where = the_repository(hub, request)
    comment = hub.issue_comment(where, request.parameters["comment_id"])
    return page_of(hub, request, [shapes.reaction(hub, one) for one in comment.reactions])


@operation("GET", _R + "/collaborators/{username}/permission", needs="metadata:read")
def get_permission(hub: Hub, request: Request) -> Answer:
    """Everybody has at least `read` of a public repository and `none` of a private one."""
    where, login = the_repository(hub, request), request.parameters["username"]
    who = next((one for one in hub.users.values() if one.login.lower() == login.lower()), None)
    if who is None:
        raise not_found()
    role = "admin" if who == where.owner else where.collaborators.get(who.login, "")
    role = role or ("none" if where.private else "read")
    level = {"maintain": "write", "triage": "read"}.get(role, role)
    ranks = {
        "pull": "read",
        "triage": "triage",
        "push": "write",
        "maintain": "maintain",
        "admin": "admin",
    }
    order = ["none", "read", "triage", "write", "maintain", "admin"]
    can = {name: order.index(role) >= order.index(needed) for name, needed in ranks.items()}
    shown = {**user(hub, who), "permissions": can, "role_name": role}
    return Answer(200, {"permission": level, "role_name": role, "user": shown})
