"""From one program's values to its part of the report."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analyzer.findings import (
    DataReport,
    Finding,
    FindingCounts,
    LayerCourse,
    LayerReport,
    LearnerReport,
    ProgramReport,
    Report,
    Status,
    Summary,
    Tool,
    TraceReport,
)
from analyzer.observed import (
    DataProfile,
    Graph,
    LayerPoint,
    LayerTrace,
    Learner,
    Observation,
    Trace,
)
from analyzer.rules.base import Program
from analyzer.symptoms.base import TOLD
from analyzer.witnesses import Witnesses

SHOWN_LOSSES = 200
"""The report carries at most this many losses; a warm-up has fewer."""
SHOWN_POINTS = 20
SHOWN_LAYERS = 60
"""Layers with statistics: with SHOWN_POINTS points some 200 kilobytes of JSON at most."""
COLUMNS = tuple(name for name in LayerCourse.model_fields if name not in ("layer", "steps"))


def status_of(program: Program, observation: Observation | None) -> Status:
    """ "observed" when the model was built in a run.

    A program that built its model is observed even when its training then crashed or never came:
    the facts about the model are facts of the run, the reason says what did not happen, and rules
    that need more are listed as unchecked.
    """
    if observation is not None and observation.graph is not None:
        return "observed"
    source = program.source
    return "static" if source.graph or source.learner or source.calls else "failed"


def data_report(data: DataProfile | None) -> DataReport | None:
    """The first input and the first labels; several inputs are seen by the rules alone."""
    if data is None:
        return None
    inputs = data.inputs[0] if data.inputs else None
    labels = data.labels[0] if data.labels else None
    return DataReport(
        input_shape=inputs.shape if inputs else None,
        dtype=inputs.dtype if inputs else None,
        min=inputs.min if inputs else None,
        max=inputs.max if inputs else None,
        mean=inputs.mean if inputs else None,
        std=inputs.std if inputs else None,
        samples=inputs.samples if inputs else None,
        classes=labels.classes if labels else None,
        labels=labels.encoding if labels else None,
        balance=labels.balance if labels else None,
        kind=data.kind,
        source=data.source,
    )


def learner_report(learner: Learner | None) -> LearnerReport | None:
    """The first loss and the first optimizer."""
    if learner is None:
        return None
    optimizer = learner.optimizers[0] if learner.optimizers else None
    return LearnerReport(
        loss=learner.losses[0].name if learner.losses else None,
        optimizer=optimizer.name if optimizer else None,
        learning_rate=optimizer.learning_rate if optimizer else None,
        batch_size=learner.batch_size,
        epochs=learner.epochs,
    )


def layer_reports(graph: Graph | None) -> tuple[LayerReport, ...]:
    """All layers, in execution order."""
    return tuple(
        LayerReport(
            index=layer.index,
            type=layer.type,
            name=layer.name,
            parameters=layer.parameters,
            output_shape=layer.output_shape,
            line=layer.site.line if layer.site else None,
        )
        for layer in (graph.layers if graph else ())
    )


def trace_report(
    trace: Trace | None, witnesses: Witnesses, *, invented: bool = False
) -> TraceReport | None:
    """The warm-up: its length, its losses, what looked wrong, and the layers along it.

    Args:
        invented: whether the data is: its statistics say nothing about the program.
    """
    if trace is None:
        return None
    layers = () if invented else trace.layers
    return TraceReport(
        steps=trace.steps,
        seconds=round(trace.seconds, 3),
        device=trace.device,
        loss=trace.loss[:SHOWN_LOSSES],
        symptoms=tuple(each.told for each in witnesses.symptoms if each.strength >= TOLD),
        symptoms_unchecked=witnesses.unchecked,
        metrics={name: values[:SHOWN_LOSSES] for name, values in trace.metrics.items()},
        layers=tuple(course_of(layer) for layer in layers[:SHOWN_LAYERS]),
        layers_left_out=max(0, len(layers) - SHOWN_LAYERS),
    )


def course_of(trace: LayerTrace) -> LayerCourse:
    """A layer's statistics in columns, at no more than about SHOWN_POINTS points."""
    points = _spread(trace.points)
    columns = {name: tuple(getattr(point, name) for point in points) for name in COLUMNS}
    return LayerCourse(
        layer=trace.layer,
        steps=tuple(point.step for point in points),
        **{
            name: tuple(_rounded(value) for value in column)
            for name, column in columns.items()
            if any(value is not None for value in column)
        },
    )


def _spread(points: Sequence[LayerPoint]) -> Sequence[LayerPoint]:
    """Evenly spaced points, the first and the last among them."""
    if len(points) <= SHOWN_POINTS:
        return points
    last = len(points) - 1
    places = (round(at * last / (SHOWN_POINTS - 1)) for at in range(SHOWN_POINTS))
    return [points[place] for place in places]


def _rounded(value: float | None) -> float | None:
    return value if value is None or not math.isfinite(value) else float(f"{value:.4g}")


def summarize(programs: Sequence[ProgramReport], version: str, seconds: float) -> Report:
    """The whole report."""
    findings: list[Finding] = [f for program in programs for f in program.findings]
    counts = FindingCounts(
        error=sum(f.severity == "error" for f in findings),
        warning=sum(f.severity == "warning" for f in findings),
        advice=sum(f.severity == "advice" for f in findings),
    )
    summary = Summary(programs=len(programs), findings=counts, seconds=round(seconds, 3))
    return Report(tool=Tool(version=version), summary=summary, programs=tuple(programs))
