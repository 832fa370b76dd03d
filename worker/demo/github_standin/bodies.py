"""Checks of request bodies against an operation's members, in GitHub's words."""

from collections.abc import Collection, Mapping
from typing import Any

from worker.demo.github_standin.refusals import Json, invalid_request

Kinds = Mapping[str, str]
"""Member name to kind: string, integer, boolean, array, object, or words joined by `|`."""

_TYPES: dict[str, type] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
}


def check_members(
    body: Json, kinds: Kinds, required: Collection[str] = (), closed: bool = False
) -> None:
    """Raises 422 on a missing member, a wrong type or (when `closed`) an unknown member."""
    problems = [f'"{name}" wasn\'t supplied.' for name in required if body.get(name) is None]
    for name, value in body.items():
        if name not in kinds:
            problems += [f'"{name}" is not a permitted key.'] if closed else []
        elif value is not None and not fits(value, kinds[name]):
            problems.append(
                f"For 'properties/{name}', {_shown(value)} is not {_noun(kinds[name])}."
            )
    if problems:
        raise invalid_request(*problems)


def fits(value: Any, kind: str) -> bool:
    if kind in _TYPES:
        is_bool = isinstance(value, bool)
        return isinstance(value, _TYPES[kind]) and (not is_bool or kind == "boolean")
    return value in kind.split("|")


def check_count(items: list[Any], most: int) -> None:
    if len(items) > most:
        raise invalid_request(f"No more than {most} items are allowed; {len(items)} were supplied.")


def check_length(name: str, text: str | None, most: int) -> None:
    if text is not None and len(text) > most:
        raise invalid_request(
            f"For 'properties/{name}', Only {most} characters are allowed; "
            f"{len(text)} were supplied."
        )


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _noun(kind: str) -> str:
    if kind in _TYPES:
        return f"{'an' if kind[0] in 'aio' else 'a'} {kind}"
    return f"a member of {kind.split('|')}"
