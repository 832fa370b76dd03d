"""One view of a program from what the run showed and what the source alone shows.

The run counts where both speak. Values that were invented because the program's own data is
missing are blanked, so that no rule can speak about them; what the program itself fixes (shapes,
types, the encoding of labels) stays.
"""

from __future__ import annotations

from analyzer.observed import (
    ArrayStats,
    DataProfile,
    Graph,
    LabelStats,
    Layer,
    Learner,
    LossUse,
    NotObserved,
    Observation,
    OptimizerUse,
    Trace,
)
from analyzer.rules.base import Program
from analyzer.source.calls import SourceIndex


def assemble(source: SourceIndex, observation: Observation | None, why_not: str | None) -> Program:
    """The program as the rules see it, without its problem.

    Args:
        observation: None when the program was not run.
        why_not: one line why the run did not show more, None after a clean warm-up.
    """
    framework = (observation and observation.framework) or source.framework or "keras"
    seen = observation or Observation()
    data, trace, graph = seen.data, seen.trace, better_graph(seen.graph, source.graph)
    if data is not None:
        if data.source == "stand_in":
            graph = graph if states_input(source) else source.graph or graph
            data, trace = without_invented(data), None if trace is None else bare_trace(trace)
        data = data.model_copy(
            update={
                "site": data.site or source.data_site,
                "labels_site": data.labels_site or source.labels_site,
            }
        )
    return Program(
        path=source.path,
        framework=framework,
        source=source,
        graph=graph,
        data=data,
        learner=merge_learners(seen.learner, source.learner),
        trace=trace,
        warnings=seen.warnings,
        observation=observation,
        not_observed=why_not,
    )


def better_graph(seen: Graph | None, static: Graph | None) -> Graph | None:
    """The graph of the run; the static one where the run knows only the layers, not their order.

    A PyTorch model that was built and never called shows its modules in the order of construction,
    without the functions between them.
    """
    if seen is None or static is None:
        return seen or static
    return static if static.complete and not seen.complete else seen


def states_input(source: SourceIndex) -> bool:
    """Whether the source fixes the shape of the model's input.

    Where it is taken from data that is missing, the shapes of the built model are invented too.
    """
    first = source.graph.layers[0] if source.graph and source.graph.layers else None
    stated = first is not None and (first.input_shape is not None or first.input_channels)
    return bool(source.stated_shape or stated)


def merge_learners(seen: Learner | None, static: Learner | None) -> Learner | None:
    """The learner of the run, with what only the source shows filled in."""
    if seen is None or static is None:
        return seen or static
    empty = [
        name
        for name in Learner.model_fields
        if getattr(seen, name) in (None, ()) and getattr(static, name) not in (None, ())
    ]
    filled = seen.model_copy(update={name: getattr(static, name) for name in empty})
    return filled.model_copy(
        update={
            "losses": _paired_losses(filled.losses, static.losses),
            "optimizers": _paired_optimizers(filled.optimizers, static.optimizers),
        }
    )


def _paired_losses(seen: tuple[LossUse, ...], static: tuple[LossUse, ...]) -> tuple[LossUse, ...]:
    """Each loss with the exact place of its argument, where source and run name the same loss."""
    places = {loss.name: loss.site for loss in static}
    return tuple(
        loss.model_copy(update={"site": places.get(loss.name) or loss.site}) for loss in seen
    )


def _paired_optimizers(
    seen: tuple[OptimizerUse, ...], static: tuple[OptimizerUse, ...]
) -> tuple[OptimizerUse, ...]:
    """Each optimizer with the place of its learning rate, where both name the same optimizer."""
    known = {optimizer.name: optimizer for optimizer in static}
    return tuple(
        optimizer.model_copy(
            update={
                "site": optimizer.site or known[optimizer.name].site,
                "learning_rate_site": optimizer.learning_rate_site
                or known[optimizer.name].learning_rate_site,
            }
        )
        if optimizer.name in known
        else optimizer
        for optimizer in seen
    )


def without_invented(data: DataProfile) -> DataProfile:
    """The profile of stand-in data without its invented values."""
    return data.model_copy(
        update={
            "inputs": tuple(map(_bare_inputs, data.inputs)),
            "validation_inputs": tuple(map(_bare_inputs, data.validation_inputs)),
            "test_inputs": (),
            "labels": tuple(map(_bare_labels, data.labels)),
            "validation_labels": tuple(map(_bare_labels, data.validation_labels)),
        }
    )


def _bare_inputs(stats: ArrayStats) -> ArrayStats:
    return ArrayStats(name=stats.name, shape=stats.shape, dtype=stats.dtype)


def _bare_labels(stats: LabelStats) -> LabelStats:
    return LabelStats(
        name=stats.name, shape=stats.shape, dtype=stats.dtype, encoding=stats.encoding
    )


def bare_trace(trace: Trace) -> Trace:
    """The warm-up on stand-in data: calls and order are the program's, values are not."""
    losses = tuple(
        seen.model_copy(
            update={"target_min": None, "target_max": None, "first": None, "last": None}
        )
        for seen in trace.loss_seen
    )
    return trace.model_copy(update={"loss": (), "metrics": {}, "layers": (), "loss_seen": losses})


def reason_of(trouble: NotObserved | None) -> str | None:
    """One line for a person: what stopped the run, and where."""
    if trouble is None:
        return None
    words = trouble.cause.replace("_", " ")
    where = f" (line {trouble.site.line})" if trouble.site is not None else ""
    return f"{words}: {trouble.message}{where}"


def final_layers(program: Program) -> tuple[Layer, ...]:
    """The layers whose values leave the model, the last one when none is marked."""
    graph = program.graph
    if graph is None or not graph.layers:
        return ()
    known = [graph.layers[i] for i in graph.outputs if i < len(graph.layers)]
    return tuple(known) or (graph.layers[-1],)
