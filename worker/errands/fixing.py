"""`/faultline fix` and its button: all tried fixes in one commit, by `worker.fixes`."""

from __future__ import annotations

from worker import wording
from worker.api import Api
from worker.errands.answers import Answer
from worker.fixes import FixOutcome, commit_fixes
from worker.pulls import PullRequest


def commit(api: Api, pull: PullRequest, login: str) -> Answer:
    """Commit them for the person who asked; a commit speaks for itself, the rest is told."""
    done = commit_fixes(api, pull, login)
    is_done = done.outcome == "committed"
    text = _left(done) if is_done else f"{done.sentence}{_left(done)}"
    return Answer("+1" if is_done else "confused", f"fix: {done.outcome}", text.strip())


def _left(done: FixOutcome) -> str:
    """What was not fixed, each with the reason."""
    if not done.left:
        return ""
    lines = [
        f"- {wording.code(repair.rule)}: {wording.plain(reason)}" for repair, reason in done.left
    ]
    return "\n\nNot in the commit:\n\n" + "\n".join(lines)
