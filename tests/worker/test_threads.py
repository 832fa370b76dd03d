from collections.abc import Iterator
from functools import cache

import graphql
import pytest

from tests.support.github import assert_described
from tests.support.npm import npm_file
from worker.demo.github_standin import Failure, GitHubStandIn
from worker.demo.github_standin.records import PullRequest as StandInPull
from worker.errors import Unavailable
from worker.github import Installation
from worker.pulls import PullRequest
from worker.standing import read_standing
from worker.threads import _THREADS, BATCH, _mutation, read_threads, set_resolved
from worker.told import Earlier, mark


@pytest.fixture(autouse=True)
def _every_exchange_is_valid(github: GitHubStandIn) -> Iterator[None]:
    yield
    assert_described(github)


@cache
def schema() -> graphql.GraphQLSchema:
    """GitHub's own, as published."""
    path = npm_file("@octokit/graphql-schema", "15.26.1", "schema.graphql")
    return graphql.build_schema(path.read_text(encoding="utf-8"), assume_valid=True)


@pytest.mark.parametrize(
    "query",
    [_THREADS, _mutation("resolveReviewThread", BATCH), _mutation("unresolveReviewThread", 1)],
    ids=["read", "resolve", "open again"],
)
def test_what_is_asked_is_valid_by_githubs_schema(query: str) -> None:
    assert graphql.validate(schema(), graphql.parse(query)) == []


def test_the_schema_refuses_what_is_not_there() -> None:
    wrong = _THREADS.replace("isResolved", "isSolved")
    assert graphql.validate(schema(), graphql.parse(wrong))


def post(api: Installation, pull: PullRequest, *bodies: str) -> None:
    comments = [{"path": "train.py", "line": 30, "side": "RIGHT", "body": body} for body in bodies]
    path = f"/repos/{pull.repository}/pulls/{pull.number}/reviews"
    body = {"commit_id": pull.head_sha, "event": "COMMENT", "body": "b", "comments": comments}
    api.send("POST", path, body)


def told(name: str) -> str:
    return f"text\n\n{mark([Earlier(name, 'rule', 'train.py', 30, 'm')])}"


def test_only_our_own_marked_threads(
    api: Installation, pull: PullRequest, opened: StandInPull, github: GitHubStandIn
) -> None:
    post(api, pull, told("ours"), "without a mark", told("copied"))
    opened.comments[2].user = github.main_user  # as if a person had copied our text
    (thread,) = read_threads(api, pull)
    assert [one.fingerprint for one in thread.told] == ["ours"]
    assert (thread.is_resolved, thread.is_answered) == (False, False)
    github.reply(opened, opened.comments[0], "No.")
    assert read_threads(api, pull)[0].is_answered


def test_more_threads_than_a_page_holds(
    api: Installation, pull: PullRequest, opened: StandInPull
) -> None:
    post(api, pull, *(told(f"f{n}") for n in range(60)))
    threads = read_threads(api, pull)
    assert len(threads) == 60
    set_resolved(api, [thread.id for thread in threads], [])
    assert len(opened.resolved_threads) == 60
    assert all(thread.closed_by_us for thread in read_threads(api, pull))
    set_resolved(api, [], [thread.id for thread in threads[:1]])
    assert len(opened.resolved_threads) == 59


def test_closed_by_a_person(
    api: Installation, pull: PullRequest, opened: StandInPull, github: GitHubStandIn
) -> None:
    post(api, pull, told("ours"))
    github.resolve(opened, opened.comments[0])
    (thread,) = read_threads(api, pull)
    assert (thread.is_resolved, thread.closed_by_us) == (True, False)


def test_an_outage_is_no_empty_list(
    api: Installation, pull: PullRequest, github: GitHubStandIn
) -> None:
    github.faults.fail_next(Failure.BEFORE, "POST", "/graphql")
    with pytest.raises(Unavailable):
        read_standing(api, pull)


def test_what_cannot_be_resolved_is_left(
    api: Installation, pull: PullRequest, opened: StandInPull, github: GitHubStandIn
) -> None:
    post(api, pull, told("ours"))
    (thread,) = read_threads(api, pull)
    github.faults.fail_next(Failure.BEFORE, "POST", "/graphql")
    set_resolved(api, [thread.id], [])
    assert opened.resolved_threads == set()
    set_resolved(api, ["no such thread"], [])
