"""A hidden layer without an activation.

What it finds
    A dense or convolution layer whose values reach the next weighted layer without a nonlinearity.
Why it hurts
    Two linear layers in a row are one: W2(W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2). The second
    layer adds parameters, not what the network can express.
How it is measured
    All layers between the layer and the next weighted ones, in execution order: none applies a
    nonlinearity. With max pooling between them the fact is weaker, and the finding is advice.
When it is right
    Linear projections on purpose: kernels of size one, depthwise convolutions, the code layer of an
    autoencoder, projections that are multiplied or added to others.
Example
    model.add(Dense(64))
    model.add(Dense(10, activation="softmax"))
Instead
    model.add(Dense(64, activation="relu"))
    model.add(Dense(10, activation="softmax"))
The fix
    activation="relu" on the layer (Keras). Changes what the network can express, which is the aim.
Sources
    Theia section 4.1.1 (CNL); Goodfellow, Bengio, Courville, Deep Learning, section 6.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import Declined, FixPlan
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.mends import add_activation
from analyzer.rules.reading.proof import graph_seen, proof
from analyzer.rules.reading.stack import WEIGHTED, Block, hidden_blocks, successors
from analyzer.rules.samples import activation, conv, dense, linear, other, sample

WEAK_CONFIDENCE = 0.6  # the maximum over a window or a sample's own scale is a weak nonlinearity


class MissingHiddenActivation(Rule):
    """Two linear layers in a row."""

    code = "FL201"
    name = "missing-hidden-activation"
    paper = "CNL"
    kind = "hidden_activation"
    severity = "warning"
    confidence = 0.85
    needs = ("graph",)
    why = (
        "Linear layers in a row collapse into one linear map, whatever their widths (Deep Learning,"
        " section 6.1; Theia, CNL)."
    )

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """Every hidden dense or convolution layer."""
        assert program.graph is not None
        unseen = not program.graph.complete and program.framework == "torch"
        if unseen or not program.graph.functions_seen:
            yield self.unchecked("the functions between the layers were not seen")
            return
        fed = successors(program.graph)
        hidden = [block for block in hidden_blocks(program.graph) if not block.activations]
        for block in hidden:
            site = block.layer.site
            if block.opaque or site is None or _on_purpose(block, program):
                continue
            pooled = bool(block.those("max_pool"))
            linear = not pooled and not block.those("layer_norm", "group_norm")
            yield Suspicion(
                site=site,
                message=_message(block, pooled),
                evidence=Evidence(static={"layer": block.layer.name, "activation": None}),
                fix=_fix(program, block, alone=len(fed[block.layer.index]) == 1),
                proof=proof(graph_seen(program), linear, _complete(program, block)),
                confidence=None if linear else WEAK_CONFIDENCE,
            )
        if any(block.opaque for block in hidden):
            yield self.unchecked("unknown functions follow some layers and may be their activation")


def _complete(program: Program, block: Block) -> bool:
    """Whether nothing between the layer and the next can have gone unrecorded.

    A Keras graph is whole where its functions were seen. In PyTorch a rarely used function may go
    unrecorded, except inside one nn.Sequential, whose members are numbered without a gap.
    """
    if program.framework != "torch":
        return True
    names = [block.layer.name, *(layer.name for layer in block.tail)]
    parts = [name.rpartition(".") for name in names]
    numbers = [last for _, _, last in parts]
    if len({first for first, _, _ in parts}) != 1 or not all(n.isdigit() for n in numbers):
        return False
    start = int(numbers[0])
    following = ".".join(filter(None, (parts[0][0], str(start + len(names)))))
    graph = program.graph
    return (
        graph is not None
        and [int(n) for n in numbers] == list(range(start, start + len(names)))
        and any(layer.name == following for layer in graph.layers)
    )


def _on_purpose(block: Block, program: Program) -> bool:
    layer = block.layer
    low_rank = _low_rank(program, block)
    pointwise = layer.kernel_size is not None and max(layer.kernel_size) == 1
    joined = bool(block.those("merge"))
    return (
        pointwise
        or joined
        or low_rank
        or layer.op == "depthwise_conv"
        or program.problem == "autoencoder"
    )


def _low_rank(program: Program, block: Block) -> bool:
    """Narrower than what comes in and what goes out: a factorized layer on purpose.

    A projection for a recurrent or attention layer counts too: these have nonlinearities inside.
    """
    graph, layer = program.graph, block.layer
    assert graph is not None
    later = (each for each in graph.layers[layer.index + 1 :] if each.op in WEIGHTED)
    after = next(later, None)
    if after is None or after.op not in ("dense", "conv", "depthwise_conv"):
        return True
    before = layer.input_channels
    if before is None and layer.input_shape:
        before = layer.input_shape[-1]
    if before is None or layer.units is None or after.units is None:
        return False
    return layer.units < min(before, after.units)


def _message(block: Block, pooled: bool) -> str:
    layer = block.layer
    after = "only max pooling" if pooled else "no nonlinearity"
    return f"{after.capitalize()} stands between {layer.type} '{layer.name}' and the next layer."


def _fix(program: Program, block: Block, alone: bool) -> FixPlan | Declined:
    if block.those("batch_norm", "layer_norm", "group_norm"):
        return Declined("the activation belongs after the normalization layer")
    if not alone:
        return Declined("the layer feeds several others")
    return add_activation(program, block.layer, "relu")


KERAS = """
model.add(Dense(64))
model.add(Dense(10, activation="softmax"))
"""

EXAMPLES = (
    Example(
        "a dense layer",
        sample(KERAS, layers=(dense(1, 64), dense(2, 10, "softmax"))),
        found=(Found(1, "No nonlinearity", 'Dense(64, activation="relu")', "contract"),),
    ),
    Example(
        "a convolution before max pooling is advice",
        sample(
            """
            model.add(Conv2D(32, (3, 3)))
            model.add(MaxPooling2D())
            model.add(Dense(10, activation="softmax"))
            """,
            layers=(conv(1, 32), other(2, "max_pool", "MaxPooling2D"), dense(3, 10, "softmax")),
        ),
        found=(Found(1, "Only max pooling", 'activation="relu"'),),
    ),
    Example(
        "PyTorch layers in a row",
        sample(
            """
            fc1 = nn.Linear(8, 64)
            fc2 = nn.Linear(64, 1)
            """,
            framework="torch",
            layers=(linear(1, 64), linear(2, 1)),
            origin="static",
        ),
        found=(Found(1, "No nonlinearity", None),),
    ),
    Example(
        "neighbours in one nn.Sequential",
        sample(
            "net = nn.Sequential(nn.Linear(8, 64), nn.Dropout(0.1), nn.Linear(64, 1))",
            framework="torch",
            layers=(
                linear(1, 64, name="net.0"),
                other(1, "dropout", "Dropout", name="net.1", rate=0.1),
                linear(1, 1, name="net.2"),
            ),
        ),
        found=(Found(1, "No nonlinearity", None, "contract"),),
    ),
    Example(
        "the same layers called by hand: a function between them may be unrecorded",
        sample(
            "net = Net(nn.Linear(8, 64), nn.Linear(64, 1))",
            framework="torch",
            layers=(linear(1, 64, name="fc1"), linear(1, 1, name="fc2")),
        ),
        found=(Found(1, "No nonlinearity", None),),
    ),
    Example(
        "the activation is a layer of its own, after batch normalization",
        sample(
            KERAS,
            layers=(
                dense(1, 64),
                other(1, "batch_norm", "BatchNormalization"),
                activation(1, "relu"),
                dense(2, 10, "softmax"),
            ),
        ),
    ),
    Example(
        "a residual branch is activated after the sum",
        sample(
            KERAS,
            layers=(
                conv(1, 8, "relu"),
                conv(1, 8),
                other(1, "merge", "Add", inputs=(0, 1)),
                activation(1, "relu"),
                dense(2, 10),
            ),
        ),
    ),
    Example(
        "a factorized layer: narrower than what comes in and what goes out",
        sample(
            KERAS, layers=(dense(1, 16, input_channels=512), dense(2, 512, "relu"), dense(2, 1))
        ),
    ),
    Example(
        "a projection with a kernel of one",
        sample(KERAS, layers=(conv(1, 8, kernel_size=(1, 1)), dense(2, 10))),
    ),
    Example(
        "the call method of a subclassed model may apply functions of its own",
        sample(
            KERAS,
            layers=(dense(1, 64), dense(2, 10, "softmax")),
            graph={"functions_seen": False},
        ),
        unchecked="functions between the layers",
    ),
    Example(
        "behind layer normalization it is advice",
        sample(
            KERAS,
            layers=(
                dense(1, 64),
                other(1, "layer_norm", "LayerNormalization"),
                dense(2, 10, "softmax"),
            ),
        ),
        found=(Found(1, "No nonlinearity", None),),
    ),
    Example(
        "an unknown function may be the activation",
        sample(KERAS, layers=(dense(1, 64), other(1, "other", "Lambda"), dense(2, 10))),
        unchecked="unknown functions",
    ),
)
