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

import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import FixPlan, RemoveArgument
from analyzer.observed import Site
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import layer_call
from analyzer.rules.reading.proof import count
from analyzer.rules.samples import conv, dense, sample
from analyzer.source.calls import CallSite, SourceIndex

ARGUMENTS = ("input_shape", "input_dim", "batch_input_shape")
_ADDED = re.compile(r"\s*([\w.]+)\.add\(")


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
    """Calls of layers that follow another one in the same Sequential model."""
    assert program.graph is not None
    seen: set[Site] = set()
    opened: set[object] = set()
    for layer in program.graph.layers:
        call = layer_call(program.source, layer)
        model = None if call is None else _model_of(program.source, call)
        if call is None or model is None or call.site in seen:
            continue
        seen.add(call.site)
        if model in opened:
            yield from ((call, word) for word in ARGUMENTS if call.argument(word) is not None)
        opened.add(model)


def _model_of(source: SourceIndex, call: CallSite) -> object:
    """The Sequential model that a layer's call stands in; None when that cannot be told.

    Models made by a library take an input shape wherever they stand.
    """
    if call.role != "layer" or call.site.path != source.path or "applications" in call.callee:
        return None
    lists = [c.site for c in source.by_role("model") if c.name == "Sequential"]
    around = [site for site in lists if _within(call.site, site)]
    if around:
        return max(around, key=lambda site: (site.line, site.column))
    added = _ADDED.match(source.lines[call.statement.line - 1])
    return (call.function, added[1]) if added else None


def _within(inner: Site, outer: Site) -> bool:
    start, end = (inner.line, inner.column), (inner.end_line, inner.end_column)
    return (outer.line, outer.column) < start and end < (outer.end_line, outer.end_column)


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
    Example(
        "the first layers of two towers, added in turn",
        sample(
            """
            image.add(Conv2D(32, (3, 3), input_shape=(64, 64, 3)))
            table.add(Dense(8, input_dim=4))
            """,
            layers=(conv(1, 32), dense(2, 8)),
        ),
    ),
    Example(
        "a model of a library, where no list or add says what comes before it",
        sample("base = MobileNetV2(input_shape=(32, 32, 3))", layers=(conv(1, 32), dense(1, 2))),
    ),
    Example("nowhere", sample("Dense(1)", layers=(dense(1, 1),))),
)
