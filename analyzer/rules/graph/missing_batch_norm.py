"""A network that would profit from normalization layers.

What it finds
    A deep stack of weighted layers, or several saturating hidden layers, without any normalization
    layer.
Why it hurts
    The scale of the values drifts from layer to layer: in deep stacks signals and gradients shrink
    or grow, and saturating activations leave the range where they have a slope.
How it is measured
    Weighted layers in the graph (at least eight) or hidden layers with sigmoid or tanh (at least
    two), normalization layers (none). One finding per model, at the first of them.
When it is right
    Shallow networks with relu, residual networks with careful initialization, SELU networks. A
    missing normalization alone is no fault and is not reported.
Example
    model.add(Dense(64))
    model.add(Activation("tanh"))
    model.add(Dense(64))
    model.add(Activation("tanh"))
Instead
    model.add(Dense(64))
    model.add(BatchNormalization())
    model.add(Activation("tanh"))
    model.add(Dense(64))
    model.add(BatchNormalization())
    model.add(Activation("tanh"))
The fix
    None is offered: several layers would be added.
Sources
    Ioffe and Szegedy 2015, sections 2 and 3.2 (saturating nonlinearities); Theia section 4.1.6
    (MNL: after every layer, the source of its false alarms).
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.proof import count
from analyzer.rules.reading.stack import NORMALIZATIONS, Block, hidden_blocks, own_activation
from analyzer.rules.samples import activation, dense, other, sample

DEEP = 8  # hidden weighted layers from which a chain usually needs normalization
SATURATED = 2  # saturating hidden layers, likewise
SATURATING = frozenset({"sigmoid", "tanh", "hard_sigmoid"})
SELF_NORMALIZING = frozenset({"selu"})


class MissingBatchNorm(Rule):
    """Nothing keeps the values on one scale."""

    code = "FL213"
    name = "missing-batch-norm"
    paper = "MNL"
    kind = "batch_norm"
    severity = "advice"
    confidence = 0.4
    needs = ("graph",)
    why = (
        "Normalization keeps values where activations have a slope, which deep or saturating"
        " networks lose otherwise (Ioffe and Szegedy 2015; Theia, MNL)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The whole model."""
        graph = program.graph
        assert graph is not None
        if graph.backbone or any(layer.op in NORMALIZATIONS for layer in graph.layers):
            return
        hidden = [block for block in hidden_blocks(graph) if not block.those("merge")]
        if any(_applies(block, SELF_NORMALIZING) for block in hidden):
            return
        saturated = [block for block in hidden if _applies(block, SATURATING)]
        if len(saturated) >= SATURATED:
            chosen, what = saturated, "with saturating activations"
        elif len(hidden) >= DEEP:
            chosen, what = hidden, "in a row"
        else:
            return
        site = chosen[0].layer.site
        if site is not None:
            yield Suspicion(
                site=site,
                message=f"{count(len(chosen), 'hidden layer')} {what} have no normalization layer.",
                evidence=Evidence(static={"layers": [block.layer.name for block in chosen]}),
                fix=Declined("several layers would be added"),
            )


def _applies(block: Block, names: frozenset[str]) -> bool:
    return any(own_activation(layer) in names for layer in block.activations)


EXAMPLES = (
    Example(
        "two tanh layers",
        sample(
            "Dense(64)",
            layers=(
                dense(1, 64),
                activation(1, "tanh"),
                dense(1, 64),
                activation(1, "tanh"),
                dense(1, 2, "softmax"),
            ),
        ),
        found=(Found(1, "2 hidden layers with saturating", None),),
    ),
    Example(
        "nine layers of relu",
        sample("Dense(64)", layers=tuple(dense(1, 64, "relu") for _ in range(9))),
        found=(Found(1, "8 hidden layers in a row", None),),
    ),
    Example(
        "a shallow network with relu",
        sample("x = 1", layers=(dense(1, 64, "relu"), dense(1, 64, "relu"), dense(1, 2))),
    ),
    Example(
        "one normalization layer",
        sample(
            "x = 1",
            layers=(
                dense(1, 64, "tanh"),
                other(1, "batch_norm", "BatchNormalization"),
                dense(1, 64, "tanh"),
                dense(1, 2),
            ),
        ),
    ),
)
