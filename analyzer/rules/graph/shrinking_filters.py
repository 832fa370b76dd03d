"""Filter counts that shrink with depth.

What it finds
    A convolution with fewer filters than the one before it, in a plain chain of convolutions.
Why it hurts
    Pooling makes maps smaller while features become more complex; fewer filters on smaller maps
    squeeze the information twice.
How it is measured
    The filters of consecutive convolutions with a kernel above one; one finding per model, at the
    first that shrinks.
When it is right
    Encoder-decoders, bottlenecks with kernels of one, networks with branches, the last convolution
    that makes the output.
Example
    model.add(Conv2D(128, (3, 3), activation="relu"))
    model.add(MaxPooling2D())
    model.add(Conv2D(64, (3, 3), activation="relu"))
Instead
    model.add(Conv2D(64, (3, 3), activation="relu"))
    model.add(MaxPooling2D())
    model.add(Conv2D(128, (3, 3), activation="relu"))
The fix
    None is offered: which of the counts is meant is the author's choice.
Sources
    Theia section 4.1.2 (INF); NeuraLint, "filters should grow with depth"; Simonyan and Zisserman
    2015.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.stack import (
    blocks,
    convolutions,
    is_chain,
    is_encoder_decoder,
)
from analyzer.rules.samples import conv, dense, other, sample


class ShrinkingFilters(Rule):
    """Fewer filters on smaller maps."""

    code = "FL206"
    name = "shrinking-filters"
    paper = "INF"
    kind = "filters"
    severity = "advice"
    confidence = 0.6
    needs = ("graph",)
    why = (
        "Filters usually grow while maps shrink, so that later layers can hold more complex"
        " features (Theia, INF; NeuraLint)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Consecutive convolutions of a chain."""
        graph = program.graph
        assert graph is not None
        if graph.backbone or is_encoder_decoder(graph) or not is_chain(graph):
            return
        if program.problem == "autoencoder":
            return
        last = {block.layer.index for block in blocks(graph) if block.last}
        layers = [layer for layer in convolutions(graph) if layer.op == "conv"]
        for before, layer in pairwise(layers):
            if before.filters is None or layer.filters is None or layer.index in last:
                continue
            if layer.filters < before.filters and layer.site is not None:
                yield Suspicion(
                    site=layer.site,
                    message=(
                        f"{layer.type} '{layer.name}' has {layer.filters} filters,"
                        f" fewer than the {before.filters} of the convolution before it."
                    ),
                    evidence=Evidence(static={"filters": [each.filters for each in layers]}),
                    fix=Declined("which of the counts is meant is the author's choice"),
                )
                return


EXAMPLES = (
    Example(
        "128 and then 64",
        sample(
            """
            Conv2D(128, (3, 3))
            MaxPooling2D()
            Conv2D(64, (3, 3))
            """,
            layers=(
                conv(1, 128, "relu"),
                other(2, "max_pool", "MaxPooling2D"),
                conv(3, 64, "relu"),
                dense(3, 10),
            ),
        ),
        found=(Found(3, "64 filters, fewer than the 128", None),),
    ),
    Example(
        "growing counts",
        sample("x = 1", layers=(conv(1, 32), conv(1, 64), conv(1, 64), dense(1, 10))),
    ),
    Example(
        "an encoder-decoder shrinks on purpose",
        sample(
            "x = 1",
            layers=(conv(1, 64), conv(1, 32), other(1, "upsample", "UpSampling2D"), conv(1, 1)),
        ),
    ),
    Example(
        "the convolution that makes the output",
        sample(
            "x = 1",
            layers=(conv(1, 64), conv(1, 10), other(1, "global_pool", "GlobalAveragePooling2D")),
        ),
    ),
    Example(
        "a bottleneck of kernels of one",
        sample(
            "x = 1", layers=(conv(1, 64), conv(1, 16, kernel_size=(1, 1)), conv(1, 64), dense(1, 2))
        ),
    ),
)
