"""Requests, answers and the table of operations, one entry per operation of GitHub's description.

An operation is a plain function of the state and the request; it is registered under the
description's own path template, so that the two can be compared word for word.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from worker.demo.github_standin.hub import Hub
from worker.demo.github_standin.records import PullRequest, Repository, User
from worker.demo.github_standin.refusals import Json, invalid_request

# Of these path parameters GitHub lets slashes stand.
_WITH_SLASHES = {"path", "ref", "basehead"}


@dataclass(frozen=True)
class Request:
    """One call: `path` is still percent-encoded, header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def bearer(self) -> str | None:
        kind, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if kind.lower() in ("bearer", "token") else None

    @property
    def object(self) -> Json:
        """The body of an operation that takes a JSON object; none sent counts as `{}`."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise invalid_request(f"For 'links/0/schema', {self.body!r} is not an object.")
        return self.body


@dataclass(frozen=True)
class Answer:
    """`body` is JSON, or bytes sent as they are, or None for an empty answer."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Hub, Request], Answer]


@dataclass(frozen=True)
class Operation:
    """`needs` is `app` (a JWT), `nobody`, or permissions such as `checks:write`."""

    method: str
    template: str
    needs: str
    handler: Handler
    creates_content: bool

    @property
    def pattern(self) -> re.Pattern[str]:
        return _pattern(self.template)


OPERATIONS: list[Operation] = []


def operation(
    method: str, template: str, needs: str, creates_content: bool = False
) -> Callable[[Handler], Handler]:
    """Registers a function as the answer to `method template`."""

    def register(handler: Handler) -> Handler:
        OPERATIONS.append(Operation(method, template, needs, handler, creates_content))
        return handler

    return register


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
    """The operation called, with its parameters decoded; the most literal template wins."""
    fitting = []
    for one in OPERATIONS:
        match = one.pattern.fullmatch(path) if one.method == method else None
        if match is not None:
            fitting.append((one, match))
    if not fitting:
        return None
    best, match = min(fitting, key=lambda pair: sum(len(text) for text in pair[1].groups()))
    return best, {name: unquote(value) for name, value in match.groupdict().items()}


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    written = [re.escape(part) if i % 2 == 0 else _group(part) for i, part in enumerate(parts)]
    return re.compile("".join(written))


def _group(name: str) -> str:
    return f"(?P<{name}>{'.+' if name in _WITH_SLASHES else '[^/]+'})"


def the_repository(hub: Hub, request: Request) -> Repository:
    return hub.repository(request.parameters["owner"], request.parameters["repo"])


def the_pull(hub: Hub, request: Request) -> PullRequest:
    return hub.pull(the_repository(hub, request), request.parameters["pull_number"])


def caller(hub: Hub) -> User:
    """An installation token acts as the App's bot."""
    return hub.app.bot


def page_of(hub: Hub, request: Request, rows: list[Any], wrapped: str | None = None) -> Answer:
    """One page of a list, with the Link header that leads to the others.

    `wrapped` names the member that holds the rows where GitHub answers with an object.
    """
    size = min(100, _number(request, "per_page", 30))
    number = _number(request, "page", 1)
    shown = rows[(number - 1) * size : number * size]
    last = max(1, -(-len(rows) // size))
    wanted = {"prev": number - 1, "next": number + 1, "last": last, "first": 1}
    if number <= 1:
        wanted = {name: n for name, n in wanted.items() if name in ("next", "last")}
    if number >= last:
        wanted = {name: n for name, n in wanted.items() if name in ("prev", "first")}
    links = [f'<{_page_url(hub, request, n)}>; rel="{name}"' for name, n in wanted.items()]
    body: Any = shown if wrapped is None else {"total_count": len(rows), wrapped: shown}
    return Answer(200, body, {"Link": ", ".join(links)} if links else {})


def _number(request: Request, name: str, default: int) -> int:
    """GitHub takes the default for anything that is not a positive number."""
    value = request.query.get(name, "")
    return int(value) if value.isdigit() and int(value) > 0 else default


def _page_url(hub: Hub, request: Request, number: int) -> str:
    query = {**request.query, "page": str(number)}
    written = "&".join(f"{quote(name)}={quote(value)}" for name, value in query.items())
    return f"{hub.url}{request.path}?{written}"
