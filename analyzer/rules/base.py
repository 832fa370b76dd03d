"""What a rule is: one class, one file, found by being in this package.

A rule states what it needs; `Rule.review` turns a missing need into `Unchecked` before `check` is
called, so that a rule never meets a missing value.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.kinds import Framework, Kind, Problem, Proof, Severity
from analyzer.observed import (
    DataProfile,
    Graph,
    Learner,
    Observation,
    SeenWarning,
    Site,
    Trace,
)
from analyzer.source.calls import SourceIndex

Need = Literal[
    "graph",
    "seen_graph",
    "data",
    "labels",
    "learner",
    "loss",
    "optimizer",
    "trace",
    "census",
    "order",
    "loader",
]

NEEDS: dict[Need, str] = {
    "graph": "the model's layers",
    "seen_graph": "the model built in a run",
    "data": "the training inputs",
    "labels": "the training labels",
    "learner": "the compile or fit call, or the training loop",
    "loss": "the loss function",
    "optimizer": "the optimizer",
    "trace": "training steps",
    "census": "the parameters in a run",
    "order": "the calls of a training step in a run",
    "loader": "the batches in a run",
}


@dataclass(frozen=True, slots=True)
class Program:
    """One program as the rules see it.

    Attributes:
        path: the program's file, relative to the root.
        source: what the source alone shows.
        graph: the built model, else the static one.
        data: the data profile; None when no data was seen or when it was invented for a missing
            need (a rule must not speak about invented values).
        learner: the learner seen in the run, completed by what the source shows.
        trace: the warm-up; None when there was none.
        problem: the task, inferred or configured.
        not_observed: one line why the run did not show more; None after a clean warm-up.
    """

    path: str
    framework: Framework
    source: SourceIndex
    graph: Graph | None = None
    data: DataProfile | None = None
    learner: Learner | None = None
    trace: Trace | None = None
    warnings: tuple[SeenWarning, ...] = ()
    observation: Observation | None = None
    problem: Problem = "unknown"
    not_observed: str | None = None

    def has(self, need: Need) -> bool:
        """Whether this program shows what `need` names."""
        match need:
            case "graph":
                return self.graph is not None and bool(self.graph.layers)
            case "seen_graph":
                return self.graph is not None and self.graph.origin == "run"
            case "data":
                return self.data is not None and bool(self.data.inputs)
            case "labels":
                return self.data is not None and bool(self.data.labels)
            case "learner":
                return self.learner is not None
            case "loss":
                return self.learner is not None and bool(self.learner.losses)
            case "optimizer":
                return self.learner is not None and bool(self.learner.optimizers)
            case "trace":
                return self.trace is not None and self.trace.steps > 0
            case "census":
                return self.observation is not None and self.observation.census is not None
            case "order":
                return self.observation is not None and self.observation.order is not None
            case "loader":
                return self.observation is not None and self.observation.loader is not None


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What a rule found, before it becomes a finding.

    Attributes:
        site: where the comment goes.
        message: one sentence: what is wrong, with the measured fact.
        evidence: numbers with units.
        fix: the edit, or why there is none.
        kind, severity, confidence: None for the rule's own.
        proof: "contract" when an exact fact was seen in this run, else "rule".
        why: None for the rule's own.
        root: findings with the same root are one fault; the most exact one speaks, the others
            become its witnesses. Empty: (kind, line).
        yields_to: names of rules that say the same more exactly; when one of them speaks anywhere
            in the program, this becomes its witness.
        last_resort: it is the witness of any finding that is proven, and of any other of its kind;
            it speaks where there is none.
    """

    site: Site
    message: str
    evidence: Evidence = field(default_factory=Evidence)
    fix: FixPlan | Declined = field(default_factory=lambda: Declined("no edit is known"))
    proof: Proof = "rule"
    kind: Kind | None = None
    severity: Severity | None = None
    confidence: float | None = None
    why: str | None = None
    root: str = ""
    yields_to: tuple[str, ...] = ()
    last_resort: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """What a rule must say about a faulty example.

    Attributes:
        line: the line of the comment.
        says: text that the message must contain.
        edit: source text that the fix must write; None when the rule declines.
        proof, kind: as the finding will carry them; kind None for the rule's own.
    """

    line: int
    says: str
    edit: str | None = None
    proof: Proof = "rule"
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A small program and what its rule must say; sound when `found` is empty.

    Attributes:
        unchecked: part of the reason, when the rule must answer "could not look".
    """

    title: str
    program: Program
    found: tuple[Found, ...] = ()
    unchecked: str | None = None


class Rule(ABC):
    """A fault that can be looked for.

    Class attributes:
        code: stable short code, "FL101"; name: stable kebab-case name; paper: the rule's name in
            the paper it comes from, or None.
        severity: at most this severe; findings with proof "rule" become advice whatever it says.
        confidence: of its findings, the share that is right, 0..1.
        frameworks: where it applies; problems: empty for every task.
        needs: what it must see.
        why: one or two sentences with the source, shown below the message.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    paper: ClassVar[str | None] = None
    kind: ClassVar[Kind]
    severity: ClassVar[Severity]
    confidence: ClassVar[float]
    frameworks: ClassVar[frozenset[Framework]] = frozenset({"keras", "tf.keras", "torch"})
    needs: ClassVar[tuple[Need, ...]]
    why: ClassVar[str]

    @abstractmethod
    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Yield what is wrong; every need is there. Pure."""

    def unchecked(self, reason: str) -> Unchecked:
        """Say that this rule could not look, and why."""
        return Unchecked(rule=self.name, reason=reason)

    def review(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """`check`, or one `Unchecked` when a need is missing."""
        if program.framework not in self.frameworks:
            return
        missing = [need for need in self.needs if not program.has(need)]
        if missing:
            wants = ", ".join(NEEDS[need] for need in missing)
            because = f" ({program.not_observed})" if program.not_observed else ""
            yield Unchecked(rule=self.name, reason=f"needs {wants}, not seen{because}")
            return
        yield from self.check(program)
