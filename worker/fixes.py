"""All tried edits in one commit on the head branch, for the person who asked.

Through GitHub's git objects: read the tree, store the new files, make a tree, a commit, and move
the branch forward. The branch only moves if nobody pushed meanwhile, and a commit that was made
before an interruption is recognized, so that asking twice commits once.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from worker.api import Api
from worker.errors import Missing, Refused, Unprocessable
from worker.fixes_files import HeadFiles
from worker.posting import CHECK_NAME
from worker.pulls import PullRequest, read_pull_request
from worker.repairs import Repair, read_repairs

log = logging.getLogger(__name__)

MAY_WRITE = frozenset({"admin", "maintain", "write"})
TRAILER = "Faultline-Reviewed"

Outcome = Literal["committed", "nothing", "moved", "forbidden", "closed", "refused"]


@dataclass(frozen=True, slots=True)
class FixOutcome:
    """What became of the wish to have everything fixed.

    Attributes:
        sentence: for the person who asked.
        sha: the commit, when there is one.
        applied: the repairs in it.
        left: the others, each with the reason.
    """

    outcome: Outcome
    sentence: str
    sha: str = ""
    applied: tuple[Repair, ...] = ()
    left: tuple[tuple[Repair, str], ...] = ()


def commit_fixes(api: Api, pull: PullRequest, login: str) -> FixOutcome:
    """Commit the tried edits of the review of this head commit.

    Args:
        login: who asked; GitHub is asked whether that person may write.

    Raises:
        worker.errors.GitHubError: GitHub was away or limited us; asking again is safe.
    """
    person = _person(api, pull.repository, login)
    if person is None:
        return FixOutcome("forbidden", "Only people with write access can have fixes committed.")
    if not pull.is_open:
        return FixOutcome("closed", "The pull request is closed; nothing was committed.")
    if (refusal := _no_way_to_push(pull)) is not None:
        return refusal
    if (done := _done_before(api, pull)) is not None:
        return done
    repairs = _kept(api, pull)
    if repairs is None:
        return FixOutcome("nothing", "This head commit has no finished review of mine yet.")
    if not repairs:
        return FixOutcome("nothing", "There is no tried fix for this head commit.")
    return _commit(api, pull, repairs, person)


@dataclass(frozen=True, slots=True)
class Person:
    """Who asked."""

    login: str
    id: int

    @property
    def trailer(self) -> str:
        """How GitHub shows somebody as a co-author."""
        address = f"{self.id}+{self.login}@users.noreply.github.com"
        return f"Co-authored-by: {self.login} <{address}>"


def _person(api: Api, repository: str, login: str) -> Person | None:
    """Somebody who may write, by GitHub's word."""
    path = f"/repos/{repository}/collaborators/{quote(login, safe='')}/permission"
    try:
        found = api.get(path)
    except Missing:
        return None
    if found.get("permission") not in MAY_WRITE:
        return None
    user = found.get("user") or {}
    return Person(str(user.get("login") or login), int(user.get("id") or 0))


def _no_way_to_push(pull: PullRequest) -> FixOutcome | None:
    if not pull.head_repository:
        return FixOutcome("forbidden", "The repository of the head branch is gone.")
    if pull.is_fork and not pull.is_open_to_maintainers:
        said = (
            "The branch is in a fork whose author did not allow edits by maintainers; accept the "
            "suggestions instead, or ask the author to."
        )
        return FixOutcome("forbidden", said)
    return None


def _done_before(api: Api, pull: PullRequest) -> FixOutcome | None:
    """Our own commit on top of the branch: the last try was interrupted after it."""
    head = api.get(f"/repos/{pull.repository}/git/commits/{pull.head_sha}")
    parents = [parent["sha"] for parent in head["parents"]]
    if len(parents) == 1 and f"\n{TRAILER}: {parents[0]}" in head["message"]:
        said = f"The fixes are committed as {pull.head_sha[:7]}."
        return FixOutcome("committed", said, pull.head_sha)
    return None


def _kept(api: Api, pull: PullRequest) -> tuple[Repair, ...] | None:
    """What the review of this very commit keeps; None when it is not finished."""
    path = f"/repos/{pull.repository}/commits/{pull.head_sha}/check-runs"
    wanted = {"check_name": CHECK_NAME, "filter": "all"}
    for run in api.pages(path, wanted, inside="check_runs"):
        if run.get("external_id") == f"pull/{pull.number}" and run.get("status") == "completed":
            return read_repairs((run.get("output") or {}).get("text") or "")
    return None


def _commit(api: Api, pull: PullRequest, repairs: Sequence[Repair], person: Person) -> FixOutcome:
    try:
        files = HeadFiles(api, pull)
        applied, left = files.apply(repairs)
        if not applied:
            return FixOutcome("nothing", "None of the fixes could be applied.", left=left)
        commit = files.commit(message_of(applied, person, pull.head_sha))
        return _move(api, pull, commit, applied, left)
    except Refused as error:
        if error.status not in (403, 404):
            raise
        log.warning("fixes not committed", extra={"reason": str(error)})
        where = " in the fork" if pull.is_fork else ""
        said = f"GitHub does not let me write to the branch{where}; accept the suggestions instead."
        return FixOutcome("forbidden", said)


def _move(
    api: Api,
    pull: PullRequest,
    commit: str,
    applied: tuple[Repair, ...],
    left: tuple[tuple[Repair, str], ...],
) -> FixOutcome:
    path = f"/repos/{pull.head_repository}/git/refs/heads/{quote(pull.head_ref)}"
    try:
        api.send("PATCH", path, {"sha": commit, "force": False}, repeatable=True)
    except Unprocessable as error:
        if "fast forward" in error.words.lower() or _has_moved(api, pull):
            return FixOutcome("moved", "The branch has moved meanwhile; nothing was committed.")
        return FixOutcome("refused", f"GitHub refused to move the branch: {error.words}")
    number = len(applied)
    noun = "fix" if number == 1 else "fixes"
    said = f"{number} {noun} committed as {commit[:7]}."
    return FixOutcome("committed", said, commit, applied, left)


def _has_moved(api: Api, pull: PullRequest) -> bool:
    return read_pull_request(api, pull.repository, pull.number).head_sha != pull.head_sha


def message_of(applied: Sequence[Repair], person: Person, reviewed: str) -> str:
    rules = list(dict.fromkeys(repair.rule for repair in applied))
    subject = f"Fix {', '.join(rules)}"
    if len(subject) > 72:
        subject = f"Fix {len(applied)} findings of Faultline"
    lines = [f"- {r.rule} ({_plain(r.path)}:{r.line}): {_plain(r.description)}" for r in applied]
    asked = f"Asked for by {person.login}."
    trailers = [f"{TRAILER}: {reviewed}", person.trailer]
    return "\n".join([subject, "", *lines, "", asked, "", *trailers])


def _plain(text: str) -> str:
    return " ".join(text.replace("@", "@\u200b").split())[:200]
