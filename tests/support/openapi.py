"""Holds calls and answers to GitHub's own description of its API and its webhooks.

The description is OpenAPI 3.0.3 (`api.github.com.json` out of the npm package `@octokit/openapi`),
whose schemas are JSON Schema with `nullable` for a second type. They are translated once, on
loading; references stay references, so the 13 MB are never expanded.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from jsonschema import Draft7Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from tests.support.npm import npm_file

PACKAGE, VERSION = "@octokit/openapi", "23.0.2"

# Statuses that GitHub gives on any operation and describes on none, with the schema they have.
_ANYWHERE = {400, 401, 403, 404, 429}
# Members that are null although described as not nullable: a comment whose lines have changed.
_NULL_IN_PRACTICE = {"line", "position"}
_WITHOUT_BODY = {204, 302, 304}


@dataclass(frozen=True)
class Described:
    """One operation of the description: its template, what stands there, and where that is."""

    method: str
    template: str
    operation: dict[str, Any]

    @property
    def place(self) -> tuple[str, ...]:
        return ("paths", self.template, self.method.lower())


@cache
def description() -> dict[str, Any]:
    """GitHub's description, with every schema in JSON Schema's own terms."""
    path = npm_file(PACKAGE, VERSION, "generated/api.github.com.json")
    loaded: dict[str, Any] = json.loads(path.read_text(), object_hook=_as_json_schema)
    _mend(loaded)
    return loaded


def _mend(loaded: dict[str, Any]) -> None:
    """A slip in the description: an installation's account is a user *and* an enterprise there."""
    answer = loaded["paths"]["/app/installations"]["get"]["responses"]["200"]
    items = answer["content"]["application/json"]["schema"]["items"]
    either = items["properties"]["account"]["anyOf"][1]
    either["anyOf"] = either.pop("allOf")


def _as_json_schema(node: dict[str, Any]) -> dict[str, Any]:
    """Rewrites `nullable: true`: null becomes a type, a member of the enum, or an alternative."""
    if node.pop("nullable", False) is not True:
        return node
    if "type" in node:
        node["type"] = [node["type"], "null"]
        if "enum" in node and None not in node["enum"]:
            node["enum"] = [*node["enum"], None]
        return node
    rest = {name: node.pop(name) for name in ("$ref", "allOf", "oneOf", "anyOf") if name in node}
    return {**node, "anyOf": [{"type": "null"}, rest]} if rest else node


def assert_valid_exchange(
    method: str, path: str, request_body: Any, status: int, response_body: Any
) -> None:
    """Fails when a call or its answer is not what GitHub describes.

    `path` is the path called, without a query. GraphQL has no OpenAPI description; calls of it
    are only checked for GraphQL's outer form. 5xx answers have none either.
    """
    if path == "/graphql":
        assert isinstance(response_body, dict), response_body
        assert status >= 400 or {"data", "errors"} & set(response_body), response_body
        return
    found = describe(method, path)
    if found is None:
        assert status in (404, 403, 400), f"GitHub describes no {method} {path} (got {status})"
        return
    if status < 400 and "requestBody" in found.operation:
        _assert_request(found, request_body)
    if status < 500:
        _assert_response(found, status, response_body)


def assert_valid_webhook(event: str, payload: dict[str, Any]) -> None:
    """Fails when a webhook's payload is not what GitHub describes for its event and action."""
    action = payload.get("action")
    name = event if action is None else f"{event} {action}"
    key = name.replace("_", "-").replace(" ", "-")
    webhooks = description()["x-webhooks"]
    assert key in webhooks, f"GitHub describes no webhook {name}"
    place = ("x-webhooks", key, "post", "requestBody", "content", "application/json", "schema")
    _assert_fits(f"the webhook {name}", place, payload)


def describe(method: str, path: str) -> Described | None:
    """The described operation that a path belongs to: the one with most literal parts."""
    fitting = [one for one in _table() if one[1].fullmatch(path) and method.lower() in one[2]]
    if not fitting:
        return None
    template, _, operations = max(fitting, key=lambda one: _literal(one[0]))
    return Described(method, template, operations[method.lower()])


def _literal(template: str) -> int:
    return sum(not part.startswith("{") for part in template.split("/"))


@cache
def _table() -> list[tuple[str, re.Pattern[str], dict[str, Any]]]:
    return [(path, _pattern(path), item) for path, item in description()["paths"].items()]


def _pattern(template: str) -> re.Pattern[str]:
    with_slashes = ("{path}", "{ref}", "{basehead}")  # the root of `contents` is an empty path
    parts = re.split(r"(\{\w+\})", template)
    written = [
        re.escape(part) if i % 2 == 0 else (".*" if part in with_slashes else "[^/]+")
        for i, part in enumerate(parts)
    ]
    return re.compile("".join(written))


def _assert_request(found: Described, body: Any) -> None:
    where = f"{found.method} {found.template}"
    described = found.operation["requestBody"]
    if body is None:
        assert not described.get("required"), f"{where}: a body is required, none was sent"
        return
    place = (*found.place, "requestBody", "content", "application/json", "schema")
    _assert_fits(f"the request {where}", place, body)


def _assert_response(found: Described, status: int, body: Any) -> None:
    where = f"{status} of {found.method} {found.template}"
    described = found.operation["responses"].get(str(status))
    place = (*found.place, "responses", str(status))
    if described is None:
        assert status in _ANYWHERE or status in (304, 422), f"{where} is not described"
        if status != 304:
            _assert_fits(where, ("components", "schemas", "basic-error"), body)
        return
    if "$ref" in described:
        place = tuple(described["$ref"].removeprefix("#/").split("/"))
        described = description()["components"]["responses"][place[-1]]
    content = described.get("content", {})
    if not content or status in _WITHOUT_BODY:
        assert body in (None, {}), f"{where}: a body where none is described: {body!r}"
    elif body is not None:  # None: bytes of another media type that was asked for
        kind = "application/json" if "application/json" in content else next(iter(content))
        assert kind.endswith("json"), f"{where}: JSON where {sorted(content)} is described"
        _assert_fits(where, (*place, "content", kind, "schema"), body)


def _assert_fits(what: str, place: tuple[str, ...], value: Any) -> None:
    found = [one for one in _validator(place).iter_errors(value) if not _null_in_practice(one)]
    told = [f"  {_path(one)}: {one.message[:300]}" for one in found]
    assert not told, "\n".join([f"{what} is not as GitHub describes it:", *sorted(told)[:12]])


def _path(error: Any) -> str:
    return "/".join(str(part) for part in error.absolute_path) or "(top)"


def _null_in_practice(error: Any) -> bool:
    path = list(error.absolute_path)
    return error.instance is None and bool(path) and path[-1] in _NULL_IN_PRACTICE


@lru_cache(maxsize=256)
def _validator(place: tuple[str, ...]) -> Draft7Validator:
    """Checks against the schema at a place in the description."""
    pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in place)
    schema = {"$ref": f"urn:github#/{quote(pointer)}"}
    return Draft7Validator(schema, registry=_registry(), format_checker=_FORMATS)


@cache
def _registry() -> Any:
    resource = Resource(contents=description(), specification=DRAFT7)
    return Registry().with_resource("urn:github", resource)


_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


@_FORMATS.checks("uri", raises=ValueError)
def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)
