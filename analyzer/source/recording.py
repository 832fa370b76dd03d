"""What the reader remembers of each call it meets, so that the index can be made afterwards."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from analyzer.observed import Site
from analyzer.source.parsing import Parsed
from analyzer.source.values import Given, Known, Value, pick


@dataclass(eq=False, slots=True)
class LoopSeen:
    """A for or while loop that is being executed.

    Attributes:
        iterable: what a for loop runs over, None for while.
        variable: source text of its target.
    """

    site: Site
    iterable: Value | None = None
    variable: str = ""


@dataclass(eq=False, slots=True)
class CallSeen:
    """One call, as evaluated.

    Attributes:
        callee: canonical name, "?.fit" for a method of something unknown.
        spelled: the full dotted name as the program spells it, "" when it is not imported.
        receiver: the object whose method it is; given: its arguments; called: what is called.
        loops: loops in its function; running: all loops being executed, callers' included.
        order: when it was first met.
        certain: whether it is surely executed.
        disagreeing: arguments that had another value another time.
    """

    node: ast.Call
    parsed: Parsed
    callee: str
    spelled: str
    receiver: Value | None
    receiver_text: str | None
    given: tuple[Given, ...]
    statement: ast.stmt
    function: str
    loops: int
    running: tuple[LoopSeen, ...]
    target: str | None
    order: int
    called: Value | None = None
    result: Value | None = None
    certain: bool = True
    disagreeing: set[ast.expr] = field(default_factory=set)

    def argument(self, keyword: str, position: int | None = None) -> Given | None:
        """The argument with this keyword, else at this position."""
        return pick(self.given, keyword, position)

    def site(self) -> Site:
        """The range of the whole call."""
        return self.parsed.site(self.node)


class Record:
    """All calls met, each once, in the order they were first met."""

    def __init__(self) -> None:
        self.calls: dict[ast.Call, CallSeen] = {}
        self.spelled: list[str] = []

    def add(self, seen: CallSeen) -> CallSeen:
        """Remember a call; a call met again keeps what agrees."""
        known = self.calls.get(seen.node)
        if known is None:
            self.calls[seen.node] = seen
            if seen.spelled:
                self.spelled.append(seen.spelled)
            return seen
        for before, after in zip(known.given, seen.given, strict=False):
            if not _agree(before.value, after.value):
                known.disagreeing.add(before.node)
        if known.callee.startswith("?.") and not seen.callee.startswith("?."):
            seen.order, seen.disagreeing = known.order, known.disagreeing
            self.calls[seen.node] = seen
            return seen
        return known

    def in_order(self) -> list[CallSeen]:
        """The calls in the order in which they are executed."""
        return sorted(self.calls.values(), key=lambda seen: seen.order)


def _agree(before: Value, after: Value) -> bool:
    if isinstance(before, Known) and isinstance(after, Known):
        return type(before.value) is type(after.value) and before.value == after.value
    return not (isinstance(before, Known) or isinstance(after, Known))
