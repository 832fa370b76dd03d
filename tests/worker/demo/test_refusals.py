"""What GitHub refuses is refused, with its status and its text, and leaves nothing behind."""

import time
from typing import Any

import httpx
import pytest

from tests.support.github import Client, app_jwt, as_app, as_installation
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.keys import new_private_key
from worker.demo.github_standin.records import PullRequest

R = "/repos/octo-org/digits"
GOOD: dict[str, Any] = {"path": "train.py", "line": 5, "body": "Why?"}


def review_of(client: Client, *comments: dict[str, Any], **more: Any) -> httpx.Response:
    body = {"event": "COMMENT", "body": "Hm.", "comments": list(comments), **more}
    return client.post(f"{R}/pulls/1/reviews", body)


OUTSIDE = [
    ({**GOOD, "line": 15}, "Line could not be resolved"),  # between the hunks
    ({**GOOD, "line": 9}, "Line could not be resolved"),  # one below the context
    ({**GOOD, "line": 31, "side": "LEFT"}, None),  # context: right old number
    ({**GOOD, "line": 41, "side": "LEFT"}, "Line could not be resolved"),  # the old file had 40
    ({**GOOD, "path": "docs/a file.md"}, "Path could not be resolved"),
    ({**GOOD, "path": "image.png", "line": 1}, "Line could not be resolved"),
    ({**GOOD, "path": "models/moved.py", "line": 1}, "Line could not be resolved"),
    ({**GOOD, "path": "gone.py", "line": 1}, "Line could not be resolved"),
    ({**GOOD, "path": "gone.py", "line": 1, "side": "LEFT"}, None),
    ({**GOOD, "start_line": 5}, "Pull request review thread start line must precede the end line."),
    ({**GOOD, "start_line": 6}, "Pull request review thread start line must precede the end line."),
    ({**GOOD, "start_line": 4}, None),
    (
        {**GOOD, "line": 31, "start_line": 5},
        "Pull request review thread start line must be part of the same hunk as the line.",
    ),
    ({**GOOD, "line": 31, "start_line": 20}, "Start line could not be resolved"),
]


@pytest.mark.parametrize(("comment", "text"), OUTSIDE)
def test_lines_outside_the_diff(
    shared: tuple[Client, PullRequest], comment: dict[str, Any], text: str | None
) -> None:
    answer = review_of(shared[0], comment)
    if text is None:
        assert answer.status_code == 200, answer.text
        return
    assert answer.status_code == 422
    assert answer.json()["message"] == "Unprocessable Entity"
    assert answer.json()["errors"] == [text]


def test_a_review_is_all_or_nothing(client: Client, pull: PullRequest) -> None:
    assert review_of(client, GOOD, {**GOOD, "line": 15}, GOOD).status_code == 422
    assert (pull.reviews, pull.comments) == ([], [])


def test_a_single_comment_is_refused_in_objects(client: Client, pull: PullRequest) -> None:
    body = {**GOOD, "commit_id": pull.head_sha, "line": 15}
    answer = client.post(f"{R}/pulls/1/comments", body)
    assert answer.status_code == 422
    fields = [error["field"] for error in answer.json()["errors"]]
    assert fields == ["pull_request_review_thread.line", "pull_request_review_thread.diff_hunk"]
    nowhere = {name: value for name, value in body.items() if name != "line"}
    assert client.post(f"{R}/pulls/1/comments", nowhere).status_code == 422
    assert client.post(f"{R}/pulls/1/comments", {"body": "x"}).status_code == 422


def test_stale_and_foreign_commits(
    standin: GitHubStandIn, client: Client, pull: PullRequest
) -> None:
    first = pull.head_sha
    refused = "The commitOID is not part of the pull request"
    for commit in (pull.base_sha, "0" * 40, "main", _merge(pull)):
        assert review_of(client, GOOD, commit_id=commit).json()["errors"] == [refused]
    standin.push("faster", {"fresh.py": "a = 2\n"})
    assert review_of(client, GOOD, commit_id=first).status_code == 200
    standin.push("faster", {"train.py": "x\n"}, onto=pull.base_sha)
    assert review_of(client, commit_id=first).json()["errors"] == [refused]
    single = {**GOOD, "commit_id": first}
    answer = client.post(f"{R}/pulls/1/comments", single)
    assert answer.json()["errors"][0]["field"] == "commit_id"


def _merge(pull: PullRequest) -> str:
    sha = pull.repository.git.resolve("refs/pull/1/merge")
    assert sha is not None
    return sha


def test_bodies(client: Client) -> None:
    long = "x" * 65_537
    assert review_of(client, body="").status_code == 422
    assert review_of(client, GOOD, body="").status_code == 200
    assert review_of(client, GOOD, body="", event="REQUEST_CHANGES").status_code == 422
    assert review_of(client, body=long).status_code == 422
    assert review_of(client, {**GOOD, "body": long}).status_code == 422
    assert review_of(client, {**GOOD, "body": " "}).status_code == 422
    assert client.post(f"{R}/issues/1/comments", {"body": long}).status_code == 422
    assert client.post(f"{R}/issues/1/comments", {}).status_code == 422


@pytest.mark.parametrize(
    "comment",
    [
        {**GOOD, "subject_type": "file"},
        {**GOOD, "in_reply_to": 1},
        {**GOOD, "line": "5"},
        {"path": "train.py", "line": 5},
        {"body": "x", "line": 5},
    ],
)
def test_members_a_review_comment_cannot_have(
    shared: tuple[Client, PullRequest], comment: dict[str, Any]
) -> None:
    answer = review_of(shared[0], comment)
    assert answer.status_code == 422
    assert answer.json()["message"].startswith("Invalid request.")


def test_one_pending_review_blocks_the_next(client: Client) -> None:
    draft = client.post(f"{R}/pulls/1/reviews", {"comments": [GOOD]})
    assert draft.json()["state"] == "PENDING"
    refused = review_of(client, GOOD)
    assert refused.json()["errors"] == ["User can only have one pending review per pull request"]
    path = f"{R}/pulls/1/reviews/{draft.json()['id']}"
    assert client.call("DELETE", path).status_code == 200
    assert review_of(client, GOOD).status_code == 200


def test_nobody_judges_their_own_pull_request(
    standin: GitHubStandIn, client: Client, pull: PullRequest
) -> None:
    standin.push("own", {"fresh.py": "b = 1\n"})
    own = standin.open_pull_request("own", "By the App", by="faultline[bot]")
    path = f"{R}/pulls/{own.number}/reviews"
    answer = client.post(path, {"event": "REQUEST_CHANGES", "body": "No."})
    assert answer.json()["errors"] == ["Review Can not request changes on your own pull request"]
    assert client.post(path, {"event": "COMMENT", "body": "Hm."}).status_code == 200
    assert review_of(client, event="REQUEST_CHANGES").status_code == 200
    assert pull.reviews[-1].state == "CHANGES_REQUESTED"


def test_replies_to_replies(client: Client, pull: PullRequest) -> None:
    body = {**GOOD, "commit_id": pull.head_sha}
    top = client.post(f"{R}/pulls/1/comments", body).json()
    reply = client.post(f"{R}/pulls/1/comments", {**body, "in_reply_to": top["id"]}).json()
    assert reply["in_reply_to_id"] == top["id"]
    path = f"{R}/pulls/1/comments/{reply['id']}/replies"
    assert client.post(path, {"body": "b"}).status_code == 422


def annotation(**more: Any) -> dict[str, Any]:
    needed = {"path": "train.py", "start_line": 1, "end_line": 1}
    return {**needed, "annotation_level": "notice", "message": "m", **more}


def output(**more: Any) -> dict[str, Any]:
    return {"title": "t", "summary": "s", **more}


ACTION = {"label": "Fix", "description": "Do it", "identifier": "fix"}
WRONG_RUNS = [
    {"name": None},
    {"head_sha": "main"},
    {"head_sha": "0" * 40},
    {"status": "done"},
    {"status": "completed"},
    {"conclusion": "stale"},
    {"output": {"summary": "s"}},
    {"output": {"title": "t"}},
    {"output": output(summary="x" * 65_536)},
    {"output": output(text="x" * 65_536)},
    {"output": output(annotations=[annotation()] * 51)},
    {"output": output(annotations=[annotation(annotation_level="error")])},
    {"output": output(annotations=[annotation(message=None)])},
    {"output": output(annotations=[annotation(title="x" * 256)])},
    {"output": output(annotations=[annotation(end_line=2, start_column=1)])},
    {"output": output(annotations=[annotation(start_line=2)])},
    {"actions": [ACTION] * 4},
    {"actions": [{**ACTION, "label": "x" * 21}]},
    {"actions": [{**ACTION, "description": "x" * 41}]},
    {"actions": [{**ACTION, "identifier": "x" * 21}]},
    {"actions": [{"label": "Fix"}]},
]


@pytest.mark.parametrize("wrong", WRONG_RUNS)
def test_check_runs(shared: tuple[Client, PullRequest], wrong: dict[str, Any]) -> None:
    client, pull = shared
    body = {"name": "Faultline", "head_sha": pull.head_sha, **wrong}
    assert client.post(f"{R}/check-runs", body).status_code == 422
    assert pull.repository.check_runs == {}


def test_an_update_needs_no_title(client: Client, pull: PullRequest) -> None:
    body = {"name": "Faultline", "head_sha": pull.head_sha}
    made = client.post(f"{R}/check-runs", body).json()
    path = f"{R}/check-runs/{made['id']}"
    assert client.call("PATCH", path, {"output": {"summary": "s"}}).status_code == 200
    many = {"output": output(annotations=[annotation()] * 79)}
    text = "Invalid request.\n\nNo more than 50 items are allowed; 79 were supplied."
    assert client.call("PATCH", path, many).json()["message"] == text


def test_tokens(standin: GitHubStandIn, client: Client) -> None:
    for path in (R, f"{R}/pulls/1", "/installation/repositories"):
        assert Client(standin, "ghs_wrong").get(path).status_code == 401
    assert Client(standin, None).get(R).status_code == 404
    assert Client(standin, None).post(f"{R}/pulls/1/reviews", {}).status_code == 401
    grant = next(iter(standin.hub.grants.values()))
    standin.hub.clock = lambda: grant.expires_at + 1
    assert client.get(R).json()["message"] == "Bad credentials"


@pytest.mark.parametrize(
    ("claims", "status", "text"),
    [
        ({"exp": time.time() + 700}, 401, "must be a numeric value"),  # not an integer
        ({"exp": int(time.time()) + 700}, 401, "too far in the future"),
        ({"exp": int(time.time()) - 1}, 401, "'Expiration time' claim"),
        ({"iat": "now"}, 401, "'Issued at' claim ('iat') must be an Integer"),
        ({"iat": int(time.time()) + 500}, 401, "'Issued at' claim"),
        ({"iss": 1}, 404, "Integration not found"),
    ],
)
def test_app_tokens(standin: GitHubStandIn, claims: dict[str, Any], status: int, text: str) -> None:
    token = app_jwt(standin.private_key, standin.app_id, **claims)
    answer = Client(standin, token).get("/app")
    assert answer.status_code == status
    assert text in answer.json()["message"]


def test_app_tokens_by_another_key(standin: GitHubStandIn) -> None:
    forged = app_jwt(new_private_key(), standin.app_id)
    none = app_jwt(standin.private_key, standin.app_id).rpartition(".")[0] + "."
    for token in (forged, none, "a.b.c", "abc", None):
        answer = Client(standin, token).get("/app")
        assert answer.status_code == 401
        assert answer.json()["message"] == "A JSON web token could not be decoded"


def test_narrowed_tokens(standin: GitHubStandIn, client: Client) -> None:
    standin.create_repository("octo-org/other", {"a.py": "a\n"})
    standin.create_repository("octo-org/elsewhere", {"a.py": "a\n"}, installed=False)
    assert client.get("/repos/octo-org/other").status_code == 200
    assert client.get("/repos/octo-org/elsewhere").status_code == 404
    narrow = as_installation(standin, repositories=["digits"], permissions={"checks": "write"})
    assert narrow.get("/repos/octo-org/other").status_code == 404
    refused = narrow.post(f"{R}/pulls/1/reviews", {"event": "COMMENT", "body": "x"})
    assert refused.status_code == 403
    assert refused.json()["message"] == "Resource not accessible by integration"
    assert refused.headers["X-Accepted-GitHub-Permissions"] == "pull_requests=write"
    path = f"/app/installations/{standin.installation_id}/access_tokens"
    reader = as_installation(standin, permissions={"pull_requests": "read"})
    diff = reader.get(f"{R}/pulls/1", headers={"Accept": "application/vnd.github.diff"})
    assert diff.headers["X-Accepted-GitHub-Permissions"] == "contents=read; pull_requests=read"
    app = as_app(standin)
    assert app.post(path, {"permissions": {"actions": "write"}}).status_code == 422
    assert app.post(path, {"repositories": ["elsewhere"]}).status_code == 422
    assert app.post("/app/installations/1/access_tokens").status_code == 404
    standin.hub.installation.suspended = True
    assert app.post(path).status_code == 403


def test_the_form_of_requests(client: Client) -> None:
    assert client.get(R, headers={"User-Agent": ""}).status_code == 403
    assert client.get(R, headers={"X-GitHub-Api-Version": "2019-01-01"}).status_code == 400
    assert client.get(R, headers={"X-GitHub-Api-Version": "2026-03-10"}).status_code == 200
    assert client.get(f"{R}/pulls/1/").status_code == 404
    broken = client.call("POST", f"{R}/pulls/1/reviews", content=b"{")
    assert broken.json()["message"] == "Problems parsing JSON"
    assert client.post(f"{R}/pulls/1/reviews", ["x"]).status_code == 422
    assert client.get("/nothing/here").status_code == 404
    assert client.get(f"{R}/pulls/99").status_code == 404
    assert client.get(f"{R}/pulls/1/reviews/5").status_code == 404
    assert client.get(f"{R}/check-runs/5").status_code == 404


def test_every_answer_tells_the_limits(client: Client) -> None:
    for path in (R, f"{R}/pulls/99", "/nothing"):
        headers = client.get(path).headers
        assert int(headers["x-ratelimit-remaining"]) + int(headers["x-ratelimit-used"]) == 5_000
        assert int(headers["x-ratelimit-reset"]) > time.time()
        assert headers["x-ratelimit-resource"] == "core"
