"""Which finding a review thread is about."""

from __future__ import annotations

from dataclasses import dataclass

from worker.api import Api
from worker.errands.perform import Errand
from worker.errors import Missing
from worker.messages import CommentMessage
from worker.told import read_marks


@dataclass(frozen=True, slots=True)
class Subject:
    """A rule, or one finding of it.

    Attributes:
        fingerprint: empty for the rule as a whole.
    """

    rule: str
    fingerprint: str = ""


def subject_of(api: Api, errand: Errand[CommentMessage]) -> tuple[Subject, ...]:
    """The findings that the thread's first comment tells of; none when it is not ours."""
    message = errand.message
    path = f"/repos/{message.repository}/pulls/comments/{message.top_comment_id}"
    try:
        top = api.get(path)
    except Missing:
        return ()
    if (top.get("user") or {}).get("type") != "Bot":
        return ()
    told = read_marks(top.get("body") or "")
    return tuple(Subject(one.rule, one.fingerprint) for one in told)
