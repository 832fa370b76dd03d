"""The model that is trained: its layers in execution order."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from analyzer.observed.values import Name, Number, Origin, Shape, Site, Value

Op = Literal[
    "input",
    "dense",
    "conv",
    "conv_transpose",
    "depthwise_conv",
    "activation",
    "batch_norm",
    "layer_norm",
    "group_norm",
    "dropout",
    "max_pool",
    "average_pool",
    "global_pool",
    "flatten",
    "reshape",
    "embedding",
    "recurrent",
    "attention",
    "upsample",
    "merge",
    "rescale",
    "augment",
    "model",
    "other",
]


class Layer(Value):
    """One layer or functional call, in execution order.

    Attributes:
        index: position in execution order, from 0.
        type: the framework's own name: "Conv2D", "BatchNorm1d", or the function: "relu".
        op: what it does, one word for all frameworks.
        name: its name or attribute path: "conv2d_1", "features.0"; the function for a call.
        site: where it is made (a module or Keras layer) or called (a function).
        call_site: where it is applied, when that is another place.
        activation: fused activation, lower case ("relu", "softmax"), or the function itself when
            op is "activation"; None for identity or none.
        units: output width of a dense or recurrent layer.
        filters: output channels of a convolution.
        input_channels: input channels or features of a convolution or dense layer.
        kernel_size, strides, padding, dilation: per spatial axis, padding lower case or number.
        rate: dropout probability.
        axis: axis of a softmax or normalization, when known.
        initializer: kernel initializer, as the framework names it, when the program set one.
        parameters: number of parameters; trainable: whether any of them is trainable.
        input_shape, output_shape: without the batch dimension.
        inputs: indices of the layers that feed it; empty means the one before it.
        repeated: how often one forward pass applied it (shared or recurrent use).
    """

    index: int = Field(ge=0)
    type: Name
    op: Op
    name: Name
    site: Site | None = None
    call_site: Site | None = None
    activation: Name | None = None
    units: int | None = None
    filters: int | None = None
    input_channels: int | None = None
    kernel_size: Annotated[tuple[int, ...], Field(max_length=3)] | None = None
    strides: Annotated[tuple[int, ...], Field(max_length=3)] | None = None
    padding: Name | None = None
    rate: Number | None = None
    axis: int | None = None
    use_bias: bool | None = None
    initializer: Name | None = None
    parameters: int = 0
    trainable: bool = True
    input_shape: Shape | None = None
    output_shape: Shape | None = None
    inputs: Annotated[tuple[int, ...], Field(max_length=64)] = ()
    repeated: int = 1


class Graph(Value):
    """The model that is trained.

    Attributes:
        layers: in execution order.
        outputs: indices of the layers whose values leave the model.
        origin: "run" when the model was built and seen, "static" when read from the source.
        complete: False when the static reader met something that it could not resolve.
        functions_seen: False when functions between the layers went unseen (the call method of a
            subclassed Keras layer or model may add, scale or activate by plain functions).
        site: where the model is constructed.
        backbone: True when a pretrained or library-made model is part of it.
    """

    layers: Annotated[tuple[Layer, ...], Field(max_length=4000)]
    outputs: Annotated[tuple[int, ...], Field(max_length=64)] = ()
    origin: Origin = "run"
    complete: bool = True
    functions_seen: bool = True
    site: Site | None = None
    backbone: bool = False
