"""Few convolution layers for the images.

What it finds
    An image classifier with fewer convolutions than images of its kind usually need.
Why it hurts
    Each convolution sees a small neighbourhood; only several in a row see edges, then parts, then
    objects. Without them the dense layers must do that work, with many more parameters.
How it is measured
    Convolutions with a kernel above one: at least 3 for color images, 2 for grayscale ones. Color
    means three input channels. The comment stands at the last convolution.
When it is right
    For very small images, with a pretrained backbone, for simple textures.
Example
    model.add(Conv2D(32, (3, 3), activation="relu", input_shape=(32, 32, 3)))
    model.add(MaxPooling2D())
    model.add(Flatten())
Instead
    model.add(Conv2D(32, (3, 3), activation="relu", input_shape=(32, 32, 3)))
    model.add(MaxPooling2D())
    model.add(Conv2D(64, (3, 3), activation="relu"))
    model.add(MaxPooling2D())
    model.add(Conv2D(128, (3, 3), activation="relu"))
    model.add(Flatten())
The fix
    None is offered: how to deepen a network is the author's choice.
Sources
    Theia section 4.1.7 (ICL); LeCun et al. 1998 for grayscale, Krizhevsky et al. 2012 for color.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count
from analyzer.rules.reading.stack import (
    convolutions,
    image_channels,
    is_encoder_decoder,
    is_image_model,
)
from analyzer.rules.samples import conv, dense, other, sample

COLOR_CHANNELS = 3
ENOUGH_COLOR = 3  # convolution layers, Theia section 4.1.7
ENOUGH_GRAYSCALE = 2  # likewise


class FewConvolutions(Rule):
    """A shallow image classifier."""

    code = "FL214"
    name = "few-convolutions"
    paper = "ICL"
    kind = "depth"
    severity = "advice"
    confidence = 0.6
    needs = ("graph",)
    why = (
        "Color images usually need three convolutions or more, grayscale ones two (Theia, ICL,"
        " from 105 programs)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The number of convolutions against the kind of image."""
        graph = program.graph
        assert graph is not None
        if graph.backbone or not is_image_model(graph) or is_encoder_decoder(graph):
            return
        layers, channels = convolutions(graph), image_channels(graph)
        if not layers or layers[-1].site is None:
            return
        if channels is None:
            yield self.unchecked("needs the number of channels of the images")
            return
        enough = ENOUGH_COLOR if channels >= COLOR_CHANNELS else ENOUGH_GRAYSCALE
        kind = "color" if channels >= COLOR_CHANNELS else "grayscale"
        if len(layers) < enough:
            yield Suspicion(
                site=layers[-1].site,
                message=(
                    f"{count(len(layers), 'convolution')} for {kind} images;"
                    f" usual are {enough} or more."
                ),
                evidence=Evidence(static={"convolutions": len(layers), "channels": channels}),
                fix=Declined("how to deepen the network is the author's choice"),
            )


EXAMPLES = (
    Example(
        "two for color images",
        sample(
            """
            Conv2D(32, (3, 3))
            Conv2D(64, (3, 3))
            """,
            layers=(conv(1, 32, "relu", input_channels=3), conv(2, 64, "relu"), dense(2, 10)),
        ),
        found=(Found(2, "2 convolutions for color images", None),),
    ),
    Example(
        "one for grayscale images",
        sample(
            "Conv2D(32, (3, 3))",
            layers=(conv(1, 32, "relu", input_shape=(28, 28, 1)), dense(1, 10)),
        ),
        found=(Found(1, "1 convolution for grayscale", None),),
    ),
    Example(
        "three for color images",
        sample(
            "x = 1",
            layers=(conv(1, 32, input_channels=3), conv(1, 64), conv(1, 64), dense(1, 10)),
        ),
    ),
    Example(
        "a pretrained backbone",
        sample(
            "x = 1",
            layers=(other(1, "model", "ResNet50"), conv(1, 64, input_channels=3), dense(1, 10)),
            graph={"backbone": True},
        ),
    ),
    Example("no convolutions at all", sample("x = 1", layers=(dense(1, 8), dense(1, 1)))),
    Example(
        "channels unknown",
        sample("x = 1", layers=(conv(1, 32), dense(1, 10))),
        unchecked="number of channels",
    ),
)
