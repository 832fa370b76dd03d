"""Dense layers that grow toward the output.

What it finds
    In a network with convolutions, a hidden dense layer that is wider than the dense layer before.
Why it hurts
    Behind the convolutions the features are to be summarized; a wider layer adds parameters
    (their number is the product of both widths) without new information.
How it is measured
    Units of consecutive hidden dense layers; one finding per model, at the first that grows.
When it is right
    Decoders, generators, expansions inside residual blocks. In dense networks on few features a
    wider layer is right and not reported.
Example
    model.add(Dense(128, activation="relu"))
    model.add(Dense(1024, activation="relu"))
Instead
    model.add(Dense(256, activation="relu"))
    model.add(Dense(128, activation="relu"))
The fix
    None is offered: which width is meant is the author's choice.
Sources
    Theia section 4.1.3 (INN); NeuraLint, "dense width growing".
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.stack import (
    hidden_blocks,
    is_chain,
    is_encoder_decoder,
    is_image_model,
)
from analyzer.rules.samples import conv, dense, sample


class WideningDenseLayers(Rule):
    """Units grow behind the convolutions."""

    code = "FL207"
    name = "widening-dense-layers"
    paper = "INN"
    kind = "neurons"
    severity = "advice"
    confidence = 0.35
    needs = ("graph",)
    why = "Behind convolutions dense layers usually narrow toward the output (Theia, INN)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Consecutive hidden dense layers of an image classifier."""
        graph = program.graph
        assert graph is not None
        if not is_image_model(graph) or not is_chain(graph) or is_encoder_decoder(graph):
            return
        found = [block.layer for block in hidden_blocks(graph) if block.layer.op == "dense"]
        for before, layer in pairwise(found):
            if before.units is None or layer.units is None or layer.site is None:
                continue
            if layer.units > before.units:
                yield Suspicion(
                    site=layer.site,
                    message=f"{layer.units:,} units follow on {before.units:,} toward the output.",
                    evidence=Evidence(static={"units": [each.units for each in found]}),
                    fix=Declined("which width is meant is the author's choice"),
                )
                return


EXAMPLES = (
    Example(
        "128 and then 1,024",
        sample(
            """
            Dense(128)
            Dense(1024)
            """,
            layers=(conv(1, 32), dense(1, 128, "relu"), dense(2, 1024, "relu"), dense(2, 10)),
        ),
        found=(Found(2, "1,024 units follow on 128", None),),
    ),
    Example(
        "narrowing layers",
        sample("x = 1", layers=(conv(1, 32), dense(1, 128), dense(1, 64), dense(1, 10))),
    ),
    Example(
        "a dense network on few features",
        sample("x = 1", layers=(dense(1, 16), dense(1, 64), dense(1, 1))),
    ),
    Example(
        "the output may be wider",
        sample("x = 1", layers=(conv(1, 32), dense(1, 64), dense(1, 1000))),
    ),
)
