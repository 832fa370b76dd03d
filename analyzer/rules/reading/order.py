"""Reading the order of calls: cycles that end in a step, who follows whom, statements of calls."""

from __future__ import annotations

import ast
import functools
from collections.abc import Container, Iterator

from analyzer.observed import Site
from analyzer.observed.order import CallKind, CallOrder, Event, Schedule, SteppedOptimizer
from analyzer.rules.base import Program
from analyzer.source.calls import SourceIndex

ADAPTIVE = frozenset(
    {"adam", "adamw", "adamax", "nadam", "radam", "rmsprop", "adagrad", "adadelta", "adafactor"}
)
"""Optimizers that divide by the size of the gradients, so that a constant factor cancels."""

Cycle = tuple[Event, ...]


def order_of(program: Program) -> CallOrder:
    """The order of calls of a program whose rule needs it."""
    assert program.observation is not None
    assert program.observation.order is not None
    return program.observation.order


def kind_of(order: CallOrder, event: Event) -> CallKind:
    """What an event is."""
    return order.calls[event.call].kind


def site_of(order: CallOrder, event: Event) -> Site | None:
    """Where the user makes the call."""
    return order.calls[event.call].site


def of_kind(order: CallOrder, *kinds: CallKind) -> tuple[Event, ...]:
    """The events of these kinds, in their order."""
    return tuple(event for event in order.events if kind_of(order, event) in kinds)


def cycles(order: CallOrder, optimizer: int) -> tuple[Cycle, ...]:
    """Per step of an optimizer: the events since its step before, the step itself last.

    Calls that belong to another optimizer are left out; backward passes belong to all.
    """
    own = ("step", "unscale", "clip", "scaler_step", "zero_grad")
    found: list[Cycle] = []
    current: list[Event] = []
    for event in order.events:
        kind = kind_of(order, event)
        if kind in own and event.of is not None and event.of != optimizer:
            continue
        current.append(event)
        if kind == "step" and event.of == optimizer:
            found.append(tuple(current))
            current = []
    return tuple(found)


def tail(order: CallOrder) -> Cycle:
    """The events behind the last step of any optimizer."""
    steps = [place for place, e in enumerate(order.events) if kind_of(order, e) == "step"]
    return order.events[steps[-1] + 1 :] if steps else order.events


def optimizer_at(order: CallOrder, number: int | None) -> SteppedOptimizer | None:
    """The optimizer with this number."""
    known = number is not None and number < len(order.optimizers)
    return order.optimizers[number] if known and number is not None else None


def is_adaptive(optimizer: SteppedOptimizer | None) -> bool:
    """Whether a constant factor on its gradients changes nothing."""
    return optimizer is not None and optimizer.name in ADAPTIVE


def crashed_with(program: Program, *words: str) -> bool:
    """Whether the run ended in an exception whose text holds one of these."""
    trouble = program.observation.trouble if program.observation else None
    return trouble is not None and any(word in trouble.message for word in words)


def ended_by_itself(program: Program) -> bool:
    """Whether the whole training was seen."""
    seen = program.observation
    return (
        seen is not None
        and seen.trouble is None
        and seen.trace is not None
        and seen.trace.ended == "program_end"
    )


def steps_between(order: CallOrder, number: int) -> tuple[int, ...]:
    """Optimizer steps before each step of a schedule, since its step before."""
    schedule: Schedule = order.schedules[number]
    found, steps = [], 0
    for event in order.events:
        kind = kind_of(order, event)
        steps += kind == "step" and event.of in (schedule.optimizer, None)
        if kind == "scheduler_step" and event.of == number:
            found.append(steps)
            steps = 0
    return tuple(found)


def schedule_sites(order: CallOrder, number: int) -> tuple[Site, ...]:
    """Where a schedule is stepped."""
    events = (e for e in of_kind(order, "scheduler_step") if e.of == number)
    found = {e.call: site_of(order, e) for e in events}
    return tuple(site for site in found.values() if site is not None)


# Statements of the source


@functools.lru_cache(maxsize=64)
def _tree(lines: tuple[str, ...]) -> ast.Module | None:
    try:
        return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def bare_statement(source: SourceIndex, site: Site | None) -> Site | None:
    """The statement that is this call and nothing else; None when it is part of a larger one."""
    if site is None or site.path != source.path:
        return None
    for node in _statements(source):
        if isinstance(node, ast.Expr) and _lines(node) == (site.line, site.end_line):
            return site_at(source, node)
    return None


def statement_around(source: SourceIndex, site: Site | None) -> Site | None:
    """The simple statement that holds this place."""
    if site is None or site.path != source.path:
        return None
    found = [
        node
        for node in _statements(source)
        if not hasattr(node, "body") and node.lineno <= site.line <= (node.end_lineno or 0)
    ]
    return site_at(source, found[0]) if len(found) == 1 else None


def loops_around(source: SourceIndex, site: Site) -> tuple[ast.For | ast.While, ...]:
    """The loops of the same function around a place, innermost first."""
    inside = [
        node
        for node in _statements(source)
        if isinstance(node, ast.For | ast.While)
        and node.body[0].lineno <= site.line <= (node.body[-1].end_lineno or 0)
    ]
    return tuple(sorted(inside, key=lambda node: -node.lineno))


def text_of(source: SourceIndex, site: Site) -> str:
    """The source text of a statement, its lines joined."""
    if site.line == site.end_line:
        return source.lines[site.line - 1][site.column : site.end_column]
    first, *middle = source.lines[site.line - 1 : site.end_line - 1]
    last = source.lines[site.end_line - 1][: site.end_column]
    return "\n".join([first[site.column :], *middle, last])


def number_given(
    source: SourceIndex, site: Site, names: Container[str], keyword: str
) -> Site | None:
    """Where the second argument, or this keyword, of the only call of such a name in the lines of
    the site is written as a number."""
    tree = _tree(source.lines) if site.path == source.path else None
    calls = [
        node
        for node in (ast.walk(tree) if tree is not None else ())
        if isinstance(node, ast.Call)
        and site.line <= node.lineno <= site.end_line
        and ast.unparse(node.func).rpartition(".")[2] in names
    ]
    if len(calls) != 1:
        return None
    named = [given.value for given in calls[0].keywords if given.arg == keyword]
    values = [*named, *calls[0].args[1:2]]
    if not values or not isinstance(values[0], ast.Constant):
        return None
    return site_at(source, values[0]) if isinstance(values[0].value, int | float) else None


def _statements(source: SourceIndex) -> Iterator[ast.stmt]:
    tree = _tree(source.lines)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.stmt):
            yield node


def site_at(source: SourceIndex, node: ast.stmt | ast.expr) -> Site:
    """The range of a node, columns as code points."""
    last = node.end_lineno or node.lineno
    return Site(
        path=source.path,
        line=node.lineno,
        column=_points(source, node.lineno, node.col_offset),
        end_line=last,
        end_column=_points(source, last, node.end_col_offset or 0),
    )


def _points(source: SourceIndex, line: int, column: int) -> int:
    return len(source.lines[line - 1].encode()[:column].decode("utf-8", "ignore"))


def _lines(node: ast.stmt) -> tuple[int, int]:
    return node.lineno, node.end_lineno or node.lineno
