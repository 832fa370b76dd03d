"""Single comments on a diff, replies, and the lists of both."""

from worker.demo.github_standin.anchors import Unanchored, find_anchor
from worker.demo.github_standin.bodies import check_members
from worker.demo.github_standin.calls import (
    Answer,
    Request,
    caller,
    operation,
    page_of,
    the_pull,
    the_repository,
)
from worker.demo.github_standin.commenting import (
    MAX_BODY,
    commits_of,
    keep_comment,
    start_thread,
)
from worker.demo.github_standin.echoes import echo_review_comment
from worker.demo.github_standin.hub import Hub, pull_files
from worker.demo.github_standin.operations.issues import add_reaction
from worker.demo.github_standin.payloads import reviews as shapes
from worker.demo.github_standin.records import PullRequest, Review, ReviewComment, User
from worker.demo.github_standin.refusals import Json, Refused, not_found, validation_failed

_R = "/repos/{owner}/{repo}"
_P = _R + "/pulls/{pull_number}"
_COMMENT = {
    "body": "string",
    "commit_id": "string",
    "path": "string",
    "position": "integer",
    "side": "LEFT|RIGHT",
    "line": "integer",
    "start_line": "integer",
    "start_side": "LEFT|RIGHT|side",
    "in_reply_to": "integer",
    "subject_type": "line|file",
}
_RESOURCE = "PullRequestReviewComment"


@operation("POST", _P + "/comments", needs="pull_requests:write", creates_content=True)
def create_comment(hub: Hub, request: Request) -> Answer:
    pull, body = the_pull(hub, request), request.object
    replying = body.get("in_reply_to")
    check_members(body, _COMMENT, required=("body", "commit_id", "path"))
    _check_text(body["body"])
    if replying is not None:
        return _reply(hub, pull, replying, body["body"])
    if body["commit_id"] not in commits_of(pull):
        must = "commit_id is not part of the pull request"
        raise validation_failed(_RESOURCE, "commit_id", must)
    comment = _on_file(hub, pull, body) if _is_file(body) else _on_line(hub, pull, body)
    return _created(hub, pull, comment)


def _is_file(body: Json) -> bool:
    return body.get("subject_type") == "file"


def _check_text(text: str) -> None:
    if not text.strip():
        raise validation_failed(_RESOURCE, "body", "body can't be blank", code="missing_field")
    if len(text) > MAX_BODY:
        must = f"body is too long (maximum is {MAX_BODY} characters)"
        raise validation_failed(_RESOURCE, "body", must)


def _own_review(hub: Hub, pull: PullRequest, commit: str, who: User | None = None) -> Review:
    """Each single comment gets a review record of its own, without a body."""
    review = Review(hub.ids.new(), who or caller(hub), "", "COMMENTED", commit, hub.now())
    pull.reviews.append(review)
    return review


def _on_line(hub: Hub, pull: PullRequest, body: Json) -> ReviewComment:
    if body.get("line") is None and body.get("position") is None:
        raise validation_failed(_RESOURCE, "line", "line can't be blank", code="missing_field")
    try:
        anchor = find_anchor(pull_files(pull, body["commit_id"]), body)
    except Unanchored as refusal:
        raise _unanchored(refusal) from None
    review = _own_review(hub, pull, body["commit_id"])
    return start_thread(hub, review, body["path"], body["body"], anchor)


def _unanchored(refusal: Unanchored) -> Refused:
    field = f"pull_request_review_thread.{refusal.member}"
    refused = validation_failed(_RESOURCE, field, f"{field} {refusal.must}")
    if refusal.member in ("line", "path"):
        hunk = {"field": "pull_request_review_thread.diff_hunk", "code": "missing_field"}
        refused.body["errors"].append({"resource": _RESOURCE, **hunk})
    return refused


def _on_file(hub: Hub, pull: PullRequest, body: Json) -> ReviewComment:
    if body["path"] not in [file.path for file in pull_files(pull, body["commit_id"])]:
        raise _unanchored(Unanchored("path", "must be part of the diff"))
    review = _own_review(hub, pull, body["commit_id"])
    return ReviewComment(
        id=hub.ids.new(),
        review_id=review.id,
        user=review.user,
        body=body["body"],
        path=body["path"],
        created_at=hub.now(),
        commit_id=body["commit_id"],
        original_commit_id=body["commit_id"],
        diff_hunk="",
        subject_type="file",
        original_line=1,
        original_position=1,
        line=1,
        position=1,
    )


def _reply(hub: Hub, pull: PullRequest, top_id: int, text: str) -> Answer:
    comment = add_reply(hub, pull, top_id, text)
    shape = shapes.comment(hub, pull, comment)
    return Answer(201, shape, {"Location": shape["url"]})


def add_reply(
    hub: Hub, pull: PullRequest, top_id: int, text: str, who: User | None = None
) -> ReviewComment:
    """By the App or by a person; a reply hangs below the top comment and has none itself."""
    top = pull.comment(top_id)
    if top is None or top.in_reply_to is not None:
        must = "in_reply_to must be the top comment of a thread"
        raise validation_failed(_RESOURCE, "in_reply_to", must, code="invalid")
    review = _own_review(hub, pull, pull.head_sha, who)
    copied = {name: value for name, value in vars(top).items() if name not in _OWN}
    own = {"id": hub.ids.new(), "review_id": review.id, "user": review.user, "body": text}
    when = {"created_at": hub.now(), "in_reply_to": top.id}
    comment = ReviewComment(**{**copied, **own, **when})
    keep_comment(pull, comment)
    echo_review_comment(hub, pull, comment)
    return comment


_OWN = ("id", "review_id", "user", "body", "created_at", "in_reply_to", "minimized", "reactions")


def _created(hub: Hub, pull: PullRequest, comment: ReviewComment) -> Answer:
    keep_comment(pull, comment)
    echo_review_comment(hub, pull, comment)
    shape = shapes.comment(hub, pull, comment)
    return Answer(201, shape, {"Location": shape["url"]})


@operation(
    "POST",
    _P + "/comments/{comment_id}/replies",
    needs="pull_requests:write",
    creates_content=True,
)
def create_reply(hub: Hub, request: Request) -> Answer:
    pull = the_pull(hub, request)
    check_members(request.object, {"body": "string"}, required=("body",))
    _check_text(request.object["body"])
    top = pull.comment(int(request.parameters["comment_id"]))
    if top is None:
        raise not_found()
    return _reply(hub, pull, top.id, request.object["body"])


@operation("GET", _P + "/comments", needs="pull_requests:read")
def list_comments(hub: Hub, request: Request) -> Answer:
    pull = the_pull(hub, request)
    pending = {one.id for one in pull.reviews if one.state == "PENDING"}
    rows = [one for one in pull.comments if one.review_id not in pending]
    if request.query.get("direction") == "desc":
        rows.reverse()
    return page_of(hub, request, [shapes.comment(hub, pull, one) for one in rows])


def _one(hub: Hub, request: Request) -> tuple[PullRequest, ReviewComment]:
    for pull in the_repository(hub, request).pulls.values():
        for comment in pull.comments:
            if str(comment.id) == request.parameters["comment_id"]:
                return pull, comment
    raise not_found()


@operation("GET", _R + "/pulls/comments/{comment_id}", needs="pull_requests:read")
def get_comment(hub: Hub, request: Request) -> Answer:
    return Answer(200, shapes.comment(hub, *_one(hub, request)))


@operation("PATCH", _R + "/pulls/comments/{comment_id}", needs="pull_requests:write")
def update_comment(hub: Hub, request: Request) -> Answer:
    pull, comment = _one(hub, request)
    check_members(request.object, {"body": "string"}, required=("body",))
    _check_text(request.object["body"])
    comment.body = request.object["body"]
    return Answer(200, shapes.comment(hub, pull, comment))


@operation("DELETE", _R + "/pulls/comments/{comment_id}", needs="pull_requests:write")
def delete_comment(hub: Hub, request: Request) -> Answer:
    pull, comment = _one(hub, request)
    pull.comments.remove(comment)
    return Answer(204)


@operation("POST", _R + "/pulls/comments/{comment_id}/reactions", needs="pull_requests:write")
def create_reaction(hub: Hub, request: Request) -> Answer:
    """201 for a new reaction, 200 for one that is already there."""
    _, comment = _one(hub, request)
    return add_reaction(hub, request, comment.reactions)


@operation("GET", _R + "/pulls/comments/{comment_id}/reactions", needs="pull_requests:read")
def list_reactions(hub: Hub, request: Request) -> Answer:
    _, comment = _one(hub, request)
    return page_of(hub, request, [shapes.reaction(hub, one) for one in comment.reactions])
