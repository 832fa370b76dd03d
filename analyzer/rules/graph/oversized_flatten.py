"""A flattened map that is too large for the dense layer behind it.

What it finds
    A dense layer that takes a flattened feature map and holds most of a large model's parameters.
Why it hurts
    Every position of the map gets its own weights: millions of parameters that learn where things
    are in the training images and overfit, while the convolutions hold almost none.
How it is measured
    Parameters of the first dense layer behind flatten: at least 4 million, and at least 90% of the
    model's.
When it is right
    With very much data, or where position matters.
Example
    model.add(Conv2D(128, (3, 3), activation="relu"))
    model.add(Flatten())
    model.add(Dense(1024, activation="relu"))
Instead
    model.add(Conv2D(128, (3, 3), activation="relu"))
    model.add(MaxPooling2D())
    model.add(GlobalAveragePooling2D())
    model.add(Dense(1024, activation="relu"))
The fix
    None is offered: pooling or a smaller layer is the author's choice.
Sources
    Lin, Chen, Yan 2014, Network in Network, section 3.2; Theia section 4.1.4 (IDS) for the missing
    pooling that usually causes it. The bounds are ours: VGG's first dense layer (103 million
    parameters, 74%) is the classical case of the waste.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.stack import convolutions, feeders
from analyzer.rules.samples import conv, dense, other, sample

LARGE = 4_000_000  # parameters in one layer
SHARE = 0.9  # of the model's parameters
FLATTENERS = frozenset({"flatten", "reshape"})


class OversizedFlatten(Rule):
    """Most parameters sit behind one flatten."""

    code = "FL220"
    name = "oversized-flatten"
    paper = "IDS"
    kind = "pooling"
    severity = "advice"
    confidence = 0.55
    needs = ("graph",)
    why = (
        "A large flattened map gives every position its own weights, which overfits; pooling before"
        " it shares them (Network in Network, section 3.2)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The first dense layer behind a flattened map."""
        graph = program.graph
        assert graph is not None
        total = sum(layer.parameters for layer in graph.layers)
        maps = convolutions(graph)
        for layer in graph.layers:
            flat = any(feeder.op in FLATTENERS for feeder in feeders(graph, layer))
            if layer.op != "dense" or not flat or not maps or maps[-1].site is None:
                continue
            if layer.parameters >= LARGE and layer.parameters >= SHARE * total:
                share = layer.parameters / total
                yield Suspicion(
                    site=maps[-1].site,
                    message=(
                        f"The map behind this layer is flattened into {layer.parameters:,} weights"
                        f" of '{layer.name}', {share:.0%} of the model: more pooling is usual."
                    ),
                    evidence=Evidence(static={"parameters": layer.parameters, "total": total}),
                    fix=Declined("pooling or a smaller layer is the author's choice"),
                )
            return


EXAMPLES = (
    Example(
        "8,192 features into 1,024 units",
        sample(
            "Conv2D(128, (3, 3))",
            layers=(
                conv(1, 128, "relu", parameters=147_584),
                other(1, "flatten", "Flatten"),
                dense(1, 1024, "relu", parameters=8_389_632),
                dense(1, 5, "softmax", parameters=5_125),
            ),
        ),
        found=(Found(1, "98% of the model", None),),
    ),
    Example(
        "a small dense layer",
        sample(
            "x = 1",
            layers=(
                conv(1, 128, parameters=147_584),
                other(1, "flatten", "Flatten"),
                dense(1, 64, parameters=500_000),
            ),
        ),
    ),
    Example(
        "no convolutions: a dense network",
        sample(
            "x = 1",
            layers=(other(1, "flatten", "Flatten"), dense(1, 8192, parameters=6_430_720)),
        ),
    ),
)
