"""What a symptom is: a measured fact of the warm-up, with its place and what it may come from.

A check states what it must see; `SymptomCheck.examine` turns a missing need into `Unchecked`, so
that a check never meets a missing value and "absent" is never said of what nobody could see.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from analyzer.findings import Unchecked
from analyzer.kinds import Kind
from analyzer.observed import Baselines, Site
from analyzer.rules.base import Program
from analyzer.rules.reading.proof import data_seen

Phase = Literal["data", "forward", "loss", "backward", "update", "evaluation"]
Need = Literal["losses", "layers", "gradients", "updates", "baselines", "graph", "loss", "labels"]
StepSize = Literal["long", "short"]

TOLD = 0.5
"""Strength from which a symptom is reported; weaker ones only help to rank the causes."""
STRONG = 0.7
"""Strength from which a symptom is worth a sentence by itself; our own, from
`tests/analyzer/symptoms/test_real_runs.py`: sound programs stay below it."""


@dataclass(frozen=True, slots=True)
class Symptom:
    """One thing that the warm-up shows to be wrong.

    Attributes:
        name: stable kebab-case name, that of its check.
        message: one sentence with the measured facts.
        strength: how far it is beyond chance and beyond what sound programs show, 0..1.
        causes: the kinds of fault that it comes from, likeliest first.
        layer: index in the graph; None when it is about the whole program.
        site: the layer's own place, else that of the loss, the optimizer or the training.
        measured: the numbers of the message and their bounds, by name.
        steps: whether it speaks for steps that are too long or too short, when for one of them.
    """

    name: str
    phase: Phase
    message: str
    strength: float
    causes: tuple[Kind, ...]
    layer: int | None = None
    site: Site | None = None
    measured: Mapping[str, float] = field(default_factory=dict)
    steps: StepSize | None = None

    @property
    def told(self) -> str:
        """As the report shows it: "name: message (line n)"."""
        where = f" (line {self.site.line})" if self.site else ""
        return f"{self.name}: {self.message.rstrip('.')}{where}"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a check must say about an example.

    Attributes:
        says: text that the message must contain; layer: the index that it must name.
        strong: whether the strength must be at least STRONG.
    """

    says: str
    line: int | None = None
    layer: int | None = None
    strong: bool = True


@dataclass(frozen=True, slots=True)
class SymptomExample:
    """A small program and what its check must say; absent when `shown` is empty.

    Attributes:
        unchecked: part of the reason, when the check must answer "could not look".
    """

    title: str
    program: Program
    shown: tuple[Shown, ...] = ()
    unchecked: str | None = None


def baselines(program: Program) -> Baselines | None:
    """The losses under other circumstances; None for invented data, which shows nothing."""
    seen = program.observation
    if seen is None or seen.probes is None or not _own_data(program):
        return None
    return seen.probes.baselines


def _own_data(program: Program) -> bool:
    return program.data is None or data_seen(program)


def _losses(program: Program) -> bool:
    return program.trace is not None and bool(program.trace.loss)


def _any_point(program: Program, *names: str) -> bool:
    layers = program.trace.layers if program.trace else ()
    points = (point for layer in layers for point in layer.points)
    return any(getattr(point, name) is not None for point in points for name in names)


MET: dict[Need, tuple[str, Callable[[Program], bool]]] = {
    "losses": ("the losses of the steps", _losses),
    "layers": ("the values of the layers", lambda p: _any_point(p, "output_mean", "output_nan")),
    "gradients": ("the gradients", lambda p: _any_point(p, "gradient_norm", "gradient_mean")),
    "updates": ("how far the steps moved the weights", lambda p: _any_point(p, "update_ratio")),
    "baselines": ("the loss under other circumstances", lambda p: baselines(p) is not None),
    "graph": ("the model's layers", lambda p: p.has("graph")),
    "loss": ("the loss function", lambda p: p.has("loss")),
    "labels": ("the training labels", lambda p: p.has("labels")),
}


class SymptomCheck(ABC):
    """A symptom that can be looked for; stateless.

    Class attributes:
        name: of the symptom; phase: where in the training it shows.
        needs: what it must see.
        causes: the kinds of fault that it usually comes from, likeliest first.
        steps: as in `Symptom`.
    """

    name: ClassVar[str]
    phase: ClassVar[Phase]
    needs: ClassVar[tuple[Need, ...]]
    causes: ClassVar[tuple[Kind, ...]]
    steps: ClassVar[StepSize | None] = None

    @abstractmethod
    def check(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """Yield what shows; every need is there. Pure."""

    def examine(self, program: Program) -> Iterator[Symptom | Unchecked]:
        """`check`, or one `Unchecked` when a need is missing."""
        missing = [MET[need][0] for need in self.needs if not MET[need][1](program)]
        if not missing:
            yield from self.check(program)
            return
        because = f" ({program.not_observed})" if program.not_observed else ""
        yield self.unchecked(f"needs {', '.join(missing)}, not seen{because}")

    def unchecked(self, reason: str) -> Unchecked:
        """Say that this check could not look, and why."""
        return Unchecked(rule=self.name, reason=reason)

    def symptom(
        self,
        message: str,
        strength: float,
        *,
        site: Site | None,
        layer: int | None = None,
        causes: tuple[Kind, ...] = (),
        phase: Phase | None = None,
        steps: StepSize | None = None,
        **measured: float,
    ) -> Symptom:
        """A symptom of this check's name."""
        return Symptom(
            name=self.name,
            phase=phase or self.phase,
            message=message,
            strength=min(1.0, max(0.0, strength)),
            causes=causes or self.causes,
            layer=layer,
            site=site,
            measured={key: value for key, value in measured.items() if math.isfinite(value)},
            steps=steps or self.steps,
        )
