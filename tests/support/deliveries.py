"""Signed deliveries as GitHub sends them."""

import hashlib
import hmac
import json
import uuid
from typing import Any

SECRET = "a secret of the tests"


def pull_request_payload(
    action: str = "opened",
    *,
    number: int = 7,
    head: str = "a" * 40,
    repository_id: int = 42,
    repository: str = "owner/name",
    installation: int = 5,
) -> dict[str, Any]:
    """The keys of a pull_request payload that matter, and a few that do not."""
    return {
        "action": action,
        "number": number,
        "installation": {"id": installation, "node_id": "x"},
        "repository": {"id": repository_id, "full_name": repository, "a_key_of_2030": None},
        "pull_request": {"number": number, "head": {"sha": head, "ref": "topic"}, "draft": False},
        "sender": {"login": "somebody", "type": "User"},
    }


def comment_payload(
    body: str, *, holder: str = "issue", login: str = "mona", comment: int = 900, number: int = 7
) -> dict[str, Any]:
    """The keys that matter of an issue_comment, or with `holder` of a comment on the diff."""
    return {
        "action": "created",
        "installation": {"id": 5},
        "repository": {"id": 42, "full_name": "owner/name"},
        holder: {"number": number, "pull_request": {"url": "https://api.github.com/..."}},
        "comment": {"id": comment, "body": body, "user": {"login": login, "type": "User"}},
        "sender": {"login": login, "type": "User"},
    }


def headers(
    body: bytes, event: str = "pull_request", guid: str | None = None, secret: str = SECRET
) -> dict[str, str]:
    """The headers that go with the body."""
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": guid or str(uuid.uuid4()),
        "X-Hub-Signature-256": "sha256="
        + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(),
    }


def encode(payload: object) -> bytes:
    """The body of a delivery."""
    return json.dumps(payload).encode()
