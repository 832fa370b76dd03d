"""Pictures of another size, or with other channels, than the model takes.

What it finds
    A loader of pictures whose size or color mode contradicts the input shape that the model's first
    layer was given.
Why it hurts
    The training ends with an error at its first batch, in a layer far behind the mistake: a dense
    layer that misses thousands of columns.
How it is measured
    The shape of what the loader gives, from its own arguments (target_size, image_size, color_mode
    and their defaults), against the input shape of the first layer as the run built it; and the run
    ended with an error about shapes before the first training step.
When it is right
    Where the pictures are resized behind the loader; such programs are not looked at.
Example
    train = generator.flow_from_directory("photos", target_size=(224, 224))
    model.add(Conv2D(30, 5, input_shape=(28, 28, 3)))
Instead
    train = generator.flow_from_directory("photos", target_size=(28, 28))
    model.add(Conv2D(30, 5, input_shape=(28, 28, 3)))
The fix
    The loaders are given the size and the color mode that the model takes.
Sources
    Keras documentation of ImageDataGenerator and image_dataset_from_directory; Humbatova et al.
    2020, Taxonomy of Real Faults in Deep Learning Systems, "wrong shape of input data".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import FixPlan, SetArgument
from analyzer.observed import NotObserved, Observation, Site
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.scaling import code_lines
from analyzer.rules.samples import conv, dense, other, sample
from analyzer.source.calls import Argument, CallSite

Shape = tuple[int, int, int]
SIZES = {
    "flow_from_directory": ("target_size", 1, 2),
    "flow_from_dataframe": ("target_size", 5, 6),
    "image_dataset_from_directory": ("image_size", 6, 4),
}
"""The loader's argument for height and width, its position, and that of color_mode."""
DEFAULT_SIZE = (256, 256)
SHAPES = re.compile(r"incompatible|expected shape|expected axis|shapes?\b", re.I)
"""What Keras says of a batch that does not fit."""
RESIZES = re.compile(r"resiz|crop|thumbnail", re.I)
"""Code that may give pictures another shape behind the loader."""
CHANNELS = {"grayscale": 1, "rgb": 3, "rgba": 4}
MODES = {count: mode for mode, count in CHANNELS.items()}


class ImageShape(Rule):
    """The loader's pictures do not fit the model."""

    code = "FL308"
    name = "image-shape"
    kind = "data_shape"
    severity = "error"
    confidence = 0.95
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("seen_graph",)
    why = "The first batch ends the training: the layers were built for pictures of another shape."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The first loader that contradicts the model of a run that broke off."""
        wanted = _wanted(program)
        given = [(call, _given(call)) for call in program.source.calls if call.name in SIZES]
        if wanted is None or not given or not _broke(program):
            return
        if any(RESIZES.search(line) for _, line in code_lines(program.source)):
            yield self.unchecked("the pictures may be resized behind the loader")
            return
        if any(shape is None for _, shape in given):
            yield self.unchecked("the size of the loader's pictures is not known")
        unfit = [(call, shape) for call, shape in given if shape is not None and shape != wanted]
        if not unfit:
            return
        call, shape = unfit[0]
        yield Suspicion(
            site=_place(call, shape, wanted),
            message=(
                f"This loader gives pictures of {_words(shape)};"
                f" the model's first layer takes {_words(wanted)}."
            ),
            evidence=Evidence(static={"loader": list(shape), "model": list(wanted)}),
            fix=_fix([each for each, _ in unfit], wanted),
            proof="contract",
        )


def _wanted(program: Program) -> Shape | None:
    """Height, width and channels that the first convolution or dense layer was built for."""
    assert program.graph is not None
    shape = program.graph.layers[0].input_shape
    if shape is None or len(shape) != 3 or not all(shape):
        return None
    height, width, channels = shape
    return (height or 0, width or 0, channels or 0) if channels in MODES else None


def _broke(program: Program) -> bool:
    """Whether an error about shapes ended the program before it trained a step."""
    trouble = program.observation.trouble if program.observation else None
    if trouble is None or trouble.cause != "crash" or program.has("trace"):
        return False
    return SHAPES.search(trouble.message) is not None


def _given(call: CallSite) -> Shape | None:
    """What the loader gives, as far as its arguments are known."""
    size, mode = _arguments(call)
    if (size is not None and not size.known) or (mode is not None and not mode.known):
        return None
    sides = DEFAULT_SIZE if size is None else size.value
    channels = CHANNELS.get(str("rgb" if mode is None else mode.value))
    if not isinstance(sides, tuple) or len(sides) != 2 or channels is None:
        return None
    if not all(isinstance(side, int) for side in sides):
        return None
    return (*sides, channels)


def _arguments(call: CallSite) -> tuple[Argument | None, Argument | None]:
    """What gives the size, and the color mode."""
    name, size, mode = SIZES[call.name]
    return call.argument(name, size), call.argument("color_mode", mode)


def _place(call: CallSite, shape: Shape, wanted: Shape) -> Site:
    """The argument that contradicts the model, else the call."""
    argument = _arguments(call)[shape[:2] == wanted[:2]]
    return call.site if argument is None else argument.site


def _words(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def _fix(calls: list[CallSite], wanted: Shape) -> FixPlan:
    changes: list[SetArgument] = []
    for call in calls:
        given = _given(call)
        assert given is not None
        if given[:2] != wanted[:2]:
            changes.append(_set(call, SIZES[call.name][0], f"({wanted[0]}, {wanted[1]})", 0))
        if given[2] != wanted[2]:
            changes.append(_set(call, "color_mode", f'"{MODES[wanted[2]]}"', 1))
    return FixPlan(f"load pictures of {_words(wanted)}", tuple(changes))


def _set(call: CallSite, keyword: str, text: str, which: int) -> SetArgument:
    argument = _arguments(call)[which]
    return SetArgument(call.site, keyword, text, argument.position if argument else None)


TEXT = """
train = generator.flow_from_directory("photos", target_size=(224, 224))
model.add(Conv2D(30, 5, input_shape=(28, 28, 3)))
"""
CRASH = Observation(trouble=NotObserved(cause="crash", message="incompatible"))


EXAMPLES = (
    Example(
        "large pictures before a model for small ones",
        sample(
            TEXT,
            layers=(conv(2, 30, input_shape=(28, 28, 3)), dense(2, 2)),
            observation=CRASH,
        ),
        found=(Found(1, "pictures of 224 x 224 x 3; the", "target_size=(28, 28)", "contract"),),
    ),
    Example(
        "colors before a model for gray pictures, at the loader's own size",
        sample(
            TEXT.replace(", target_size=(224, 224)", "").replace("28, 28, 3", "256, 256, 1"),
            layers=(conv(2, 30, input_shape=(256, 256, 1)), dense(2, 2)),
            observation=CRASH,
        ),
        found=(Found(1, "of 256 x 256 x 3", 'color_mode="grayscale"', "contract"),),
    ),
    Example(
        "the size without its keyword",
        sample(
            TEXT.replace("target_size=", ""),
            layers=(conv(2, 30, input_shape=(28, 28, 3)), dense(2, 2)),
            observation=CRASH,
        ),
        found=(Found(1, "pictures of 224 x 224 x 3; the", '"photos", (28, 28))', "contract"),),
    ),
    Example(
        "pictures that are resized behind the loader, and another error",
        sample(
            "train = train.map(lambda x, y: (tf.image.resize(x, (28, 28)), y))\n" + TEXT,
            layers=(conv(3, 30, input_shape=(28, 28, 3)), dense(3, 2)),
            observation=CRASH,
        ),
        unchecked="may be resized",
    ),
    Example(
        "an error about something else",
        sample(
            TEXT,
            layers=(conv(2, 30, input_shape=(28, 28, 3)), dense(2, 2)),
            observation=Observation(trouble=NotObserved(cause="crash", message="NameError: x")),
        ),
    ),
    Example(
        "a run that trained: something resizes the pictures",
        sample(TEXT, layers=(conv(2, 30, input_shape=(28, 28, 3)),)),
    ),
    Example(
        "the size that the model takes",
        sample(
            TEXT.replace("224", "28"),
            layers=(conv(2, 30, input_shape=(28, 28, 3)), other(2, "flatten", "Flatten")),
            observation=CRASH,
        ),
    ),
    Example(
        "a size that is not known",
        sample(
            TEXT.replace("(224, 224)", "size()"),
            layers=(conv(2, 30, input_shape=(28, 28, 3)),),
            observation=CRASH,
        ),
        unchecked="is not known",
    ),
)
