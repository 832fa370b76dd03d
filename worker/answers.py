"""GitHub's answers in our own words: contents, refusals of REST, errors of GraphQL."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx

from worker.api import Json
from worker.errors import GitHubError, Limited, Missing, Refused, Unavailable, Unprocessable

_LIMIT_WORDS = ("rate limit", "abuse", "submitted too quickly")


def content(answer: httpx.Response) -> Any:
    """The JSON of an answer; a proxy's friendly page in its place is an outage."""
    try:
        return answer.json()
    except ValueError as error:
        what = f"{answer.request.method} {answer.request.url.path}"
        raise Unavailable(f"{what}: {answer.status_code}, but the answer is not JSON") from error


def refusal(answer: httpx.Response, what: str) -> GitHubError:
    """An answer with an error status, in our own terms."""
    status, words = answer.status_code, _words(answer)
    message = f"{what}: {status} {words}"
    if _is_limit(answer, words):
        return Limited(message, wait_of(answer.headers))
    if status >= 500 or status == 408:
        return Unavailable(message)
    kinds = {404: Missing, 422: Unprocessable}
    return kinds.get(status, Refused)(message, status=status, words=words)


def _is_limit(answer: httpx.Response, words: str) -> bool:
    if answer.status_code == 429:
        return True
    if answer.status_code not in (403, 422):
        return False
    spent = answer.headers.get("x-ratelimit-remaining") == "0"
    named = any(word in words.lower() for word in _LIMIT_WORDS)
    return named or (answer.status_code == 403 and (spent or "retry-after" in answer.headers))


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that GitHub asks to wait; None when it does not say.

    `Retry-After` counts most; the end of the hourly window only when nothing of it is left.
    """
    after = headers.get("retry-after", "")
    if after.isdecimal():
        return float(after)
    reset = headers.get("x-ratelimit-reset", "")
    if headers.get("x-ratelimit-remaining") == "0" and reset.isdecimal():
        return max(0.0, float(reset) - time.time())
    return None


def _words(answer: httpx.Response) -> str:
    """All texts of an error, of both shapes that GitHub uses."""
    try:
        found = answer.json()
    except ValueError:
        return answer.text[:200]
    if not isinstance(found, dict):
        return answer.text[:200]
    parts = [found.get("message")]
    for error in found.get("errors") or ():
        parts.append(" ".join(map(str, error.values())) if isinstance(error, dict) else error)
    return "; ".join(str(part) for part in parts if part)


def graphql_data(answer: httpx.Response) -> Json:
    """The data of a GraphQL answer; its errors come with status 200.

    Raises:
        GitHubError: there are errors, even when a part was done.
    """
    found = content(answer)
    errors = found.get("errors") or ()
    if not errors:
        data: Json = found["data"]
        return data
    kinds = {error.get("type") for error in errors}
    message = "POST /graphql: " + "; ".join(str(error.get("message")) for error in errors)
    if "RATE_LIMITED" in kinds:
        raise Limited(message, wait_of(answer.headers))
    if "FORBIDDEN" in kinds or "INSUFFICIENT_SCOPES" in kinds:
        raise Refused(message, status=403, words=message)
    if "NOT_FOUND" in kinds:
        raise Missing(message, status=404, words=message)
    if kinds == {None} and "went wrong" in message:
        raise Unavailable(message)
    raise GitHubError(message)
