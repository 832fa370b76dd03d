"""An input shape on an inner layer.

What it finds
    input_shape, input_dim or batch_input_shape on a layer of a Sequential model that is not the
    first.
Why it hurts
    Keras ignores it there. It misleads whoever reads the model, and it is often wrong: the shape
    that enters an inner layer is what the layer before it returns.
How it is measured
    The arguments of the layers' calls; one finding per model, at the first such layer.
When it is right
    On the first layer alone.
Example
    model.add(Conv2D(32, (3, 3), input_shape=(64, 64, 3)))
    model.add(Conv2D(64, (3, 3), input_shape=(64, 64, 3)))
Instead
    model.add(Conv2D(32, (3, 3), input_shape=(64, 64, 3)))
    model.add(Conv2D(64, (3, 3)))
The fix
    The argument is taken away from all inner layers. Safe.
Sources
    Keras documentation of the Sequential model.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import FixPlan, RemoveArgument
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import layer_call
from analyzer.rules.reading.proof import count
from analyzer.rules.samples import conv, dense, sample
from analyzer.source.calls import CallSite

ARGUMENTS = ("input_shape", "input_dim", "batch_input_shape")


class InnerInputShape(Rule):
    """An argument that Keras ignores."""

    code = "FL219"
    name = "inner-input-shape"
    kind = "api"
    severity = "advice"
    confidence = 0.9
    frameworks = frozenset({"keras", "tf.keras"})
    needs = ("graph",)
    why = "Keras reads the input shape from the first layer and ignores it elsewhere (Keras docs)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """All inner layers, as one finding."""
        found = list(_inner(program))
        if not found:
            return
        changes = tuple(RemoveArgument(call.site, keyword) for call, keyword in found)
        first, keyword = found[0]
        yield Suspicion(
            site=first.site,
            message=f"{count(len(found), 'inner layer')} set {keyword}, which only the first may.",
            evidence=Evidence(static={"lines": [call.site.line for call, _ in found]}),
            fix=FixPlan("leave the input shape to the first layer", changes),
        )


def _inner(program: Program) -> Iterator[tuple[CallSite, str]]:
    assert program.graph is not None
    layers = [layer for layer in program.graph.layers if layer.op != "input"]
    seen = {layers[0].site} if layers else set()
    for layer in layers[1:]:
        call = layer_call(program.source, layer)
        if call is None or layer.site in seen:
            continue
        seen.add(layer.site)
        for keyword in ARGUMENTS:
            if call.argument(keyword) is not None:
                yield call, keyword


EXAMPLES = (
    Example(
        "on the second convolution",
        sample(
            """
            model.add(Conv2D(32, (3, 3), input_shape=(64, 64, 3)))
            model.add(Conv2D(64, (3, 3), input_shape=(64, 64, 3)))
            """,
            layers=(conv(1, 32), conv(2, 64)),
        ),
        found=(Found(2, "1 inner layer", "model.add(Conv2D(64, (3, 3)))"),),
    ),
    Example(
        "on the first layer",
        sample(
            """
            model.add(Dense(32, input_dim=8))
            model.add(Dense(1))
            """,
            layers=(dense(1, 32), dense(2, 1)),
        ),
    ),
    Example("nowhere", sample("Dense(1)", layers=(dense(1, 1),))),
)
