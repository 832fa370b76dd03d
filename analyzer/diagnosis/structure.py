"""What the learned diagnosis sees of a program that did not train on data of its own.

Then the structure is left: layers, loss, optimizer, rate, batches and epochs, how labels are
written, and the samples where they were there before the run ended. No value of invented data and
nothing of a training is among it, so that a model learns from every observed program as if it had
not trained, or its data had been missing, or it had not been run at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from analyzer.assemble import assemble, bare_trace, without_invented
from analyzer.diagnosis.features import features_of
from analyzer.rules.base import Program
from analyzer.task import infer_problem

GROUPS = ("contract.", "relative.")
OF_A_RUN = frozenset(
    {
        "loss_start",
        "loss_end",
        "loss_drop",
        "loss_drop_of_start",
        "loss_least",
        "loss_most",
        "loss_negative",
        "outputs_outside_unit",
        "targets_beyond_outputs",
        "outputs_width",
        "parameters",
        "constant_weights",
        "held",
        "ended_early",
        "steps",
        "one_batch_drop",
        "one_batch_end",
    }
)
"""Relations that take a training, or a model that was built."""
PROBES = "relative.probe_"


def structure_features(program: Program) -> Mapping[str, float]:
    """The features that need no training, by name."""
    found = features_of(program)
    return {name: value for name, value in found.items() if _needs_no_run(name)}


def _needs_no_run(name: str) -> bool:
    group, _, word = name.partition(".")
    return f"{group}." in GROUPS and word not in OF_A_RUN and not name.startswith(PROBES)


def has_structure(program: Program) -> bool:
    """Whether enough is known of layers, loss and optimizer to say anything."""
    return program.has("graph") and program.has("loss") and program.has("optimizer")


def partial_views(program: Program) -> Iterator[Program]:
    """An observed program as if it had not trained, had no data, or had not been run."""
    yield _with_problem(replace(program, trace=program.trace and bare_trace(program.trace)))
    if program.data is not None:
        hidden = without_invented(program.data)
        trace = program.trace and bare_trace(program.trace)
        yield _with_problem(replace(program, data=hidden, trace=trace))
    yield _with_problem(assemble(program.source, None, "only the source was read"))


def _with_problem(program: Program) -> Program:
    """The task as it is inferred from what is left."""
    found = infer_problem(program.graph, program.data, program.learner, program.source)
    return replace(program, problem=found)
