"""What is known of one training program: graph, data profile, learner, trace.

The sandbox child writes these values as one JSON object and the parent validates it here; nothing
that comes out of the sandbox is trusted, so every sequence and every text is bounded. The static
reader (`analyzer.source`) fills the same types from the source alone, with `origin="static"`.

Lines are 1-based, columns 0-based, paths relative to the program's root folder with "/".
Shapes leave out the batch dimension unless a docstring says otherwise; an unknown size is None.
Non-finite numbers travel as the texts "NaN", "Infinity" and "-Infinity".
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from analyzer.kinds import Framework
from analyzer.observed.census import (
    AverageSeen,
    Census,
    EvaluationSeen,
    FrozenNorm,
    IneffectiveFlag,
    LateTrainable,
    ModeLost,
    ParameterSeen,
    PlainContainer,
    RepeatedModule,
    WeightsLoaded,
)
from analyzer.observed.data import ArrayStats, DataKind, DataProfile, LabelEncoding, LabelStats
from analyzer.observed.ending import ApiUse, Cause, NotObserved
from analyzer.observed.graph import Graph, Layer, Op
from analyzer.observed.learner import Learner, LossUse, OptimizerUse
from analyzer.observed.loader import (
    EarlyFit,
    Folds,
    HeldOut,
    LabelOrder,
    LoaderFacts,
    Padding,
    TwoReads,
    WorkerStreams,
    Zipped,
)
from analyzer.observed.measure import Measured
from analyzer.observed.order import CallOrder
from analyzer.observed.probes import Baselines, Causality, Independence, Probes
from analyzer.observed.trace import (
    Broadcast,
    GradientCycle,
    LayerPoint,
    LayerTrace,
    LossSeen,
    MetricPair,
    OutputUse,
    SeenWarning,
    Trace,
)
from analyzer.observed.values import Name, Number, Origin, Shape, Site, Text, Value

__all__ = [
    "ApiUse",
    "ArrayStats",
    "AverageSeen",
    "Baselines",
    "Broadcast",
    "CallOrder",
    "Causality",
    "Cause",
    "Census",
    "DataKind",
    "DataProfile",
    "EarlyFit",
    "EvaluationSeen",
    "Folds",
    "FrozenNorm",
    "GradientCycle",
    "Graph",
    "HeldOut",
    "Independence",
    "IneffectiveFlag",
    "LabelEncoding",
    "LabelOrder",
    "LabelStats",
    "LateTrainable",
    "Layer",
    "LayerPoint",
    "LayerTrace",
    "Learner",
    "LoaderFacts",
    "LossSeen",
    "LossUse",
    "Measured",
    "MetricPair",
    "ModeLost",
    "Name",
    "NotObserved",
    "Number",
    "Observation",
    "Op",
    "OptimizerUse",
    "Origin",
    "OutputUse",
    "Padding",
    "ParameterSeen",
    "PlainContainer",
    "Probes",
    "RepeatedModule",
    "SeenWarning",
    "Shape",
    "Site",
    "Text",
    "Trace",
    "TwoReads",
    "Value",
    "WeightsLoaded",
    "WorkerStreams",
    "Zipped",
]


class Observation(Value):
    """One JSON object out of the sandbox: all that was seen, as far as the program got.

    Attributes:
        graph, data, learner, trace: None when the program did not get that far.
        census, order, loader, probes: exact facts for the contract rules; None when nobody looked.
        measured: how well the program did its task, in a run of an experiment.
        trouble: why it ended early; None after a clean warm-up.
        output: the end of what the program printed.
    """

    protocol: Literal[1] = 1
    framework: Framework | None = None
    versions: dict[Name, Name] = Field(default_factory=dict, max_length=32)
    graph: Graph | None = None
    data: DataProfile | None = None
    learner: Learner | None = None
    trace: Trace | None = None
    census: Census | None = None
    order: CallOrder | None = None
    loader: LoaderFacts | None = None
    probes: Probes | None = None
    measured: Measured | None = None
    warnings: Annotated[tuple[SeenWarning, ...], Field(max_length=200)] = ()
    api_uses: Annotated[tuple[ApiUse, ...], Field(max_length=200)] = ()
    trouble: NotObserved | None = None
    output: Annotated[str, Field(max_length=20_000)] = ""
    build_seconds: Number = 0.0
    observe_seconds: Number = 0.0
