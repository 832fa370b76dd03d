"""Many convolutions in a row without down-sampling.

What it finds
    More than four consecutive convolutions on maps of one size.
Why it hurts
    Each layer widens what a unit sees by two pixels only (kernel of three); without down-sampling
    the network sees small neighbourhoods and carries large maps to its dense layers.
How it is measured
    Consecutive convolutions with a kernel above one, in execution order, without a pooling layer
    or a stride above one between them. Branches that are merged (residual networks) are counted
    by their weighted layers too, therefore networks with merges are left out.
When it is right
    Super-resolution and segmentation, dilated convolutions on purpose, residual networks.
Example
    for _ in range(6):
        model.add(Conv2D(64, (3, 3), activation="relu"))
Instead
    for _ in range(3):
        model.add(Conv2D(64, (3, 3), activation="relu"))
        model.add(Conv2D(64, (3, 3), activation="relu"))
        model.add(MaxPooling2D())
The fix
    None is offered: shapes of later layers depend on it.
Sources
    Theia section 4.1.4 (IDS); a strided convolution counts as down-sampling here, which the paper's
    rule overlooks (Springenberg et al. 2015).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import Graph, Layer
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.stack import convolutions, down_samples, is_chain, is_encoder_decoder
from analyzer.rules.samples import conv, dense, other, sample

MOST_IN_A_ROW = 4  # convolutions, Theia section 4.1.4


class InsufficientDownSampling(Rule):
    """A long row of convolutions on maps of one size."""

    code = "FL209"
    name = "insufficient-down-sampling"
    paper = "IDS"
    kind = "pooling"
    severity = "advice"
    confidence = 0.55
    needs = ("graph",)
    why = (
        "Down-sampling widens what a unit sees and makes features robust to shifts; four"
        " convolutions without it are the usual limit (Theia, IDS)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The longest row of convolutions of a chain."""
        graph = program.graph
        assert graph is not None
        if graph.backbone or is_encoder_decoder(graph) or not is_chain(graph):
            return
        row = _longest_row(graph)
        if len(row) <= MOST_IN_A_ROW or row[-1].site is None:
            return
        yield Suspicion(
            site=row[-1].site,
            message=f"{len(row)} convolutions in a row work on maps of one size.",
            evidence=Evidence(static={"layers": [layer.name for layer in row]}),
            fix=Declined("the shapes of later layers depend on it"),
        )


def _longest_row(graph: Graph) -> list[Layer]:
    counted = {layer.index for layer in convolutions(graph)}
    rows: list[list[Layer]] = [[]]
    for layer in graph.layers:
        if down_samples(layer):
            rows.append([])
        elif layer.index in counted:
            rows[-1].append(layer)
    return max(rows, key=len)


ROW = tuple(conv(1, 32, "relu") for _ in range(5))

EXAMPLES = (
    Example(
        "five in a row",
        sample("Conv2D(32, (3, 3))", layers=(*ROW, dense(1, 10))),
        found=(Found(1, "5 convolutions in a row", None),),
    ),
    Example(
        "pooling after three",
        sample(
            "x = 1",
            layers=(*ROW[:3], other(1, "max_pool", "MaxPooling2D"), *ROW[:3], dense(1, 10)),
        ),
    ),
    Example(
        "strides down-sample",
        sample("x = 1", layers=tuple(conv(1, 64, "relu", strides=(2, 2)) for _ in range(6))),
    ),
)
