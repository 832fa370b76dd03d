"""An even kernel.

What it finds
    A convolution whose kernel has an even size and whose stride is one.
Why it hurts
    An even kernel has no middle: each map is shifted by half a pixel, and with "same" padding the
    two sides are padded unequally. Two by two sees too little to find edges.
How it is measured
    Kernel and stride of every two-dimensional convolution; one finding per model, at the first.
When it is right
    With a stride that equals the kernel (patches), and in transposed convolutions.
Example
    model.add(Conv2D(128, (2, 2), activation="relu"))
Instead
    model.add(Conv2D(128, (3, 3), activation="relu"))
The fix
    None is offered: shapes of later layers may depend on it.
Sources
    Wu et al. 2019, Convolution with even-sized kernels and symmetric padding; Simonyan and
    Zisserman 2015 for three by three.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.observed import Layer
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.stack import convolutions
from analyzer.rules.samples import conv, dense, sample

PLANE = 2  # axes of an image


class EvenKernel(Rule):
    """A kernel without a middle."""

    code = "FL217"
    name = "even-kernel"
    kind = "kernel_size"
    severity = "advice"
    confidence = 0.5
    needs = ("graph",)
    why = "An even kernel has no middle and shifts each map by half a pixel (Wu et al. 2019)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The first convolution with an even kernel."""
        assert program.graph is not None
        for layer in convolutions(program.graph):
            if _even(layer) and layer.site is not None:
                size = " x ".join(str(each) for each in layer.kernel_size or ())
                yield Suspicion(
                    site=layer.site,
                    message=f"The kernel of '{layer.name}' is {size}: it has no middle.",
                    evidence=Evidence(static={"kernel_size": layer.kernel_size}),
                    fix=Declined("the shapes of later layers may depend on it"),
                )
                return


def _even(layer: Layer) -> bool:
    kernel, strides = layer.kernel_size, layer.strides
    if kernel is None or len(kernel) != PLANE:
        return False
    return all(size % 2 == 0 for size in kernel) and max(strides or (1,)) == 1


EXAMPLES = (
    Example(
        "two by two",
        sample(
            "Conv2D(128, (2, 2))", layers=(conv(1, 128, "relu", kernel_size=(2, 2)), dense(1, 2))
        ),
        found=(Found(1, "is 2 x 2", None),),
    ),
    Example("three by three", sample("x = 1", layers=(conv(1, 128), dense(1, 2)))),
    Example(
        "patches of sixteen",
        sample("x = 1", layers=(conv(1, 128, kernel_size=(16, 16), strides=(16, 16)), dense(1, 2))),
    ),
)
