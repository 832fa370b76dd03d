"""A hidden layer that is too narrow.

What it finds
    A hidden dense layer with fewer than eight units, or with fewer than half as many as there are
    classes.
Why it hurts
    All information passes through its few numbers: what is lost there, no later layer restores.
    Under relu some of them are zero for most samples.
How it is measured
    Units of hidden dense layers; one finding per model, at the narrowest.
When it is right
    The code layer of an autoencoder; networks for two or three features; gates that are multiplied.
Example
    model.add(Dense(4, activation="relu"))
    model.add(Dense(10, activation="softmax"))
Instead
    model.add(Dense(32, activation="relu"))
    model.add(Dense(10, activation="softmax"))
The fix
    None is offered: the right width must be tried.
Sources
    Theia section 4.1.3 (INN) for widths as faults; the bound is ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import Layer
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.head import only_head
from analyzer.rules.reading.proof import count
from analyzer.rules.reading.stack import hidden_blocks, input_width
from analyzer.rules.samples import dense, other, sample

NARROW = 8  # units
SMALL_INPUT = 3  # features for which few units are enough


class NarrowHiddenLayer(Rule):
    """A bottleneck on the way to the output."""

    code = "FL208"
    name = "narrow-hidden-layer"
    paper = "INN"
    kind = "neurons"
    severity = "advice"
    confidence = 0.45
    needs = ("graph",)
    why = "What a narrow hidden layer loses, no later layer restores (Theia, INN)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The narrowest hidden dense layer."""
        graph = program.graph
        assert graph is not None
        width = input_width(graph)
        if program.problem == "autoencoder" or (width is not None and width <= SMALL_INPUT):
            return
        layers = [b.layer for b in hidden_blocks(graph) if not b.those("merge", "other")]
        narrow = [layer for layer in layers if _narrow(program, layer)]
        if not narrow:
            return
        layer = min(narrow, key=lambda each: each.units or 0)
        if layer.site is not None:
            yield Suspicion(
                site=layer.site,
                message=f"Hidden layer '{layer.name}' has {count(layer.units or 0, 'unit')} only.",
                evidence=Evidence(static={"units": layer.units}),
                fix=Declined("the right width must be tried"),
            )


def _narrow(program: Program, layer: Layer) -> bool:
    if layer.op != "dense" or layer.units is None:
        return False
    head = only_head(program)
    classes = head.width if head and head.activation == "softmax" else None
    return layer.units < NARROW or (classes is not None and layer.units < classes / 2)


EXAMPLES = (
    Example(
        "four units",
        sample("Dense(4)", layers=(dense(1, 4, "relu"), dense(1, 3, "softmax"))),
        found=(Found(1, "4 units only", None),),
    ),
    Example(
        "sixteen units for a hundred classes",
        sample("Dense(16)", layers=(dense(1, 16, "relu"), dense(1, 100, "softmax"))),
        found=(Found(1, "16 units only", None),),
    ),
    Example(
        "the code of an autoencoder",
        sample("x = 1", layers=(dense(1, 2), dense(1, 64)), problem="autoencoder"),
    ),
    Example(
        "a gate",
        sample("x = 1", layers=(dense(1, 4, "relu"), other(1, "merge", "Multiply"), dense(1, 2))),
    ),
    Example(
        "two features",
        sample("x = 1", layers=(dense(1, 4, "relu", input_channels=2), dense(1, 1))),
    ),
)
