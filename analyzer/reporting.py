"""From one program's values to its part of the report."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.findings import (
    DataReport,
    Finding,
    FindingCounts,
    LayerReport,
    LearnerReport,
    ProgramReport,
    Report,
    Status,
    Summary,
    Tool,
    TraceReport,
)
from analyzer.observed import DataProfile, Graph, Learner, Observation, Trace
from analyzer.rules.base import Program

SHOWN_LOSSES = 200
"""The report carries at most this many losses; a warm-up has fewer."""


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


def trace_report(trace: Trace | None) -> TraceReport | None:
    """The warm-up's length and losses."""
    if trace is None:
        return None
    return TraceReport(
        steps=trace.steps,
        seconds=round(trace.seconds, 3),
        device=trace.device,
        loss=trace.loss[:SHOWN_LOSSES],
    )


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
