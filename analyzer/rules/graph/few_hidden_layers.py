"""A single, very small hidden layer.

What it finds
    A classifier whose only hidden layer has fewer than eight units.
Why it hurts
    The network can draw as many boundaries as it has hidden units; with a handful, and some of them
    dead under relu, it often stops at the same accuracy whatever else is tuned.
How it is measured
    The number of hidden dense layers (one) and the units of it.
When it is right
    For problems of two or three features.
Example
    model.add(Dense(4, input_dim=4, activation="relu"))
    model.add(Dense(3, activation="softmax"))
Instead
    model.add(Dense(32, input_dim=4, activation="relu"))
    model.add(Dense(16, activation="relu"))
    model.add(Dense(3, activation="softmax"))
The fix
    None is offered: width and depth must be tried.
Sources
    Goodfellow, Bengio, Courville, Deep Learning, section 6.4.1; Theia's table of faults lists "add
    more dense layers" among the repairs (IFL), though its rule only finds too many.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count
from analyzer.rules.reading.stack import WEIGHTED, hidden_blocks, input_width, is_chain
from analyzer.rules.samples import dense, sample

FEW = 8  # hidden units of the whole network
SMALL_INPUT = 3  # features for which few units are enough


class FewHiddenLayers(Rule):
    """One hidden layer of a few units."""

    code = "FL216"
    name = "few-hidden-layers"
    paper = "IFL"
    kind = "dense_layers"
    severity = "advice"
    confidence = 0.4
    needs = ("graph",)
    why = (
        "A single small hidden layer limits what a classifier can separate; a second layer or more"
        " units are usual (Deep Learning, section 6.4.1)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The hidden layers of a dense network."""
        graph = program.graph
        assert graph is not None
        weighted = [layer for layer in graph.layers if layer.op in WEIGHTED]
        if program.problem not in ("binary", "multiclass", "multilabel") or not is_chain(graph):
            return
        if len(weighted) != 2 or any(layer.op != "dense" for layer in weighted):
            return
        width = input_width(graph)
        for block in hidden_blocks(graph):
            units, site = block.layer.units, block.layer.site
            few = units is not None and units < FEW
            if few and site is not None and (width is None or width > SMALL_INPUT):
                yield Suspicion(
                    site=site,
                    message=f"The only hidden layer has {count(units or 0, 'unit')}.",
                    evidence=Evidence(static={"units": units, "inputs": width}),
                    fix=Declined("width and depth must be tried"),
                )


EXAMPLES = (
    Example(
        "four units between four features and three classes",
        sample(
            "Dense(4, input_dim=4)",
            layers=(dense(1, 4, "relu", input_channels=4), dense(1, 3, "softmax")),
            problem="multiclass",
        ),
        found=(Found(1, "The only hidden layer has 4 units", None),),
    ),
    Example(
        "two features need few units",
        sample(
            "x = 1",
            layers=(dense(1, 4, "relu", input_channels=2), dense(1, 1, "sigmoid")),
            problem="binary",
        ),
    ),
    Example(
        "a second hidden layer",
        sample(
            "x = 1",
            layers=(dense(1, 4, "relu"), dense(1, 4, "relu"), dense(1, 3, "softmax")),
            problem="multiclass",
        ),
    ),
)
