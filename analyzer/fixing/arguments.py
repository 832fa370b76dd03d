"""Arguments of a call, changed in the layout that the call already has."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from analyzer.errors import EditError


def find_argument(call: cst.Call, keyword: str, position: int | None) -> int | None:
    """Index of the argument given by this keyword, else at this position, else None."""
    for index, argument in enumerate(call.args):
        if argument.keyword is not None and argument.keyword.value == keyword:
            return index
    positional = [i for i, a in enumerate(call.args) if a.keyword is None and not a.star]
    if position is not None and position < len(positional):
        return positional[position]
    return None


def set_argument(
    call: cst.Call, keyword: str, position: int | None, value: cst.BaseExpression
) -> cst.Call:
    """The call with this argument set, in place or appended as a keyword argument."""
    index = find_argument(call, keyword, position)
    if index is not None:
        changed = list(call.args)
        changed[index] = changed[index].with_changes(value=value)
        return call.with_changes(args=changed)
    equal = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    new = cst.Arg(value=value, keyword=cst.Name(keyword), equal=equal)
    return call.with_changes(args=_appended(call.args, new))


def _appended(arguments: Sequence[cst.Arg], new: cst.Arg) -> list[cst.Arg]:
    """The arguments and the new one, with the commas and line breaks that the call uses."""
    if not arguments:
        return [new]
    *others, last = arguments
    has_trailing = isinstance(last.comma, cst.Comma)
    separator = others[-1].comma if others else cst.MaybeSentinel.DEFAULT
    if not isinstance(separator, cst.Comma):
        separator = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    if has_trailing:
        new = new.with_changes(comma=last.comma)
    else:
        new = new.with_changes(whitespace_after_arg=last.whitespace_after_arg)
        last = last.with_changes(whitespace_after_arg=cst.SimpleWhitespace(""))
    return [*others, last.with_changes(comma=separator), new]


def remove_argument(call: cst.Call, keyword: str, position: int | None) -> cst.Call:
    """The call without this argument.

    Raises:
        EditError: the call has no such argument.
    """
    index = find_argument(call, keyword, position)
    if index is None:
        raise EditError(f"the call has no argument {keyword!r} to remove")
    kept = list(call.args)
    removed = kept.pop(index)
    if kept and index == len(kept):
        kept[-1] = kept[-1].with_changes(
            comma=removed.comma, whitespace_after_arg=removed.whitespace_after_arg
        )
    return call.with_changes(args=kept)


def first_argument(call: cst.Call) -> cst.BaseExpression:
    """The call's first argument, to stand in the call's place.

    Raises:
        EditError: the call has no positional argument.
    """
    if not call.args or call.args[0].star:
        raise EditError("the call has no first argument to stand in its place")
    value = call.args[0].value
    return value.with_changes(lpar=[*call.lpar, *value.lpar], rpar=[*value.rpar, *call.rpar])
