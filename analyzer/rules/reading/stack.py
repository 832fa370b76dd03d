"""The layers as a chain of weighted layers, each with what follows it before the next one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.observed import Graph, Layer, Op, Shape

WEIGHTED: frozenset[Op] = frozenset(
    {"dense", "conv", "conv_transpose", "depthwise_conv", "recurrent", "attention", "embedding"}
)
CONVOLUTIONS: frozenset[Op] = frozenset({"conv", "depthwise_conv"})
NORMALIZATIONS: frozenset[Op] = frozenset({"batch_norm", "layer_norm", "group_norm"})
POOLS: frozenset[Op] = frozenset({"max_pool", "average_pool", "global_pool"})

IDENTITY = frozenset({"", "linear", "identity", "none"})
SPELLINGS = {
    "logsoftmax": "log_softmax",
    "hardsigmoid": "hard_sigmoid",
    "leakyrelu": "leaky_relu",
    "logsigmoid": "log_sigmoid",
}


def activation_name(name: str | None) -> str | None:
    """The activation in one spelling; None for identity."""
    if name is None or name.lower() in IDENTITY:
        return None
    return SPELLINGS.get(name.lower(), name.lower())


def own_activation(layer: Layer) -> str | None:
    """What a layer applies: its fused activation, or itself when it is an activation."""
    if layer.op == "activation" and layer.activation is None:
        return activation_name(layer.type)
    return activation_name(layer.activation)


def feeders(graph: Graph, layer: Layer) -> tuple[Layer, ...]:
    """The layers whose values enter `layer`."""
    if layer.inputs:
        return tuple(graph.layers[at] for at in layer.inputs if 0 <= at < len(graph.layers))
    return (graph.layers[layer.index - 1],) if 0 < layer.index < len(graph.layers) else ()


def successors(graph: Graph) -> dict[int, list[Layer]]:
    """For each layer's index, the layers that it feeds directly."""
    fed: dict[int, list[Layer]] = {layer.index: [] for layer in graph.layers}
    for layer in graph.layers:
        for feeder in feeders(graph, layer):
            fed.setdefault(feeder.index, []).append(layer)
    return fed


@dataclass(frozen=True, slots=True)
class Block:
    """A weighted layer and the unweighted layers behind it, up to the next weighted ones.

    Attributes:
        layer: the weighted layer.
        tail: what its values pass through, nearest first.
        last: True when no weighted layer comes behind it: it makes an output.
    """

    layer: Layer
    tail: tuple[Layer, ...]
    last: bool

    def those(self, *ops: Op) -> tuple[Layer, ...]:
        """The layers of the tail with one of these operations."""
        return tuple(layer for layer in self.tail if layer.op in ops)

    @property
    def activations(self) -> tuple[Layer, ...]:
        """The layers that apply a nonlinearity: itself when fused, then those of the tail."""
        fused = (self.layer,) if own_activation(self.layer) else ()
        separate = tuple(layer for layer in self.tail if layer.op == "activation")
        return fused + tuple(layer for layer in separate if own_activation(layer))

    @property
    def opaque(self) -> bool:
        """True when something unknown is behind the layer, which may hide what is looked for."""
        return any(layer.op in ("other", "model") for layer in self.tail)


def blocks(graph: Graph) -> tuple[Block, ...]:
    """The blocks of all weighted layers, in execution order."""
    fed = successors(graph)
    return tuple(_block(fed, layer) for layer in graph.layers if layer.op in WEIGHTED)


def _block(fed: dict[int, list[Layer]], layer: Layer) -> Block:
    tail: dict[int, Layer] = {}
    last = True
    waiting = list(fed[layer.index])
    while waiting:
        follower = waiting.pop(0)
        if follower.op in WEIGHTED:
            last = False
        elif follower.index not in tail:
            tail[follower.index] = follower
            waiting.extend(fed[follower.index])
    return Block(layer, tuple(tail.values()), last)


def hidden_blocks(graph: Graph) -> tuple[Block, ...]:
    """The blocks of dense and convolution layers that do not make an output."""
    ops: tuple[Op, ...] = ("dense", "conv", "depthwise_conv")
    return tuple(block for block in blocks(graph) if not block.last and block.layer.op in ops)


def convolutions(graph: Graph) -> tuple[Layer, ...]:
    """The convolutions that look at neighbours: kernels of one alone do not count."""
    return tuple(
        layer
        for layer in graph.layers
        if layer.op in CONVOLUTIONS and (layer.kernel_size is None or max(layer.kernel_size) > 1)
    )


def is_chain(graph: Graph) -> bool:
    """True when every layer has one feeder and feeds one layer: no branches, no merges."""
    fed = [feeder.index for layer in graph.layers for feeder in feeders(graph, layer)]
    return len(fed) == len(set(fed)) and all(
        len(layer.inputs) < 2 and layer.op != "merge" for layer in graph.layers
    )


def is_encoder_decoder(graph: Graph) -> bool:
    """True when maps are enlarged again, so that counts shrink on purpose."""
    return any(layer.op in ("conv_transpose", "upsample") for layer in graph.layers)


def down_samples(layer: Layer) -> bool:
    """Whether the layer makes maps smaller: a pool, or a convolution with a stride above one."""
    if layer.op in POOLS:
        return True
    return layer.op in CONVOLUTIONS and layer.strides is not None and max(layer.strides) > 1


def is_image_model(graph: Graph) -> bool:
    """True when the model convolves over two axes."""
    return any(layer.op in CONVOLUTIONS and _axes(layer) == 2 for layer in graph.layers)


def _axes(layer: Layer) -> int | None:
    if layer.kernel_size is not None:
        return len(layer.kernel_size)
    for text, axes in (("1d", 1), ("2d", 2), ("3d", 3)):
        if text in layer.type.lower():
            return axes
    return None


def image_channels(graph: Graph) -> int | None:
    """Channels that the first convolution takes in, None when unknown."""
    for layer in graph.layers:
        if layer.op in CONVOLUTIONS:
            if layer.input_channels is not None:
                return layer.input_channels
            return _channels(layer.input_shape)
    return None


def _channels(shape: Shape | None) -> int | None:
    if shape is None or len(shape) < 3:  # height, width, channels
        return None
    return next((size for size in (shape[-1], shape[0]) if size in (1, 3)), shape[-1])


def trainable_parameters(graph: Graph) -> int:
    """How many parameters training changes."""
    return sum(layer.parameters for layer in graph.layers if layer.trainable)


def input_width(graph: Graph) -> int | None:
    """Features that enter the first weighted layer, when they are a flat row."""
    first = next((layer for layer in graph.layers if layer.op in WEIGHTED), None)
    if first is None or first.op != "dense":
        return None
    if first.input_channels is not None:
        return first.input_channels
    return first.input_shape[-1] if first.input_shape else None


def path_before(graph: Graph, layer: Layer) -> Iterator[Layer]:
    """The layers before `layer`, nearest first, as long as each has a single feeder."""
    while True:
        before = feeders(graph, layer)
        if len(before) != 1 or before[0].index >= layer.index:
            return
        layer = before[0]
        yield layer
