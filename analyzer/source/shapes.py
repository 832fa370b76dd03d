"""Shapes through a layer, and the number of its parameters, as far as the source states them.

Shapes are without the batch dimension. Arithmetic as in the frameworks' own documentation:
a convolution gives floor((n + 2p - d(k - 1) - 1) / s) + 1 per axis.
"""

from __future__ import annotations

import math

from analyzer.source.models import LayerDraft, Shape

Size = int | None

_SAME_SHAPE = frozenset({"activation", "batch_norm", "layer_norm", "group_norm", "dropout"})


def output_shape(layer: LayerDraft, shape: Shape | None) -> Shape | None:
    """The shape that leaves `layer` when `shape` enters it; None when unknown."""
    if layer.op == "input":
        return layer.stated_input
    if layer.op == "reshape":
        return _reshaped(layer, shape)
    if shape is None:
        return (layer.units,) if layer.op == "dense" and layer.torch and layer.units else None
    if layer.op in _SAME_SHAPE or layer.op in {"rescale", "augment"}:
        return shape
    if layer.op == "dense":
        return (*shape[:-1], layer.units)
    if layer.op == "flatten":
        return (_product(shape),)
    if layer.op == "embedding":
        return (*shape, layer.units)
    if layer.op == "recurrent":
        return (shape[0], layer.units) if layer.sequences and shape else (layer.units,)
    if layer.op in {"conv", "conv_transpose", "depthwise_conv", "max_pool", "average_pool"}:
        return _windowed(layer, shape)
    if layer.op == "global_pool":
        return _pooled(layer, shape)
    return None


def parameter_count(layer: LayerDraft, shape: Shape | None) -> int:
    """Parameters of a dense, convolutional, normalizing or embedding layer; 0 when unknown."""
    channels = layer.input_channels or _channels(layer, shape)
    bias = layer.use_bias is not False
    if layer.op == "dense" and channels and layer.units:
        return channels * layer.units + layer.units * bias
    if layer.op in {"conv", "conv_transpose"} and channels and layer.filters and layer.kernel_size:
        return channels * layer.filters * math.prod(layer.kernel_size) + layer.filters * bias
    if layer.op == "batch_norm" and channels:
        return (2 if layer.torch else 4) * channels
    if layer.op == "embedding" and layer.vocabulary and layer.units:
        return layer.vocabulary * layer.units
    return 0


def _channels(layer: LayerDraft, shape: Shape | None) -> Size:
    if not shape:
        return None
    if layer.op == "dense" or len(shape) == 1:
        return shape[-1]
    return shape[0] if layer.torch or layer.channels_first else shape[-1]


def _product(shape: Shape) -> Size:
    known = [size for size in shape if size is not None]
    return math.prod(known) if len(known) == len(shape) else None


def _reshaped(layer: LayerDraft, shape: Shape | None) -> Shape | None:
    target = layer.target_shape
    if target is None or target.count(-1) > 1:
        return None
    if -1 not in target:
        return target
    total = _product(shape) if shape else None
    rest = _product(tuple(size for size in target if size != -1))
    free = total // rest if total and rest and total % rest == 0 else None
    return tuple(free if size == -1 else size for size in target)


def _windowed(layer: LayerDraft, shape: Shape) -> Shape | None:
    kernel = layer.kernel_size
    if kernel is None or len(shape) != len(kernel) + 1:
        return None
    first = layer.torch or layer.channels_first
    spatial = shape[1:] if first else shape[:-1]
    channels = shape[0] if first else shape[-1]
    strides = layer.strides or (1,) * len(kernel)
    dilation = layer.dilation or (1,) * len(kernel)
    if not len(strides) == len(dilation) == len(kernel):
        return None
    sizes = tuple(
        _window(layer, size, k, s, d)
        for size, k, s, d in zip(spatial, kernel, strides, dilation, strict=True)
    )
    out = channels if layer.op in {"max_pool", "average_pool"} else layer.filters
    return (out, *sizes) if first else (*sizes, out)


def _window(layer: LayerDraft, size: Size, kernel: int, stride: int, dilation: int) -> Size:
    if size is None or stride < 1:
        return None
    reach = dilation * (kernel - 1) + 1
    if layer.op == "conv_transpose":
        if layer.padding == "same":
            return size * stride
        pad = _padding(layer)
        return None if pad is None else (size - 1) * stride + reach - 2 * pad
    if layer.padding == "same":
        return -(-size // stride)
    pad = _padding(layer)
    if pad is None:
        return None
    result = (size + 2 * pad - reach) // stride + 1
    return result if result > 0 else None


def _padding(layer: LayerDraft) -> int | None:
    if layer.padding in {None, "valid", "0"}:
        return 0
    text = (layer.padding or "").strip("()").split(",")[0]
    return int(text) if text.isdigit() else None


def _pooled(layer: LayerDraft, shape: Shape) -> Shape | None:
    if len(shape) < 2:
        return None
    if not layer.torch:
        return (shape[0] if layer.channels_first else shape[-1],)
    size = layer.output_size or (1,)
    return (shape[0], *(size if len(size) > 1 else size * (len(shape) - 1)))
