"""Where a kind of fault would be mended: the lines of a program that a verdict points to."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.kinds import Kind
from analyzer.observed import Layer, Site
from analyzer.rules.base import Program
from analyzer.rules.reading.head import heads
from analyzer.rules.reading.stack import WEIGHTED


def lines_of(program: Program, kind: Kind) -> frozenset[int]:
    """Lines of the program's own file that this kind is about; empty where none is known."""
    sites = [site for site in _sites(program, kind) if site is not None]
    return frozenset(site.line for site in sites if site.path == program.path)


def _sites(program: Program, kind: Kind) -> Iterator[Site | None]:
    learner, data = program.learner, program.data
    match kind:
        case "output_activation":
            for head in heads(program.graph) if program.graph else ():
                yield from (head.site, head.layer.site)
        case "loss":
            for loss in learner.losses[:1] if learner else ():
                yield from (loss.site, loss.call_site)
        case "optimizer":
            yield from (one.site for one in (learner.optimizers[:1] if learner else ()))
        case "learning_rate":
            for one in learner.optimizers[:1] if learner else ():
                yield from (one.learning_rate_site, one.site)
        case "batch_size" | "epochs":
            if learner is not None:
                yield getattr(learner, f"{kind}_site") or learner.fit_site
        case "normalization":
            yield data.site if data else program.source.data_site
        case "label_encoding":
            yield data.labels_site if data else program.source.labels_site
        case _:
            yield from (layer.site for layer in _layers(program, kind))


def _layers(program: Program, kind: Kind) -> Iterator[Layer]:
    """The layers that kinds of hidden layers are about."""
    layers = program.graph.layers if program.graph else ()
    weighted = [layer for layer in layers if layer.op in WEIGHTED]
    last = weighted[-1].index if weighted else 0
    for layer in layers:
        inner = layer.op in WEIGHTED and (layer.index != last or kind == "initializer")
        active = kind == "hidden_activation" and layer.op == "activation" and layer.index < last
        if (layer.op == "dropout") if kind == "dropout" else (inner or active):
            yield layer
