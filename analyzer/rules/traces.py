"""Builders of call orders for the examples in the files of the rules about order.

An order is written as events of (kind, line) or (kind, line, facts), one tuple per call.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analyzer.kinds import Framework
from analyzer.observed import NotObserved, Observation, Trace
from analyzer.observed.order import (
    Call,
    CallOrder,
    Event,
    Plan,
    Schedule,
    SteppedOptimizer,
)
from analyzer.rules.base import Program
from analyzer.rules.samples import at, sample
from analyzer.source.calls import SourceIndex

Written = tuple[Any, ...]


def optimizer(line: int, name: str = "sgd", **facts: Any) -> SteppedOptimizer:
    """An optimizer that stepped ten times and always found gradients."""
    return SteppedOptimizer(
        **{"name": name, "site": at(line), "parameters": 4, "steps": 10, "gradients": 4, **facts}
    )


def schedule(line: int, name: str, **facts: Any) -> Schedule:
    """A schedule of the first optimizer."""
    return Schedule(**{"name": name, "site": at(line), "optimizer": 0, "simulated": 3000, **facts})


def ordered(
    text: str,
    events: Sequence[Written] = (),
    *,
    times: int = 1,
    before: Sequence[Written] = (),
    after: Sequence[Written] = (),
    crash: str | None = None,
    ended: bool = False,
    plan: dict[str, Any] | None = None,
    framework: Framework = "torch",
    **facts: Any,
) -> Program:
    """A program whose calls came in this order.

    Args:
        events: one round of the loop, repeated so many `times`; before, after: around them.
        crash: text of the exception that ended the run; ended: whether it came to its end.
        facts: further fields of `CallOrder`.
    """
    written = [*before, *(event for _ in range(times) for event in events), *after]
    places: dict[tuple[str, int], int] = {}
    made: list[Event] = []
    for kind, line, *rest in written:
        call = places.setdefault((kind, line), len(places))
        made.append(Event(call=call, **(rest[0] if rest else {})))
    source = sample(text, framework=framework).source
    calls = tuple(Call(kind=kind, site=_site(source, line)) for kind, line in places)
    facts.setdefault("optimizers", (optimizer(1),))
    facts.setdefault("steps", sum(event[0] == "step" for event in written))
    order = CallOrder(calls=calls, events=tuple(made), plan=Plan(**(plan or {})), **facts)
    trouble = None if crash is None else NotObserved(cause="crash", message=crash)
    trace = Trace(steps=order.steps, ended="program_end" if ended else "steps")
    seen = Observation(order=order, trouble=trouble, trace=trace)
    return sample(text, framework=framework, observation=seen, trace=trace)


def _site(source: SourceIndex, line: int) -> Any:
    """The statement of the line without its indentation, as the run gives a call's range."""
    text = source.lines[line - 1]
    first, last = len(text) - len(text.lstrip()), len(text.rstrip())
    return at(line).model_copy(update={"column": first, "end_column": last})
