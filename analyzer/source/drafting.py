"""From the arguments of a constructor call to a `LayerDraft`."""

from __future__ import annotations

import re

from analyzer.observed import Op, Site
from analyzer.source.keras_layers import KERAS_LAYERS, OLD_ARGUMENTS
from analyzer.source.learning import activation_name
from analyzer.source.models import LayerDraft, Shape, Sizes
from analyzer.source.torch_layers import FUNCTIONS, TORCH_LAYERS
from analyzer.source.values import Class, Function, Given, Known, Named, Result, Value

_DIMENSIONS = re.compile(r"([123])[dD]")


def keras_draft(name: str, arguments: tuple[Given, ...], site: Site) -> LayerDraft:
    """A layer of `keras.layers`; an unknown class becomes op "other"."""
    op, positions = KERAS_LAYERS.get(name, ("other", ()))
    values = _by_name(arguments, positions, OLD_ARGUMENTS)
    inner = values.get("layer")
    if isinstance(inner, LayerDraft):
        return _wrapped(name, inner, site)
    draft = LayerDraft(type=name, op=op, torch=False, site=site)
    _common(draft, values)
    _keras_window(draft, values, name)
    draft.units = _integer(values.get("units"))
    draft.filters = _integer(values.get("filters"))
    draft.rate = _number(values.get("rate"))
    draft.stated_input = _stated_input(values, op)
    draft.target_shape = _shape(values.get("target_shape"))
    draft.sequences = _constant(values.get("return_sequences")) is True
    draft.channels_first = _constant(values.get("data_format")) == "channels_first"
    if op == "embedding":
        draft.units = _integer(values.get("output_dim", values.get("units")))
        draft.vocabulary = _integer(values.get("input_dim"))
    if op == "activation":
        own = values.get("activation") if name == "Activation" else None
        draft.activation = _activation(own) if name == "Activation" else activation_name(name)
    elif op == "recurrent" and "activation" not in values and name != "Bidirectional":
        draft.activation = "tanh"
    return draft


def torch_draft(name: str, arguments: tuple[Given, ...], site: Site) -> LayerDraft:
    """A module of `torch.nn`."""
    op, positions = TORCH_LAYERS.get(name, ("other", ()))
    values = _by_name(arguments, positions, {})
    draft = LayerDraft(type=name, op=op, torch=True, site=site)
    _torch_sizes(draft, values, name)
    return draft


def function_draft(
    name: str, arguments: tuple[Given, ...], site: Site, *, torch: bool
) -> LayerDraft:
    """A functional call such as ``F.relu(x)`` or ``torch.flatten(x, 1)``."""
    op: Op = "activation"
    positions: tuple[str, ...] = ("input", "dim")
    if name in FUNCTIONS:
        op, positions = FUNCTIONS[name]
    values = _by_name(arguments, positions, {})
    draft = LayerDraft(type=name, op=op, torch=torch, site=site, function=True)
    _torch_sizes(draft, values, name)
    if op == "activation":
        draft.activation = activation_name(name)
    return draft


def _wrapped(name: str, inner: LayerDraft, site: Site) -> LayerDraft:
    """``Bidirectional(LSTM(64))``: what the inner layer does, under the wrapper's name."""
    units = inner.units
    if name == "Bidirectional" and units is not None:
        units *= 2
    return LayerDraft(
        type=name,
        op=inner.op,
        torch=False,
        site=site,
        activation=inner.activation,
        units=units,
        filters=inner.filters,
        kernel_size=inner.kernel_size,
        strides=inner.strides,
        padding=inner.padding,
        rate=inner.rate,
        stated_input=inner.stated_input,
        sequences=inner.sequences or name == "TimeDistributed",
    )


def _by_name(
    arguments: tuple[Given, ...], positions: tuple[str, ...], renamed: dict[str, str]
) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for given in arguments:
        if given.keyword is not None:
            values[renamed.get(given.keyword, given.keyword)] = given.value
        elif given.position is not None and given.position < len(positions):
            values[positions[given.position]] = given.value
    return values


def _common(draft: LayerDraft, values: dict[str, Value]) -> None:
    draft.name = _text(values.get("name"))
    draft.activation = _activation(values.get("activation"))
    use_bias = _constant(values.get("use_bias"))
    draft.use_bias = use_bias if isinstance(use_bias, bool) else None
    if draft.use_bias is None and draft.op in {"dense", "conv", "conv_transpose"}:
        draft.use_bias = True
    draft.initializer = _named(values.get("kernel_initializer"))
    draft.trainable = _constant(values.get("trainable")) is not False
    axis = values.get("axis")
    draft.axis = _integer(axis)


def _keras_window(draft: LayerDraft, values: dict[str, Value], name: str) -> None:
    if draft.op not in {"conv", "conv_transpose", "depthwise_conv", "max_pool", "average_pool"}:
        return
    match = _DIMENSIONS.search(name)
    dims = int(match[1]) if match else 2
    pool = draft.op in {"max_pool", "average_pool"}
    kernel = values.get("pool_size" if pool else "kernel_size")
    draft.kernel_size = _sizes(kernel, dims)
    row, column = _integer(values.get("nb_row")), _integer(values.get("nb_col"))
    if row and column:
        draft.kernel_size = (row, column)
    elif row is None and "nb_row" in values:
        draft.kernel_size = _sizes(values["nb_row"], dims)
    if pool and kernel is None:
        draft.kernel_size = (2,) * dims
    strides = values.get("strides")
    missing = strides is None or _is_none(strides)
    default = draft.kernel_size if pool else (1,) * dims
    draft.strides = default if missing else _sizes(strides, dims)
    draft.dilation = _sizes(values.get("dilation_rate"), dims)
    padding = values.get("padding")
    text = _text(padding)
    draft.padding = "valid" if padding is None else (text.lower() if text else None)


def _torch_sizes(draft: LayerDraft, values: dict[str, Value], name: str) -> None:
    """Everything that a module or function of PyTorch states, by its argument names."""
    match = _DIMENSIONS.search(name)
    dims = int(match[1]) if match else 1
    draft.units = _first(values, "out_features", "hidden_size", "embedding_dim")
    draft.filters = _integer(values.get("out_channels"))
    draft.input_channels = _first(
        values, "in_features", "in_channels", "input_size", "num_features", "num_channels"
    )
    if draft.op in {"conv", "conv_transpose", "max_pool", "average_pool"}:
        pool = draft.op in {"max_pool", "average_pool"}
        draft.kernel_size = _sizes(values.get("kernel_size"), dims)
        stride = values.get("stride")
        missing = stride is None or _is_none(stride)
        draft.strides = (
            (draft.kernel_size if pool else (1,) * dims) if missing else _sizes(stride, dims)
        )
        draft.dilation = _sizes(values.get("dilation"), dims)
        padding = _constant(values.get("padding", Known(0)))
        draft.padding = str(padding).lower() if padding is not None else None
    if draft.op == "dropout":
        draft.rate = _number(values.get("p", Known(0.5)))
    if draft.op in {"dense", "conv", "conv_transpose"}:
        draft.use_bias = _constant(values.get("bias", Known(True))) is not False
    if draft.op == "activation":
        draft.activation = activation_name(name)
        draft.axis = _first(values, "dim", "axis")
    if draft.op == "embedding":
        draft.vocabulary = _integer(values.get("num_embeddings"))
    if draft.op == "recurrent":
        draft.sequences, draft.activation = True, "tanh"
    draft.output_size = _sizes(values.get("output_size"), 1)


def _first(values: dict[str, Value], *names: str) -> int | None:
    return next((_integer(values[name]) for name in names if name in values), None)


def _stated_input(values: dict[str, Value], op: Op) -> Shape | None:
    """The input shape that a Keras layer states, however it spells it."""
    shape = _shape(values.get("input_shape"))
    if shape is None and op == "input":
        shape = _shape(values.get("shape"))
    batch = _shape(values.get("batch_shape"))
    if shape is None and batch:
        shape = batch[1:]
    if shape is None and op != "embedding" and "input_dim" in values:
        size = _integer(values["input_dim"])
        length = _integer(values.get("input_length"))
        shape = (length, size) if "input_length" in values else (size,)
    if shape is None and "input_length" in values:
        shape = (_integer(values["input_length"]),)
    return shape


def _constant(value: Value | None) -> object:
    return value.value if isinstance(value, Known) else None


def _is_none(value: Value) -> bool:
    return isinstance(value, Known) and value.value is None


def _integer(value: Value | None) -> int | None:
    constant = _constant(value)
    if isinstance(constant, float) and constant.is_integer():
        constant = int(constant)
    if isinstance(constant, bool) or not isinstance(constant, int):
        return None
    return constant if abs(constant) < 2**53 else None


def _number(value: Value | None) -> float | None:
    constant = _constant(value)
    if isinstance(constant, bool) or not isinstance(constant, (int, float)):
        return None
    return float(constant) if abs(constant) < 1e300 else None


def _text(value: Value | None) -> str | None:
    constant = _constant(value)
    return constant[:200] if isinstance(constant, str) else None


def _shape(value: Value | None) -> Shape | None:
    if isinstance(value, Known):
        if isinstance(value.value, (tuple, list)):
            return tuple(_integer(Known(item)) for item in value.value)[:16]
        size = _integer(value)
        return None if size is None else (size,)
    items = getattr(value, "items", None)
    if isinstance(items, list):
        return tuple(_integer(item) for item in items)[:16]
    return None


def _sizes(value: Value | None, dims: int) -> Sizes | None:
    shape = _shape(value)
    if shape is None or not shape or len(shape) > 3:
        return None
    sizes = tuple(size for size in shape if size is not None)
    if len(sizes) != len(shape):
        return None
    return sizes * dims if len(sizes) == 1 else sizes


def _named(value: Value | None) -> str | None:
    """The last part of what a string, class, function or object is called."""
    if isinstance(value, Known):
        return value.value[:200] if isinstance(value.value, str) else None
    if isinstance(value, Named):
        return value.dotted.rsplit(".", 1)[-1]
    if isinstance(value, Result):
        return value.callee.rsplit(".", 1)[-1]
    return None


def _activation(value: Value | None) -> str | None:
    if value is None or _is_none(value):
        return None
    if isinstance(value, LayerDraft):
        return value.activation
    if isinstance(value, (Function, Class)):
        return value.qualified.rsplit(".", 1)[-1].lower()
    name = _named(value)
    return activation_name(name) if name is not None else "unknown"
