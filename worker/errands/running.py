"""`/faultline run`: review the head commit again, and let the programs of a fork run.

The permission for a fork is for one commit, and for one that was there when the maintainer wrote:
whoever pushes a moment after the comment must not have his commit run.
"""

from __future__ import annotations

from worker.api import Api
from worker.errands.again import review_again
from worker.errands.answers import Answer
from worker.errands.perform import Errand
from worker.messages import Command, CommentMessage
from worker.pulls import PullRequest
from worker.store import Run

SHORTEST_SHA = 7
UNFINISHED = ("planned", "running")


def run(errand: Errand[CommentMessage], api: Api, pull: PullRequest, command: Command) -> Answer:
    """Ask for a review of the head commit.

    Args:
        command: its argument may name the head commit that is meant.
    """
    del api
    if not pull.is_open:
        return Answer("confused", "the pull request is closed", "The pull request is closed.")
    named = command.argument.lower()
    if named and not _is_named(pull.head_sha, named):
        said = f"The head commit is {pull.head_sha}, not that one. Nothing was started."
        return Answer("confused", "another head commit", said)
    known = errand.services.runs.of_head(pull.repository_id, pull.number, pull.head_sha)
    if pull.is_fork:
        return _allow(errand, pull, known, is_named=bool(named))
    if known is not None and known.state in UNFINISHED:
        return Answer("+1", "a review is running already")
    review_again(errand, errand.message.installation_id, pull)
    return Answer("+1", "asked for another review")


def _is_named(head_sha: str, named: str) -> bool:
    return len(named) >= SHORTEST_SHA and head_sha.lower().startswith(named)


def _written_at(errand: Errand[CommentMessage]) -> float:
    """When the comment was there at the latest.

    Its delivery may come hours after it, when GitHub or a person sends again what was lost. GitHub
    tells whole seconds; the fraction that it cuts off is granted.
    """
    written, received = errand.message.written_at, errand.claim.received_at
    return received if written is None else min(received, written + 1.0)


def _allow(
    errand: Errand[CommentMessage], pull: PullRequest, known: Run | None, *, is_named: bool
) -> Answer:
    seen_before = known is not None and known.created_at <= _written_at(errand)
    if not (is_named or seen_before):
        said = (
            f"The head commit {pull.head_sha} may be newer than your comment. Look at it, then "
            f"write `/faultline run {pull.head_sha[:12]}` to let its programs run."
        )
        return Answer("confused", "the head commit may be newer than the comment", said)
    wishes, message = errand.services.wishes, errand.message
    wishes.allow(pull.repository_id, pull.number, pull.head_sha, message.login)
    review_again(errand, message.installation_id, pull)
    return Answer("+1", "allowed the head commit of a fork to run")
