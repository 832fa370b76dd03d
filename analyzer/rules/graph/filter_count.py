"""Unusually few or many filters.

What it finds
    A convolution with fewer or more filters than images of its kind usually need.
Why it hurts
    Each filter finds one pattern. With very few the first layer throws information away; very many
    cost memory and memorize small data sets.
How it is measured
    Filters of every convolution that does not make the output: 16 to 512 for color images (three
    channels or more), 6 to 256 otherwise. One finding per model, at the first.
When it is right
    Large pretrained networks, super-resolution, kernels of one that only mix channels.
Example
    model.add(Conv2D(4, (3, 3), activation="relu", input_shape=(64, 64, 3)))
Instead
    model.add(Conv2D(32, (3, 3), activation="relu", input_shape=(64, 64, 3)))
The fix
    None is offered: the right count must be tried.
Sources
    Theia section 4.1.2 (INF).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.stack import (
    blocks,
    convolutions,
    image_channels,
    is_encoder_decoder,
    is_image_model,
)
from analyzer.rules.samples import conv, dense, sample

COLOR_CHANNELS = 3
COLOR_BAND = (16, 512)  # filters, Theia section 4.1.2
OTHER_BAND = (6, 256)  # likewise, grayscale images


class FilterCount(Rule):
    """A filter count outside the usual band."""

    code = "FL205"
    name = "filter-count-out-of-band"
    paper = "INF"
    kind = "filters"
    severity = "advice"
    confidence = 0.45
    needs = ("graph",)
    why = "Usual are 16 to 512 filters for color images and 6 to 256 for others (Theia, INF)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Every convolution that does not make the output."""
        graph = program.graph
        assert graph is not None
        if graph.backbone or is_encoder_decoder(graph) or not is_image_model(graph):
            return
        channels = image_channels(graph)
        if channels is None:
            yield self.unchecked("needs the number of channels of the images")
            return
        low, high = COLOR_BAND if channels >= COLOR_CHANNELS else OTHER_BAND
        last = {block.layer.index for block in blocks(graph) if block.last}
        for layer in convolutions(graph):
            filters, site = layer.filters, layer.site
            if filters is None or site is None or layer.op != "conv" or layer.index in last:
                continue
            if not low <= filters <= high:
                yield Suspicion(
                    site=site,
                    message=(
                        f"{filters} filters in '{layer.name}';"
                        f" usual are {low} to {high} for {channels} channels."
                    ),
                    evidence=Evidence(static={"filters": filters, "channels": channels}),
                    fix=Declined("the right count must be tried"),
                )
                return


EXAMPLES = (
    Example(
        "eight filters for color images",
        sample(
            "Conv2D(8, (3, 3))",
            layers=(conv(1, 8, "relu", input_channels=3), conv(1, 32, "relu"), dense(1, 6)),
        ),
        found=(Found(1, "8 filters", None),),
    ),
    Example(
        "eight filters for grayscale images",
        sample("x = 1", layers=(conv(1, 8, "relu", input_channels=1), dense(1, 6))),
    ),
    Example(
        "three filters that make an image",
        sample("x = 1", layers=(conv(1, 32, "relu", input_channels=3), conv(1, 3))),
    ),
)
