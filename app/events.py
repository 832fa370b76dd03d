"""What a payload means to us: a typed message, or "not ours".

Payloads are read leniently as plain dictionaries: GitHub adds keys all the time, and a strict
model refuses a third of the examples that GitHub itself published.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.slash import read_commands
from worker.messages import (
    CONVERSATION,
    THREAD,
    CheckMessage,
    ClosedMessage,
    CommentMessage,
    InstallationMessage,
)
from worker.queue import PullRequestMessage

PULL_REQUEST_ACTIONS = ("opened", "synchronize", "reopened", "ready_for_review")
MOST_FILES = 100_000  # beyond this a number is only large
EXTERNAL_ID = "pull/"  # of our check runs, followed by the pull request's number

Ours = PullRequestMessage | CommentMessage | CheckMessage | ClosedMessage | InstallationMessage
Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NotOurs:
    """The event is acknowledged and dropped, and why."""

    reason: str


class _Lacking(Exception):
    """The payload is not what the event's name promises; the text names what it lacks."""


def is_interesting(event: str) -> bool:
    """Whether the payload of such an event is worth parsing."""
    return event in _READERS


def read_event(event: str, payload: object) -> Ours | NotOurs:
    """The message that the payload asks for."""
    reader = _READERS.get(event)
    if reader is None:
        return NotOurs(f"nothing to do for {event}")
    if not isinstance(payload, Mapping):
        return NotOurs("the payload is not an object")
    try:
        message = reader(payload)
    except _Lacking as lacking:
        return NotOurs(str(lacking))
    return message or NotOurs(f"nothing to do for {event}.{payload.get('action')}")


def _pull_request(payload: Payload) -> Ours | None:
    action = payload.get("action")
    if action == "closed":
        return ClosedMessage(**_where(payload), number=_number(payload, "pull_request", "number"))
    # another base is another diff and another configuration: the same head is reviewed again
    is_moved = action == "edited" and _at(payload, "changes", "base") is not None
    if action not in PULL_REQUEST_ACTIONS and not is_moved:
        return None
    wanted = ("installation_id", "repository_id", "repository", "number", "head_sha")
    values = (
        _at(payload, "installation", "id"),
        _at(payload, "repository", "id"),
        _at(payload, "repository", "full_name"),
        _at(payload, "pull_request", "number"),
        _at(payload, "pull_request", "head", "sha"),
    )
    found = dict(zip(wanted, values, strict=True))
    texts = ("repository", "head_sha")
    missing = [n for n, v in found.items() if not (_is_text(v) if n in texts else _is_number(v))]
    if missing:
        raise _Lacking(f"the payload lacks {', '.join(missing)}")
    files = _at(payload, "pull_request", "changed_files")
    return PullRequestMessage(**found, again=is_moved, files=_size(files))


def _size(files: object) -> int:
    """A number of changed files; a payload that does not tell it counts as small."""
    return min(int(files), MOST_FILES) if isinstance(files, int) and _is_number(files) else 0


def _issue_comment(payload: Payload) -> Ours | None:
    if _at(payload, "issue", "pull_request") is None:
        return None
    return _comment(payload, "issue", CONVERSATION, None)


def _review_comment(payload: Payload) -> Ours | None:
    top = _at(payload, "comment", "in_reply_to_id")
    return _comment(payload, "pull_request", THREAD, top) if _is_number(top) else None


def _comment(
    payload: Payload, holder: str, place: Literal["conversation", "thread"], top: int | None
) -> Ours | None:
    body = _at(payload, "comment", "body")
    if payload.get("action") != "created" or not isinstance(body, str):
        return None  # an edited comment is not obeyed a second time
    commands = read_commands(body)
    # only people: neither our own comments nor those of other Apps, whoever let them write
    by_app = _at(payload, "comment", "performed_via_github_app")
    if not commands or by_app is not None or _at(payload, "comment", "user", "type") != "User":
        return None
    return CommentMessage(
        **_where(payload),
        number=_number(payload, holder, "number"),
        comment_id=_number(payload, "comment", "id"),
        place=place,
        top_comment_id=top,
        login=_text(payload, "comment", "user", "login"),
        commands=commands,
        written_at=_moment(_at(payload, "comment", "created_at")),
    )


def _moment(value: object) -> float | None:
    """A time of GitHub's in seconds since the epoch."""
    try:
        moment = datetime.fromisoformat(_word(value))
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


def _check_run(payload: Payload) -> Ours | None:
    asked = payload.get("action")
    if asked == "requested_action":
        asked = _at(payload, "requested_action", "identifier")
    asked = {"rerequested": "rerun", "rerun": "rerun", "fix": "fix"}.get(_word(asked))
    if asked is None:
        return None
    external = _at(payload, "check_run", "external_id")
    return _check(payload, "check_run", asked, _pull_number(external))


def _check_suite(payload: Payload) -> Ours | None:
    if payload.get("action") != "rerequested":
        return None
    return _check(payload, "check_suite", "rerun", None)


def _check(payload: Payload, name: str, asked: Any, number: int | None) -> Ours:
    return CheckMessage(
        **_where(payload),
        number=number,
        head_sha=_text(payload, name, "head_sha"),
        asked=asked,
        login=_word(_at(payload, "sender", "login")),
    )


def _pull_number(external: object) -> int | None:
    digits = _word(external).removeprefix(EXTERNAL_ID)
    is_ours = _word(external).startswith(EXTERNAL_ID) and digits.isascii() and digits.isdecimal()
    return int(digits) if is_ours and len(digits) < 10 else None


def _installation(payload: Payload) -> Ours | None:
    actions = {
        **dict.fromkeys(("created", "unsuspend", "new_permissions_accepted"), "present"),
        **{"suspend": "suspended", "deleted": "deleted"},
    }
    action = actions.get(_word(payload.get("action")))
    if action is None:
        return None
    gone = _ids(payload.get("repositories")) if action == "deleted" else ()
    return _installed(payload, action, gone)


def _installation_repositories(payload: Payload) -> Ours | None:
    if payload.get("action") not in ("added", "removed"):
        return None
    return _installed(payload, "present", _ids(payload.get("repositories_removed")))


def _installed(payload: Payload, action: Any, removed: tuple[int, ...]) -> Ours:
    granted = _at(payload, "installation", "permissions")
    pairs = granted.items() if isinstance(granted, Mapping) else ()
    account = _at(payload, "installation", "account")
    return InstallationMessage(
        installation_id=_number(payload, "installation", "id"),
        # an enterprise has a slug in place of a login
        account=_word(_at(account, "login")) or _word(_at(account, "slug")),
        selection=_word(_at(payload, "installation", "repository_selection")),
        action=action,
        removed=removed,
        permissions=tuple(sorted((_word(name), _word(level)) for name, level in pairs)),
    )


def _ids(repositories: object) -> tuple[int, ...]:
    listed = repositories if isinstance(repositories, list) else ()
    return tuple(number for one in listed if _is_number(number := _at(one, "id")))


def _where(payload: Payload) -> dict[str, Any]:
    return {
        "installation_id": _number(payload, "installation", "id"),
        "repository_id": _number(payload, "repository", "id"),
        "repository": _text(payload, "repository", "full_name"),
    }


def _number(payload: Payload, *keys: str) -> int:
    value = _at(payload, *keys)
    if not _is_number(value):
        raise _Lacking(f"the payload lacks {'.'.join(keys)}")
    return int(value)


def _text(payload: Payload, *keys: str) -> str:
    value = _at(payload, *keys)
    if not _is_text(value):
        raise _Lacking(f"the payload lacks {'.'.join(keys)}")
    return str(value)


def _word(value: object) -> str:
    """The text itself; nothing for what is no text."""
    return value if isinstance(value, str) else ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _at(value: object, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None  # as JSON makes them
    return value


_READERS: Mapping[str, Callable[[Payload], Ours | None]] = {
    "pull_request": _pull_request,
    "issue_comment": _issue_comment,
    "pull_request_review_comment": _review_comment,
    "check_run": _check_run,
    "check_suite": _check_suite,
    "installation": _installation,
    "installation_repositories": _installation_repositories,
}
