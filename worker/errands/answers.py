"""Answering a comment: with a reaction, or with a reply that is never posted twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from worker import wording
from worker.api import Api
from worker.messages import THREAD, CommentMessage

SEEN: Literal["eyes"] = "eyes"
Verdict = Literal["+1", "confused"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a command.

    Attributes:
        outcome: for the log and the inbox, a few words.
        reply: Markdown, when a reaction does not say enough.
    """

    verdict: Verdict
    outcome: str
    reply: str = ""


def react(api: Api, message: CommentMessage, content: Literal["eyes", "+1", "confused"]) -> None:
    """Put a reaction under the comment; GitHub keeps one of each kind."""
    kind = "pulls" if message.place == THREAD else "issues"
    path = f"/repos/{message.repository}/{kind}/comments/{message.comment_id}/reactions"
    api.send("POST", path, {"content": content}, repeatable=True)


def reply(api: Api, message: CommentMessage, text: str) -> None:
    """Answer in the conversation, or in the thread; once, whatever was interrupted before."""
    marker = f"<!-- faultline:answer comment={message.comment_id} -->"
    if message.place != THREAD:
        say(api, message.repository, message.number, marker, text)
        return
    comments = f"/repos/{message.repository}/pulls/{message.number}/comments"
    _once(api, comments, f"{comments}/{message.top_comment_id}/replies", marker, text)


def say(api: Api, repository: str, number: int, marker: str, text: str) -> None:
    """A comment in the conversation, unless one with this marker stands."""
    path = f"/repos/{repository}/issues/{number}/comments"
    _once(api, path, path, marker, text)


def _once(api: Api, listed: str, path: str, marker: str, text: str) -> None:
    if not any(_is_ours(one, marker) for one in api.pages(listed)):
        body = wording.shorten(text, wording.LONGEST_BODY - len(marker) - 3)
        api.send("POST", path, {"body": f"{body}\n\n{marker}\n"})


def _is_ours(comment: dict[str, object], marker: str) -> bool:
    user = comment.get("user")
    is_bot = isinstance(user, dict) and user.get("type") == "Bot"
    return is_bot and marker in str(comment.get("body") or "")
