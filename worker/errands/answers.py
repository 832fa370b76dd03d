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
    api.send("POST", path, {"content": content})


def reply(api: Api, message: CommentMessage, text: str) -> None:
    """Answer in the conversation, or in the thread; once, whatever was interrupted before."""
    marker = f"<!-- faultline:answer comment={message.comment_id} -->"
    if any(_is_ours(one, marker) for one in api.pages(*_listed(message))):
        return
    body = {"body": wording.shorten(f"{text}\n\n{marker}\n")}
    api.send("POST", _reply_path(message), body)


def _is_ours(comment: dict[str, object], marker: str) -> bool:
    user = comment.get("user")
    is_bot = isinstance(user, dict) and user.get("type") == "Bot"
    return is_bot and marker in str(comment.get("body") or "")


def _listed(message: CommentMessage) -> tuple[str, dict[str, str | int]]:
    kind = "pulls" if message.place == THREAD else "issues"
    return f"/repos/{message.repository}/{kind}/{message.number}/comments", {}


def _reply_path(message: CommentMessage) -> str:
    where = f"/repos/{message.repository}"
    if message.place == THREAD:
        return f"{where}/pulls/{message.number}/comments/{message.top_comment_id}/replies"
    return f"{where}/issues/{message.number}/comments"
