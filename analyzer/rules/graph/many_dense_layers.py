"""Many dense layers behind the convolutions.

What it finds
    An image classifier with more than three dense layers.
Why it hurts
    Dense layers hold most parameters and none of the structure; one or two behind the convolutions
    are enough to classify, more overfit and take time.
How it is measured
    Dense layers of a model with convolutions, the output included; the comment stands at the first
    one too many.
When it is right
    For outputs that are not classes (several heads, regression of coordinates).
Example
    model.add(Dense(512, activation="relu"))
    model.add(Dense(256, activation="relu"))
    model.add(Dense(128, activation="relu"))
    model.add(Dense(10, activation="softmax"))
Instead
    model.add(Dense(256, activation="relu"))
    model.add(Dense(10, activation="softmax"))
The fix
    None is offered: which layer is superfluous is the author's choice.
Sources
    Theia section 4.1.8 (IFL).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.stack import is_chain, is_image_model
from analyzer.rules.samples import conv, dense, sample

MOST = 3  # dense layers, the output included; Theia section 4.1.8


class ManyDenseLayers(Rule):
    """A deep stack of dense layers on top of convolutions."""

    code = "FL215"
    name = "many-dense-layers"
    paper = "IFL"
    kind = "dense_layers"
    severity = "advice"
    confidence = 0.5
    needs = ("graph",)
    why = "One or two dense layers behind convolutions are enough; more overfit (Theia, IFL)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The dense layers of a chain with convolutions."""
        graph = program.graph
        assert graph is not None
        found = [layer for layer in graph.layers if layer.op == "dense"]
        if not is_image_model(graph) or not is_chain(graph) or len(found) <= MOST:
            return
        site = found[MOST - 1].site
        if site is not None:
            yield Suspicion(
                site=site,
                message=f"{len(found)} dense layers stand behind the convolutions.",
                evidence=Evidence(static={"units": [layer.units for layer in found]}),
                fix=Declined("which layer is superfluous is the author's choice"),
            )


EXAMPLES = (
    Example(
        "four dense layers",
        sample(
            "Dense(64)",
            layers=(conv(1, 32, "relu"), *(dense(1, 64, "relu") for _ in range(3)), dense(1, 10)),
        ),
        found=(Found(1, "4 dense layers", None),),
    ),
    Example(
        "two dense layers",
        sample("x = 1", layers=(conv(1, 32, "relu"), dense(1, 64, "relu"), dense(1, 10))),
    ),
    Example(
        "a dense network",
        sample("x = 1", layers=tuple(dense(1, 64, "relu") for _ in range(6))),
    ),
)
