"""Builders of the small programs that stand as examples in every rule's file.

An example is a few lines of program text with the values that observing it would give; no
framework takes part.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from analyzer.kinds import Framework, Problem
from analyzer.observed import (
    ArrayStats,
    DataKind,
    DataProfile,
    Graph,
    LabelEncoding,
    LabelStats,
    Layer,
    Learner,
    LossUse,
    Observation,
    Op,
    OptimizerUse,
    Origin,
    Site,
    Trace,
)
from analyzer.rules.base import Program
from analyzer.rules.sample_calls import PATH, calls_of
from analyzer.source.calls import SourceIndex


def _placed(source: SourceIndex, site: Site | None, name: str) -> Site | None:
    """The exact range of the call with this name on the site's line."""
    if site is None:
        return None
    calls = [call for call in source.calls if call.site.line == site.line]
    named = [call for call in calls if call.name == name] or calls
    return named[0].site if named else site


def at(line: int) -> Site:
    """A place that names only its line; `sample` finds the exact range where it matters."""
    return Site(path=PATH, line=line, end_line=line)


def layer(line: int | None, op: Op, type_: str, **facts: Any) -> Layer:
    """One layer made on this line; its index follows from its place in the list."""
    site = at(line) if line else None
    facts.setdefault("name", type_.lower())
    return Layer(index=0, type=type_, op=op, site=site, **facts)


def dense(line: int, units: int, activation: str | None = None, **facts: Any) -> Layer:
    """A Keras Dense layer."""
    return layer(line, "dense", "Dense", units=units, activation=activation, **facts)


def linear(line: int, units: int, **facts: Any) -> Layer:
    """A PyTorch Linear layer."""
    return layer(line, "dense", "Linear", units=units, **facts)


def conv(line: int, filters: int, activation: str | None = None, **facts: Any) -> Layer:
    """A Keras Conv2D layer with a kernel of three by three."""
    facts.setdefault("kernel_size", (3, 3))
    return layer(line, "conv", "Conv2D", filters=filters, activation=activation, **facts)


def activation(line: int, name: str, type_: str = "Activation", **facts: Any) -> Layer:
    """A separate activation layer or functional call."""
    return layer(line, "activation", type_, activation=name, **facts)


def other(line: int, op: Op, type_: str, **facts: Any) -> Layer:
    """Any other layer."""
    return layer(line, op, type_, **facts)


def images(low: float = 0.0, high: float = 1.0, channels: int = 3, **facts: Any) -> ArrayStats:
    """Training images of 32 by 32 pixels, 1,000 of them."""
    spread = (high - low) / 4
    return ArrayStats(
        **{
            "samples": 1000,
            "inspected": 1000,
            "shape": (32, 32, channels),
            "dtype": "float32",
            "min": low,
            "max": high,
            "mean": (low + high) / 2,
            "std": spread,
            **facts,
        }
    )


def table(low: float = -2.0, high: float = 2.0, features: int = 8, **facts: Any) -> ArrayStats:
    """Tabular training inputs, 1,000 rows."""
    return images(low, high, 1, **{"shape": (features,), **facts})


def labels(encoding: LabelEncoding, classes: int | None = None, **facts: Any) -> LabelStats:
    """Labels of 1,000 samples."""
    return LabelStats(
        **{
            "samples": 1000,
            "inspected": 1000,
            "dtype": "float32",
            "encoding": encoding,
            "classes": classes,
            **facts,
        }
    )


def sample(
    text: str,
    *,
    layers: Sequence[Layer] = (),
    framework: Framework = "keras",
    loss: str | None = None,
    loss_line: int | None = None,
    loss_facts: dict[str, Any] | None = None,
    optimizer: str | None = None,
    optimizer_line: int | None = None,
    optimizer_facts: dict[str, Any] | None = None,
    inputs: ArrayStats | None = None,
    targets: LabelStats | None = None,
    data: dict[str, Any] | None = None,
    learner: dict[str, Any] | None = None,
    graph: dict[str, Any] | None = None,
    kind: DataKind = "unknown",
    origin: Origin = "run",
    trace: Trace | None = None,
    observation: Observation | None = None,
    problem: Problem = "unknown",
    source: dict[str, Any] | None = None,
) -> Program:
    """One small program; lines count from the first line of the text that is not empty."""
    index = _index(textwrap.dedent(text).strip("\n"), framework, source or {})
    placed = _in_place(layers, index)
    learner_facts = dict(learner or {})
    if loss is not None:
        use = LossUse(name=loss, site=_loss_site(index, loss_line), **(loss_facts or {}))
        learner_facts["losses"] = (use,)
    if optimizer is not None:
        place = _optimizer_site(index, optimizer_line)
        learner_facts["optimizers"] = (
            OptimizerUse(name=optimizer, site=place, **(optimizer_facts or {})),
        )
    profile = {
        "inputs": (inputs,) if inputs else (),
        "labels": (targets,) if targets else (),
        "kind": kind,
        **(data or {}),
    }
    return Program(
        path=PATH,
        framework=framework,
        source=index,
        graph=Graph(layers=placed, origin=origin, **(graph or {})) if placed else None,
        data=DataProfile(**profile) if inputs or targets or data else None,
        learner=Learner(origin=origin, **learner_facts) if learner_facts else None,
        trace=trace,
        observation=observation,
        problem=problem,
    )


def _index(text: str, framework: Framework, facts: dict[str, Any]) -> SourceIndex:
    calls, lines = tuple(calls_of(text)), tuple(text.splitlines())
    return SourceIndex(path=PATH, framework=framework, calls=calls, lines=lines, **facts)


def _in_place(layers: Sequence[Layer], index: SourceIndex) -> tuple[Layer, ...]:
    return tuple(
        each.model_copy(update={"index": place, "site": _placed(index, each.site, each.type)})
        for place, each in enumerate(layers)
    )


def _optimizer_site(source: SourceIndex, line: int | None) -> Site | None:
    made = [call for call in source.by_role("optimizer") if call.site.line == line]
    return made[0].site if made else (at(line) if line else None)


def _loss_site(source: SourceIndex, line: int | None) -> Site | None:
    """The loss argument of a compile call on this line, else the loss constructor there."""
    if line is None:
        return None
    for call in source.calls:
        argument = call.argument("loss") if call.role == "compile" else None
        if argument and argument.site.line == line:
            return argument.site
    made = [call for call in source.by_role("loss") if call.site.line == line]
    return made[0].site if made else at(line)
