"""Images from folders, trained from scratch without augmentation.

What it finds
    An image generator for training that changes nothing about the images, and a network with random
    weights behind it.
Why it hurts
    Folders of a person's own images are small as a rule. Without shifted, mirrored or zoomed copies
    a network learns each picture instead of what they have in common.
How it is measured
    The arguments of the first ImageDataGenerator, augmenting layers and transforms in the program
    (none), pretrained parts (none).
When it is right
    With large data; where the position or the orientation carries the meaning.
Example
    generator = ImageDataGenerator(rescale=1 / 255)
    train = generator.flow_from_directory("photos")
Instead
    generator = ImageDataGenerator(rescale=1 / 255, horizontal_flip=True, zoom_range=0.2)
    train = generator.flow_from_directory("photos")
The fix
    None is offered: which changes keep the meaning depends on the images.
Sources
    Krizhevsky et al. 2012, section 4.1; Shorten and Khoshgoftaar 2019, A survey on image data
    augmentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.scaling import code_lines
from analyzer.rules.reading.stack import is_image_model
from analyzer.rules.samples import conv, dense, other, sample

AUGMENTING = re.compile(
    r"rotation_range|width_shift|height_shift|shear_range|zoom_range|_flip|brightness_range"
    r"|channel_shift|Random[A-Z]|albumentations|mixup|cutmix|AutoAugment",
)


class MissingAugmentation(Rule):
    """The same pictures in every epoch."""

    code = "FL306"
    name = "missing-augmentation"
    kind = "data_size"
    severity = "advice"
    confidence = 0.4
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("graph",)
    why = (
        "Augmented copies make a small set of images larger and keep a network from learning single"
        " pictures (Krizhevsky et al. 2012, section 4.1)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The first image generator of a program without any augmentation."""
        graph = program.graph
        assert graph is not None
        made = [call for call in program.source.calls if call.name == "ImageDataGenerator"]
        if not made or graph.backbone or not is_image_model(graph):
            return
        layers = any(layer.op == "augment" for layer in graph.layers)
        if layers or any(AUGMENTING.search(line) for _, line in code_lines(program.source)):
            return
        yield Suspicion(
            site=made[0].site,
            message="This generator shows the same pictures in every epoch, without augmentation.",
            evidence=Evidence(static={"arguments": [a.keyword for a in made[0].arguments]}),
            fix=Declined("which changes keep the meaning depends on the images"),
        )


TEXT = """
generator = ImageDataGenerator(rescale=1 / 255)
train = generator.flow_from_directory("photos")
"""
NET = (conv(2, 8, "relu"), dense(2, 2, "softmax"))

EXAMPLES = (
    Example(
        "a generator that only rescales",
        sample(TEXT, layers=NET),
        found=(Found(1, "without augmentation", None),),
    ),
    Example(
        "mirrored images", sample(TEXT.replace("255)", "255, horizontal_flip=True)"), layers=NET)
    ),
    Example(
        "augmenting layers in the model",
        sample(TEXT, layers=(other(1, "augment", "RandomFlip"), *NET)),
    ),
    Example(
        "a pretrained network",
        sample(TEXT, layers=NET, graph={"backbone": True}),
    ),
)
