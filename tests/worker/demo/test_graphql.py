"""Review threads: found, resolved and hidden through GraphQL, answered field for field."""

from typing import Any

import pytest

from tests.support.github import Client, as_installation
from worker.demo.github_standin import GitHubStandIn
from worker.demo.github_standin.graphql_query import QueryError, cut, parse
from worker.demo.github_standin.records import PullRequest

R = "/repos/octo-org/digits"
THREADS = """
query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 2, after: $after) {
        nodes { id isResolved isOutdated comments(first: 1) {
          nodes { fullDatabaseId author { login } } } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""
RESOLVE = "mutation ($id: ID!) { done: resolveReviewThread(input: {threadId: $id}) {\
 thread { isResolved } } }"
HIDE = "mutation ($id: ID!) { minimizeComment(input: {subjectId: $id, classifier: OUTDATED}) {\
 minimizedComment { isMinimized minimizedReason } } }"
WHERE = {"owner": "octo-org", "name": "digits", "number": 1}


def ask(client: Client, query: str, **variables: Any) -> dict[str, Any]:
    answer = client.post("/graphql", {"query": query, "variables": variables})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
def comments(client: Client, pull: PullRequest) -> list[dict[str, Any]]:
    drafts = [{"path": "train.py", "line": n, "body": "Why?"} for n in (4, 5, 6)]
    body = {"event": "COMMENT", "body": "Hm.", "comments": drafts}
    assert client.post(f"{R}/pulls/{pull.number}/reviews", body).status_code == 200
    listed: list[dict[str, Any]] = client.get(f"{R}/pulls/1/comments").json()
    return listed


def test_threads_come_in_pages(client: Client, comments: list[dict[str, Any]]) -> None:
    first = ask(client, THREADS, **WHERE)["data"]["repository"]["pullRequest"]["reviewThreads"]
    assert first["pageInfo"] == {"hasNextPage": True, "endCursor": "2"}
    again = ask(client, THREADS, **WHERE, after="2")["data"]["repository"]["pullRequest"]
    nodes = first["nodes"] + again["reviewThreads"]["nodes"]
    tops = [node["comments"]["nodes"][0] for node in nodes]
    assert [top["fullDatabaseId"] for top in tops] == [str(one["id"]) for one in comments]
    assert tops[0]["author"] == {"login": "faultline"}
    assert set(nodes[0]) == {"id", "isResolved", "isOutdated", "comments"}


def test_a_thread_is_resolved(
    client: Client, pull: PullRequest, comments: list[dict[str, Any]]
) -> None:
    found = ask(client, THREADS, **WHERE)["data"]["repository"]["pullRequest"]
    thread = found["reviewThreads"]["nodes"][1]
    done = ask(client, RESOLVE, id=thread["id"])
    assert done == {"data": {"done": {"thread": {"isResolved": True}}}}
    assert pull.resolved_threads == {comments[1]["id"]}
    undo = RESOLVE.replace("resolve", "unresolve")
    assert ask(client, undo, id=thread["id"])["data"]["done"]["thread"]["isResolved"] is False
    missing = ask(client, RESOLVE, id="nonsense")
    assert missing["errors"][0]["type"] == "NOT_FOUND"


def test_resolving_needs_to_write_contents(
    standin: GitHubStandIn, client: Client, comments: list[dict[str, Any]]
) -> None:
    assert len(comments) == 3
    narrow = as_installation(standin, permissions={"pull_requests": "write", "contents": "read"})
    found = ask(client, THREADS, **WHERE)["data"]["repository"]["pullRequest"]
    refused = ask(narrow, RESOLVE, id=found["reviewThreads"]["nodes"][0]["id"])
    assert refused["errors"][0]["type"] == "FORBIDDEN"
    assert refused["data"] == {"done": None}


def test_a_comment_is_hidden(
    client: Client, pull: PullRequest, comments: list[dict[str, Any]]
) -> None:
    done = ask(client, HIDE, id=comments[0]["node_id"])
    hidden = {"isMinimized": True, "minimizedReason": "outdated"}
    assert done["data"]["minimizeComment"]["minimizedComment"] == hidden
    assert pull.comments[0].minimized == "OUTDATED"
    wrong = ask(client, HIDE.replace("OUTDATED", "OLD"), id=comments[0]["node_id"])
    assert "classifier" in wrong["errors"][0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "{",
        "{ a(b: ) }",
        "subscription { a }",
        "{ ...f }",
        "{ a @skip(if: true) }",
        "{ nothing }",
        "",
    ],
)
def test_what_is_not_read_is_refused(client: Client, query: str) -> None:
    assert ask(client, query)["errors"]


def test_unknown_members_are_errors() -> None:
    _, (field,) = parse('{ a: b(x: [1, -2.5, "c", true, null, {y: $v}]) { c } }', {"v": 3})
    assert field.arguments == {"x": [1, -2.5, "c", True, None, {"y": 3}]}
    assert (field.key, field.name) == ("a", "b")
    assert cut([{"c": 1, "d": 2}], field.selection) == [{"c": 1}]
    with pytest.raises(QueryError, match="'c' doesn't exist"):
        cut({"d": 2}, field.selection)
