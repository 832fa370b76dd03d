"""Old keywords of a call, written as today's; pure, but for the reporting.

`translated` wraps a callable so that a call with only today's keywords goes through untouched.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from .compat_arguments import DROPPED, VALUES
from .compat_record import Uses

Extra = Callable[[tuple[Any, ...], dict[str, Any]], tuple[tuple[Any, ...], dict[str, Any]]]


def accepts(function: Any, name: str) -> bool:
    """Whether a callable has a parameter of that name itself (`**kwargs` does not count)."""
    try:
        return name in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False


def rename(keywords: dict[str, Any], table: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """Today's keywords and the old ones that were met, in the program's order."""
    old = [name for name in keywords if name in table]
    result = {name: value for name, value in keywords.items() if name not in table}
    for name in old:
        new = table[name]
        if new != DROPPED:
            result.setdefault(new, keywords[name])
    for name, values in VALUES.items():
        if isinstance(result.get(name), str):
            result[name] = values.get(result[name], result[name])
    return result, old


def pair(
    keywords: dict[str, Any], pairs: tuple[tuple[str, ...], str] | None
) -> tuple[dict[str, Any], list[str]]:
    """Several old keywords as one tuple: nb_row=3, nb_col=3 as kernel_size=(3, 3)."""
    if pairs is None or not all(name in keywords for name in pairs[0]):
        return keywords, []
    size = tuple(keywords[name] for name in pairs[0])
    rest = {name: value for name, value in keywords.items() if name not in pairs[0]}
    return {**rest, pairs[1]: size}, list(pairs[0])


def translated(
    function: Callable[..., Any],
    table: Mapping[str, str],
    uses: Uses,
    owner: str,
    since: str = "Keras 3",
    pairs: tuple[tuple[str, ...], str] | None = None,
    extra: Extra | None = None,
) -> Callable[..., Any]:
    """The callable with old keywords accepted.

    Args:
        function: today's callable, or a class's `__init__`.
        table: old keyword to today's.
        uses: where each old keyword is reported.
        owner: the callable's name for the reader, "Dense".
        since: the release that removed the old keywords.
        pairs: old keywords that form one tuple.
        extra: a further change of (positional, keyword) arguments, for what no table can say.
    """
    old_names = {name for name in table if not accepts(function, name)}
    own_table = {name: table[name] for name in old_names}
    watched = old_names | set(pairs[0] if pairs else ())

    @functools.wraps(function)
    def call(*arguments: Any, **keywords: Any) -> Any:
        if not watched.isdisjoint(keywords) and uses.by_user():
            keywords, paired = pair(keywords, pairs)
            keywords, old = rename(keywords, own_table)
            for name in old:
                _report(uses, owner, name, own_table[name], since)
            for name in paired:
                _report(uses, owner, name, pairs[1] if pairs else DROPPED, since)
        if extra is not None:
            arguments, keywords = extra(arguments, keywords)
        return function(*arguments, **keywords)

    _keep_signature(call, function)
    return call


def _report(uses: Uses, owner: str, old: str, new: str, since: str) -> None:
    spelled = f"{owner}({new}=)" if new != DROPPED else "(removed)"
    uses.record(f"{owner}({old}=)", spelled, since)


def _keep_signature(call: Any, function: Any) -> None:
    """Keras reads the signature of `__init__` without following wrappers."""
    try:
        call.__signature__ = inspect.signature(function)
    except (TypeError, ValueError):
        return
