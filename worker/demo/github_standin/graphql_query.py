"""Reads the part of GraphQL that clients of this API write, and cuts answers to what was asked.

Operations with variables, fields with aliases and arguments; no fragments, no directives: those
are refused by name, so that nothing is ever answered wrongly.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r'[\s,]*(?:#[^\n]*\s*)*(?:(?P<string>"(?:\\.|[^"\\])*")|(?P<number>-?\d+(?:\.\d+)?)'
    r"|(?P<name>[_A-Za-z]\w*)|(?P<mark>\.\.\.|[{}()\[\]:=!$@]))"
)


class QueryError(Exception):
    """The query is no GraphQL, or more than this reader knows."""


@dataclass(frozen=True)
class Field:
    """A selected field: its answer goes under `key`."""

    key: str
    name: str
    arguments: Mapping[str, Any]
    selection: "tuple[Field, ...]"


def parse(query: str, variables: Mapping[str, Any]) -> tuple[str, tuple[Field, ...]]:
    """The kind of the operation (query or mutation) and its top fields."""
    reader = _Reader(query, variables)
    return reader.operation()


def cut(value: Any, selection: tuple[Field, ...]) -> Any:
    """Only the members selected; a selected member that is not there is an error."""
    if isinstance(value, list):
        return [cut(one, selection) for one in value]
    if value is None or not selection:
        return value
    missing = [field.name for field in selection if field.name not in value]
    if missing:
        raise QueryError(f"Field '{missing[0]}' doesn't exist here")
    return {field.key: cut(value[field.name], field.selection) for field in selection}


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self._variables = variables
        self._tokens: list[str] = []
        at, text = 0, text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise QueryError(f"Parse error on {text[at : at + 10]!r}")
            self._tokens.append(match[match.lastgroup or "mark"])
            at = match.end()
        self._tokens.append("")

    def _take(self, expected: str | None = None) -> str:
        token = self._tokens.pop(0)
        if token in ("...", "@") or not token or expected not in (None, token):
            raise QueryError(f"Parse error on {token!r}, expected {expected or 'a name'}")
        return token

    @property
    def _next(self) -> str:
        return self._tokens[0]

    def operation(self) -> tuple[str, tuple[Field, ...]]:
        kind = "query" if self._next == "{" else self._take()
        if kind not in ("query", "mutation"):
            raise QueryError(f"Parse error on {kind!r}: expected query or mutation")
        while self._next not in ("{", ""):
            self._take()
        return kind, self._selection()

    def _selection(self) -> tuple[Field, ...]:
        self._take("{")
        fields = []
        while self._next != "}":
            fields.append(self._field())
        self._take("}")
        return tuple(fields)

    def _field(self) -> Field:
        key = name = self._take()
        if self._next == ":":
            self._take()
            name = self._take()
        arguments = self._arguments() if self._next == "(" else {}
        selection = self._selection() if self._next == "{" else ()
        return Field(key, name, arguments, selection)

    def _arguments(self) -> dict[str, Any]:
        self._take("(")
        return self._members(")")

    def _members(self, end: str) -> dict[str, Any]:
        members: dict[str, Any] = {}
        while self._next != end:
            name = self._take()
            self._take(":")
            members[name] = self._value()
        self._take(end)
        return members

    def _value(self) -> Any:
        token = self._take()
        if token == "$":
            return self._variables.get(self._take())
        if token == "{":
            return self._members("}")
        if token == "[":
            values = []
            while self._next != "]":
                values.append(self._value())
            self._take("]")
            return values
        return _literal(token)


def _literal(token: str) -> Any:
    if token[0] == '"':
        return token[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if token[0] in "-0123456789":
        return float(token) if "." in token else int(token)
    return {"true": True, "false": False, "null": None}.get(token, token)
