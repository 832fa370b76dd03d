"""Where a comment about a kind of fault goes, when symptoms alone point to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from analyzer.kinds import Kind
from analyzer.observed import Layer, Site
from analyzer.rules.base import Program
from analyzer.rules.reading.head import only_head
from analyzer.rules.reading.proof import first_site
from analyzer.rules.reading.scaling import before_split
from analyzer.rules.reading.stack import hidden_blocks
from analyzer.symptoms.reading import fit_site, loss_site, optimizer_site


def place_of(kind: Kind, program: Program, layer: int | None = None) -> Site | None:
    """The line of this kind of fault.

    Args:
        layer: the layer at which the symptoms show, for kinds that are about a layer.
    """
    find = PLACES.get(kind)
    if find is not None:
        return find(program)
    return _layer(program, layer)


def _layer(program: Program, index: int | None) -> Site | None:
    """The symptom's layer, else the first hidden one."""
    layers = program.graph.layers if program.graph else ()
    if index is not None and index < len(layers):
        return _site(layers[index])
    found = hidden_blocks(program.graph) if program.graph else ()
    return _site(found[0].layer) if found else None


def _site(layer: Layer) -> Site | None:
    return layer.site or layer.call_site


def _output(program: Program) -> Site | None:
    head = only_head(program)
    return head.site if head else None


def _optimizer(program: Program) -> Site | None:
    found = program.learner.optimizers if program.learner else ()
    return first_site(*(use.site for use in found), fit_site(program))


def _inputs(program: Program) -> Site | None:
    data = program.data
    return first_site(
        before_split(program.source),
        data.site if data else None,
        program.source.data_site,
        fit_site(program),
    )


def _labels(program: Program) -> Site | None:
    return first_site(program.data.labels_site if program.data else None, _inputs(program))


def _batch_size(program: Program) -> Site | None:
    learner = program.learner
    return first_site(learner.batch_size_site if learner else None, fit_site(program))


def _epochs(program: Program) -> Site | None:
    learner = program.learner
    return first_site(learner.epochs_site if learner else None, fit_site(program))


def _metric(program: Program) -> Site | None:
    learner = program.learner
    return first_site(learner.metrics_site if learner else None, loss_site(program))


PLACES: Mapping[Kind, Callable[[Program], Site | None]] = {
    "learning_rate": optimizer_site,
    "optimizer": _optimizer,
    "parameters": _optimizer,
    "loss": loss_site,
    "numerics": loss_site,
    "output_activation": _output,
    "output_units": _output,
    "normalization": _inputs,
    "data_shape": _inputs,
    "data_size": _inputs,
    "label_encoding": _labels,
    "batch_size": _batch_size,
    "epochs": _epochs,
    "metric": _metric,
    "gradient_reset": fit_site,
}
