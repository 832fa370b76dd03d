"""What a rule wants changed, as values; `analyzer.fixing.apply` turns them into line edits.

A rule names source ranges that the source index gave it (`CallSite.site`, `Argument.site`,
`CallSite.statement`) and new source text; it never touches text itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.observed import Site


@dataclass(frozen=True, slots=True)
class ReplaceExpression:
    """Write other source text in place of the expression at `site`."""

    site: Site
    text: str


@dataclass(frozen=True, slots=True)
class SetArgument:
    """Give the call at `call` this keyword argument, replacing the one it has.

    Attributes:
        position: where the argument stands when it is given without its keyword, else None.
        text: source text of the value.
    """

    call: Site
    keyword: str
    text: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveArgument:
    """Take this keyword argument (or the one at `position`) out of the call at `call`."""

    call: Site
    keyword: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class UnwrapCall:
    """Write the call's first argument in place of the call: ``softmax(x, 1)`` becomes ``x``."""

    call: Site


@dataclass(frozen=True, slots=True)
class InsertAfter:
    """Write statements after the statement at `statement`, with its indentation."""

    statement: Site
    text: str


@dataclass(frozen=True, slots=True)
class InsertBefore:
    """Write statements before the statement at `statement`, with its indentation."""

    statement: Site
    text: str


@dataclass(frozen=True, slots=True)
class RemoveStatement:
    """Delete the whole statement at `statement`; ``pass`` stays when a block would be empty."""

    statement: Site


@dataclass(frozen=True, slots=True)
class EnsureImport:
    """Make sure that ``from module import name`` (or ``import module``) holds at module level."""

    module: str
    name: str | None = None


Change = (
    ReplaceExpression
    | SetArgument
    | RemoveArgument
    | UnwrapCall
    | InsertAfter
    | InsertBefore
    | RemoveStatement
    | EnsureImport
)


@dataclass(frozen=True, slots=True)
class FixPlan:
    """The smallest change that mends one finding.

    Attributes:
        description: an imperative sentence: "use one sigmoid unit".
        changes: applied together.
        safe: False when the change can alter what the program means beyond the fault.
    """

    description: str
    changes: tuple[Change, ...]
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Declined:
    """No edit is offered, and why."""

    reason: str
