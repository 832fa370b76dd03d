"""Layers and models as the reader builds them up, before they become a `Graph`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.observed import Op, Site

if TYPE_CHECKING:
    from analyzer.source.values import Tensor, Value

Sizes = tuple[int, ...]
Shape = tuple[int | None, ...]


@dataclass(eq=False, slots=True)
class LayerDraft:
    """One layer as the program constructs it (or one functional call).

    Attributes:
        type: the framework's name: "Conv2D", "relu"; torch: whether PyTorch made it.
        site: the constructor's call, or the functional call.
        stated_input: the input shape that its arguments state, without the batch dimension.
        target_shape: of a reshape.
        function: whether it is a call of a function and not an object.
        backbone: a ready-made network ("model" layers).
        doubtful: whether a condition may put another one in its place.
        heads: parts of it that the program puts in place of its own: ``resnet.fc = ...``.
    """

    type: str
    op: Op
    torch: bool
    site: Site
    name: str | None = None
    activation: str | None = None
    units: int | None = None
    filters: int | None = None
    input_channels: int | None = None
    kernel_size: Sizes | None = None
    strides: Sizes | None = None
    padding: str | None = None
    dilation: Sizes | None = None
    rate: float | None = None
    axis: int | None = None
    use_bias: bool | None = None
    initializer: str | None = None
    stated_input: Shape | None = None
    target_shape: Shape | None = None
    output_size: Sizes | None = None
    vocabulary: int | None = None
    sequences: bool = False
    channels_first: bool = False
    trainable: bool = True
    function: bool = False
    backbone: bool = False
    heads: dict[str, Value] = field(default_factory=dict)
    doubtful: bool = False


@dataclass(eq=False, slots=True)
class Node:
    """One application of a layer.

    Attributes:
        order: when it was applied, over the whole program.
        inputs: the nodes that fed it; a model's input counts as none.
        call_site: where it was applied.
        level: how many conditions were around its application.
    """

    draft: LayerDraft
    order: int
    inputs: tuple[Node, ...]
    call_site: Site | None
    input_shape: Shape | None
    output_shape: Shape | None
    level: int = 0


@dataclass(eq=False, slots=True)
class ModelDraft:
    """A model made by the framework's own means: Sequential, or Model(inputs, outputs).

    Attributes:
        kind: "sequential" or "functional".
        children: layers, models or instances in order (sequential).
        names: each child's name, "" for a numbered one.
        inputs, outputs: tensors (functional).
        level: how many conditions were around its construction.
        complete: False when a layer may or may not be in it, or could not be resolved.
    """

    kind: str
    torch: bool
    site: Site
    children: list[Value] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    complete: bool = True
    level: int = 0
