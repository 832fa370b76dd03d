"""Reviews: all their comments are posted, or none, and the refusal does not say which was wrong."""

from worker.demo.github_standin.anchors import Anchor, Unanchored, find_anchor
from worker.demo.github_standin.bodies import check_members
from worker.demo.github_standin.calls import Answer, Request, caller, operation, page_of, the_pull
from worker.demo.github_standin.commenting import (
    MAX_BODY,
    commits_of,
    keep_comment,
    start_thread,
)
from worker.demo.github_standin.diffs import ChangedFile
from worker.demo.github_standin.echoes import echo_review
from worker.demo.github_standin.hub import Hub, pull_files
from worker.demo.github_standin.payloads import reviews as shapes
from worker.demo.github_standin.records import PullRequest, Review
from worker.demo.github_standin.refusals import Json, not_found, unprocessable

_P = "/repos/{owner}/{repo}/pulls/{pull_number}"
_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}
_REVIEW = {
    "commit_id": "string",
    "body": "string",
    "event": "APPROVE|REQUEST_CHANGES|COMMENT",
    "comments": "array",
}
_COMMENT = {
    "path": "string",
    "body": "string",
    "position": "integer",
    "line": "integer",
    "side": "string",
    "start_line": "integer",
    "start_side": "string",
}


@operation("POST", _P + "/reviews", needs="pull_requests:write", creates_content=True)
def create_review(hub: Hub, request: Request) -> Answer:
    pull, body = the_pull(hub, request), request.object
    check_members(body, _REVIEW)
    drafts = body.get("comments") or []
    for draft in drafts:
        check_members(draft, _COMMENT, required=("path", "body"), closed=True)
    event = body.get("event")
    commit = _commit(pull, body)
    _refuse_pending(hub, pull)
    _refuse_by_event(hub, pull, body)
    anchors = _anchors(pull_files(pull, commit), drafts)
    review = _keep(hub, pull, commit, body, "PENDING" if event is None else _STATES[event])
    for draft, anchor in zip(drafts, anchors, strict=True):
        comment = start_thread(hub, review, draft["path"], draft["body"], anchor)
        keep_comment(pull, comment)
    if event is not None:
        echo_review(hub, pull, review)
    return Answer(200, shapes.review(hub, pull, review))


def _commit(pull: PullRequest, body: Json) -> str:
    """The commit reviewed: by default whatever is the newest now."""
    commit: str = body.get("commit_id") or pull.head_sha
    if commit not in commits_of(pull):
        raise unprocessable("The commitOID is not part of the pull request")
    return commit


def _refuse_pending(hub: Hub, pull: PullRequest) -> None:
    mine = [one for one in pull.reviews if one.user == caller(hub)]
    if any(one.state == "PENDING" for one in mine):
        raise unprocessable("User can only have one pending review per pull request")


def _refuse_by_event(hub: Hub, pull: PullRequest, body: Json) -> None:
    event, text = body.get("event"), (body.get("body") or "").strip()
    comments = body.get("comments") or []
    if len(body.get("body") or "") > MAX_BODY:
        raise unprocessable(f"Body is too long (maximum is {MAX_BODY} characters)")
    if any(len(one["body"]) > MAX_BODY for one in comments):
        raise unprocessable(f"Body is too long (maximum is {MAX_BODY} characters)")
    if not all(one["body"].strip() for one in comments):
        raise unprocessable("Review comments is invalid", "Body can't be blank")
    own = pull.author == caller(hub)
    if own and event in ("APPROVE", "REQUEST_CHANGES"):
        verb = "approve" if event == "APPROVE" else "request changes on"
        raise unprocessable(f"Review Can not {verb} your own pull request")
    if not text and (event == "REQUEST_CHANGES" or (event == "COMMENT" and not comments)):
        raise unprocessable("Review body can't be blank")


def _anchors(files: tuple[ChangedFile, ...], drafts: list[Json]) -> list[Anchor]:
    """Every comment's place, or one refusal with GitHub's texts, without saying which it was."""
    anchors, texts = [], []
    for draft in drafts:
        try:
            anchors.append(find_anchor(files, draft))
        except Unanchored as refusal:
            texts.append(_text(refusal))
    if texts:
        raise unprocessable(*dict.fromkeys(texts))
    return anchors


def _text(refusal: Unanchored) -> str:
    if refusal.must == "must be part of the diff":
        return {"path": "Path could not be resolved", "line": "Line could not be resolved"}.get(
            refusal.member, "Start line could not be resolved"
        )
    return f"Pull request review thread {refusal.member.replace('_', ' ')} {refusal.must}"


def _keep(hub: Hub, pull: PullRequest, commit: str, body: Json, state: str) -> Review:
    submitted = None if state == "PENDING" else hub.now()
    review = Review(hub.ids.new(), caller(hub), body.get("body") or "", state, commit, submitted)
    pull.reviews.append(review)
    return review


@operation("GET", _P + "/reviews", needs="pull_requests:read")
def list_reviews(hub: Hub, request: Request) -> Answer:
    pull = the_pull(hub, request)
    return page_of(hub, request, [shapes.review(hub, pull, one) for one in pull.reviews])


def _the_review(hub: Hub, request: Request) -> tuple[PullRequest, Review]:
    pull = the_pull(hub, request)
    for review in pull.reviews:
        if str(review.id) == request.parameters["review_id"]:
            return pull, review
    raise not_found()


@operation("GET", _P + "/reviews/{review_id}", needs="pull_requests:read")
def get_review(hub: Hub, request: Request) -> Answer:
    pull, review = _the_review(hub, request)
    return Answer(200, shapes.review(hub, pull, review))


@operation("PUT", _P + "/reviews/{review_id}", needs="pull_requests:write")
def update_review(hub: Hub, request: Request) -> Answer:
    pull, review = _the_review(hub, request)
    check_members(request.object, {"body": "string"}, required=("body",))
    review.body = request.object["body"]
    return Answer(200, shapes.review(hub, pull, review))


@operation("DELETE", _P + "/reviews/{review_id}", needs="pull_requests:write")
def delete_pending_review(hub: Hub, request: Request) -> Answer:
    pull, review = _the_review(hub, request)
    if review.state != "PENDING":
        raise unprocessable("Can not delete a non-pending pull request review")
    pull.reviews.remove(review)
    pull.comments = [one for one in pull.comments if one.review_id != review.id]
    return Answer(200, shapes.review(hub, pull, review))


@operation("POST", _P + "/reviews/{review_id}/events", needs="pull_requests:write")
def submit_review(hub: Hub, request: Request) -> Answer:
    pull, review = _the_review(hub, request)
    check_members(request.object, _REVIEW, required=("event",))
    if review.state != "PENDING":
        raise unprocessable("Can not submit a non-pending pull request review")
    review.state = _STATES[request.object["event"]]
    review.body = request.object.get("body") or review.body
    review.submitted_at = hub.now()
    echo_review(hub, pull, review)
    return Answer(200, shapes.review(hub, pull, review))


@operation("GET", _P + "/reviews/{review_id}/comments", needs="pull_requests:read")
def list_review_comments(hub: Hub, request: Request) -> Answer:
    pull, review = _the_review(hub, request)
    rows = [one for one in pull.comments if one.review_id == review.id]
    return page_of(hub, request, [shapes.review_comment(hub, pull, one) for one in rows])
