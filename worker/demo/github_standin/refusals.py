"""What GitHub refuses, with the status and the text it refuses with.

One exception, `Refused`, carries the whole answer; the functions below name the cases. GitHub has
two shapes of 422: `errors` as a list of strings (reviews) and as a list of objects (everything
else); a client that reads only one of them is wrong half of the time.
"""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

DOCUMENTATION = "https://docs.github.com/rest"


class Refused(Exception):
    """A request that GitHub answers with an error: status, JSON body, additional headers."""

    def __init__(
        self,
        status: int,
        message: str,
        errors: list[Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status}: {message} {errors or ''}")
        self.status = status
        self.headers = dict(headers or {})
        self.body: Json = {"message": message, "documentation_url": DOCUMENTATION}
        self.body["status"] = str(status)
        if errors is not None:
            self.body["errors"] = errors


def not_found() -> Refused:
    return Refused(404, "Not Found")


def bad_credentials() -> Refused:
    return Refused(401, "Bad credentials")


def unreadable_jwt(reason: str = "A JSON web token could not be decoded") -> Refused:
    return Refused(401, reason)


def missing_permission(accepted: str) -> Refused:
    headers = {"X-Accepted-GitHub-Permissions": accepted}
    return Refused(403, "Resource not accessible by integration", headers=headers)


def invalid_request(*reasons: str) -> Refused:
    """The body does not fit the operation's schema (a 422 without `errors`)."""
    return Refused(422, "Invalid request.\n\n" + "\n".join(reasons))


def unprocessable(*reasons: str) -> Refused:
    """The reviews' 422: `errors` is a list of strings."""
    return Refused(422, "Unprocessable Entity", list(reasons))


def validation_failed(resource: str, field: str, message: str, code: str = "custom") -> Refused:
    """The general 422: `errors` is a list of objects."""
    error = {"resource": resource, "field": field, "code": code, "message": message}
    return Refused(422, "Validation Failed", [error])


def primary_limit(reset: int) -> Refused:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
    return Refused(403, "API rate limit exceeded for installation.", headers=headers)


def secondary_limit(retry_after: int | None) -> Refused:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    message = (
        "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    )
    return Refused(403, message, headers=headers)
