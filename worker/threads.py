"""Our review threads: which stand, which a person answered in, and closing those that are over.

Only GraphQL knows threads. Resolving needs `contents: write`; an App without it leaves its threads
open, which harms nobody. A thread in which a person wrote is theirs, and is left alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from worker.api import Api, Json
from worker.errors import GitHubError
from worker.pulls import PullRequest
from worker.told import Earlier, read_marks

log = logging.getLogger(__name__)

MOST_THREADS = 1_000
BATCH = 20  # threads resolved in one request

_THREADS = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  viewer { login }
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 50, after: $after) {
        nodes {
          id
          isResolved
          resolvedBy { login }
          comments(first: 100) { totalCount nodes { author { login } body } }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Thread:
    """A thread that we began.

    Attributes:
        told: the findings that its first comment is about.
        is_answered: somebody else wrote in it.
        closed_by_us: resolved, and not by a person.
    """

    id: str
    told: tuple[Earlier, ...]
    is_resolved: bool = False
    is_answered: bool = False
    closed_by_us: bool = False


def read_threads(api: Api, pull: PullRequest) -> tuple[Thread, ...]:
    """Our threads of the pull request; none when GitHub does not let us see them."""
    threads = []
    for node, ours in _nodes(api, pull):
        thread = _thread(node, ours)
        if thread is not None:
            threads.append(thread)
        if len(threads) >= MOST_THREADS:
            break
    return tuple(threads)


def _nodes(api: Api, pull: PullRequest) -> Iterator[tuple[Json, str]]:
    owner, _, name = pull.repository.partition("/")
    after = None
    while True:
        variables = {"owner": owner, "name": name, "number": pull.number, "after": after}
        data = api.graphql(_THREADS, variables)
        found = data["repository"]["pullRequest"]["reviewThreads"]
        ours = _login(data["viewer"])
        yield from ((node, ours) for node in found["nodes"])
        if not found["pageInfo"]["hasNextPage"]:
            return
        after = found["pageInfo"]["endCursor"]


def _thread(node: Json, ours: str) -> Thread | None:
    comments = node["comments"]["nodes"]
    if not comments or _login(comments[0]["author"]) != ours:
        return None
    told = read_marks(comments[0]["body"] or "")
    if not told:
        return None
    others = any(_login(comment["author"]) != ours for comment in comments)
    is_long = node["comments"]["totalCount"] > len(comments)
    closer = _login(node["resolvedBy"])
    closed_by_us = bool(node["isResolved"]) and closer in ("", ours)  # GitHub names only people
    return Thread(node["id"], told, bool(node["isResolved"]), others or is_long, closed_by_us)


def _login(actor: Json | None) -> str:
    """Without the "[bot]" that some places append; empty for a deleted account."""
    return "" if actor is None else str(actor["login"]).removesuffix("[bot]")


def set_resolved(api: Api, over: Sequence[str], again: Sequence[str]) -> None:
    """Resolve the threads that are over, and open those whose finding is back.

    Doing it twice does it once. What GitHub refuses is left as it is: the next push tries again.
    """
    for name, ids in (("resolveReviewThread", over), ("unresolveReviewThread", again)):
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            try:
                api.graphql(_mutation(name, len(batch)), _named(batch), repeatable=True)
            except GitHubError as error:
                log.warning("threads left as they are", extra={"reason": str(error)})
                return


def _mutation(name: str, count: int) -> str:
    declared = ", ".join(f"$t{i}: ID!" for i in range(count))
    calls = " ".join(
        f"a{i}: {name}(input: {{threadId: $t{i}}}) {{ thread {{ id isResolved }} }}"
        for i in range(count)
    )
    return f"mutation({declared}) {{ {calls} }}"


def _named(ids: Sequence[str]) -> dict[str, str]:
    return {f"t{i}": thread for i, thread in enumerate(ids)}
