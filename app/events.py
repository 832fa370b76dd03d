"""What a payload means to us: a typed message, or "not ours".

Payloads are read leniently as plain dictionaries: GitHub adds keys all the time, and a strict
model refuses a third of the examples that GitHub itself published.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.queue import PullRequestMessage

PULL_REQUEST_ACTIONS = ("opened", "synchronize", "reopened", "ready_for_review")


@dataclass(frozen=True, slots=True)
class NotOurs:
    """The event is acknowledged and dropped, and why."""

    reason: str


def is_interesting(event: str) -> bool:
    """Whether the payload of such an event is worth parsing."""
    return event == "pull_request"


def read_event(event: str, payload: object) -> PullRequestMessage | NotOurs:
    """The message that the payload asks for."""
    if not is_interesting(event):
        return NotOurs(f"nothing to do for {event}")
    if not isinstance(payload, Mapping):
        return NotOurs("the payload is not an object")
    action = payload.get("action")
    if action not in PULL_REQUEST_ACTIONS:
        return NotOurs(f"nothing to do for {event}.{action}")
    return _pull_request(payload)


def _pull_request(payload: Mapping[str, Any]) -> PullRequestMessage | NotOurs:
    found = {
        "installation_id": _at(payload, "installation", "id"),
        "repository_id": _at(payload, "repository", "id"),
        "number": _at(payload, "pull_request", "number"),
    }
    texts = {
        "repository": _at(payload, "repository", "full_name"),
        "head_sha": _at(payload, "pull_request", "head", "sha"),
    }
    missing = [name for name, value in found.items() if not _is_number(value)]
    missing += [name for name, value in texts.items() if not (isinstance(value, str) and value)]
    if missing:
        return NotOurs(f"the payload lacks {', '.join(missing)}")
    return PullRequestMessage(**found, **texts)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _at(value: object, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
