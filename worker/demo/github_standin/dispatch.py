"""What happens around every operation: checks, identity, limits, ordered faults, the record.

Order, as GitHub's: headers and form of the request, then who is asking, then the limits, then
whether they may, then the operation itself.
"""

import hashlib
import json
import time
from dataclasses import dataclass, replace
from typing import Any

import worker.demo.github_standin.operations  # noqa: F401  (fills the table)
from worker.demo.github_standin.calls import Answer, Operation, Request, find_operation
from worker.demo.github_standin.faults import Failure, Fault
from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.records import Grant
from worker.demo.github_standin.refusals import (
    Json,
    Refused,
    bad_credentials,
    missing_permission,
    not_found,
    primary_limit,
    secondary_limit,
    unprocessable,
    unreadable_jwt,
)
from worker.demo.github_standin.tokens import allows, check_jwt, find_grant

VERSIONS = ("2022-11-28", "2026-03-10")
_SERVER_ERROR: Json = {"message": "Server Error"}


@dataclass(frozen=True)
class Exchange:
    """One call and its answer, as they went over the wire."""

    method: str
    path: str
    query: dict[str, str]
    request_headers: dict[str, str]
    request_body: Any
    status: int
    response_headers: dict[str, str]
    response_body: Any


def answer(hub: Hub, request: Request, raw_body: bytes) -> tuple[Answer, Exchange]:
    """Answers one call; never raises for anything a client can send."""
    fault = hub.faults.take(request.method, request.path)
    if fault is not None and fault.failure is Failure.HANG:
        time.sleep(fault.seconds)  # outside the lock: only this caller waits
    with hub.lock:
        request, done = _attempt(hub, request, raw_body, fault)
        return _finish(hub, request, done)


def _attempt(
    hub: Hub, request: Request, raw_body: bytes, fault: Fault | None
) -> tuple[Request, Answer]:
    try:
        request = _with_body(request, raw_body)
        _raise_ordered(hub, fault)
        done = _operate(hub, request)
    except Refused as refused:
        return request, Answer(refused.status, refused.body, refused.headers)
    if fault is not None and fault.failure in (Failure.BEFORE, Failure.LOST_ANSWER):
        return request, Answer(502, _SERVER_ERROR)
    return request, done


def _finish(hub: Hub, request: Request, done: Answer) -> tuple[Answer, Exchange]:
    hub.meter.roll(hub.clock())
    if request.method == "GET" and done.status == 200:
        done = _conditional(hub, request, done)
    headers = {**hub.meter.headers(), "X-GitHub-Media-Type": "github.v3; format=json"}
    done = replace(done, headers={**headers, **done.headers})
    body = done.body if not isinstance(done.body, bytes) else None
    seen = Exchange(
        request.method,
        request.path,
        dict(request.query),
        dict(request.headers),
        request.body,
        done.status,
        dict(done.headers),
        body,
    )
    return done, seen


def _conditional(hub: Hub, request: Request, done: Answer) -> Answer:
    """Adds the ETag; an unchanged answer is 304 and costs nothing."""
    written = done.body if isinstance(done.body, bytes) else json.dumps(done.body).encode()
    tag = f'W/"{hashlib.sha256(written).hexdigest()}"'
    if request.headers.get("if-none-match") == tag:
        hub.meter.refund()
        return Answer(304, None, {"ETag": tag})
    return replace(done, headers={"ETag": tag, **done.headers})


def _with_body(request: Request, raw: bytes) -> Request:
    if not request.headers.get("user-agent"):
        raise Refused(403, "Request forbidden by administrative rules. Please make sure your "
                      "request has a User-Agent header")  # fmt: skip
    version = request.headers.get("x-github-api-version", VERSIONS[0])
    if version not in VERSIONS:
        raise Refused(400, f'"{version}" is not a supported version.')
    if not raw:
        return request
    try:
        return replace(request, body=json.loads(raw))
    except ValueError:
        raise Refused(400, "Problems parsing JSON") from None


def _raise_ordered(hub: Hub, fault: Fault | None) -> None:
    """Faults that stand in for the work; `LOST_ANSWER` and `HANG` come after it."""
    failure = None if fault is None else fault.failure
    match failure:
        case Failure.BEFORE:
            raise _ServerError()
        case Failure.SECONDARY_LIMIT:
            raise secondary_limit(int(fault.seconds) if fault and fault.seconds else 60)
        case Failure.SECONDARY_LIMIT_BARE:
            raise secondary_limit(None)
        case Failure.PRIMARY_LIMIT:
            raise primary_limit(hub.meter.reset)
        case Failure.TOO_QUICK:
            raise unprocessable("was submitted too quickly")
        case Failure.UNAUTHORIZED:
            raise bad_credentials()
        case _:
            return


class _ServerError(Refused):
    def __init__(self) -> None:
        super().__init__(502, "Server Error")
        self.body = _SERVER_ERROR


def _operate(hub: Hub, request: Request) -> Answer:
    found = find_operation(request.method, request.path)
    if found is None:
        raise not_found()
    operation, parameters = found
    request = replace(request, parameters=parameters)
    grant = _identify(hub, operation, request)
    if grant is not None:
        hub.meter.count(hub.clock())
        _authorize(hub, operation, request, grant)
    if operation.creates_content:
        hub.meter.count_content(hub.clock())
    return operation.handler(hub, request)


def _identify(hub: Hub, operation: Operation, request: Request) -> Grant | None:
    """Checks the credentials of the kind that the operation takes."""
    token = request.bearer
    if operation.needs == "nobody":
        return None
    if operation.needs == "app":
        if token is None or token.startswith("ghs_"):
            raise unreadable_jwt()
        check_jwt(hub.app, token, hub.clock())
        return None
    if token is None:
        raise not_found() if request.method == "GET" else Refused(401, "Requires authentication")
    return find_grant(hub, token)


def _authorize(hub: Hub, operation: Operation, request: Request, grant: Grant) -> None:
    """A repository outside the token does not exist; a missing permission is named."""
    owner, name = request.parameters.get("owner"), request.parameters.get("repo")
    if owner is not None and name is not None:
        where = hub.repository(owner, name)
        outside = grant.repositories is not None and where.id not in grant.repositories
        if outside or not where.installed:
            raise not_found()
    granted = {"metadata": "read", **grant.permissions}
    if not allows(granted, operation.needs):
        raise missing_permission(operation.needs.replace(":", "=").replace("|", "; "))
