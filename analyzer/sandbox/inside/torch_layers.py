"""One layer of the graph, from a module or from a functional call, as the JSON form of Layer.

Read only: nothing here calls the module or the function, and no tensor's values are touched.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from . import torch_names as names
from .torch_tensors import first_tensor as first_tensor
from .torch_tensors import is_tensor as is_tensor
from .torch_tensors import tensors_given as tensors_given
from .torch_tensors import tensors_in as tensors_in

Facts = dict[str, Any]


def shape_of(value: Any, batch_axis: int = 0) -> list[int] | None:
    """Shape of the first tensor in a value, without the batch dimension."""
    tensor = first_tensor(value)
    if tensor is None or tensor.dim() == 0:
        return None
    sizes = [int(size) for size in tensor.shape]
    if tensor.dim() > batch_axis:
        sizes.pop(batch_axis)
    return sizes[:16]


def library_class(module: Any) -> type | None:
    """The class of `torch.nn` whose forward this module runs; None for a module of its own kind."""
    kind: Any = type(module)
    return library_kind(kind)


@functools.cache
def library_kind(kind: Any) -> type | None:
    """The same by the class of the module."""
    for cls in kind.__mro__:
        if cls.__module__.startswith("torch.nn.modules") and cls.__name__ != "Module":
            return cls if kind.forward is cls.forward else None
    return None


def is_single_layer(module: Any) -> bool:
    """Whether the module is one layer of the graph, whatever it has inside."""
    cls = library_class(module)
    return cls is not None and cls.__name__ not in names.CONTAINERS


def of_module(module: Any, inputs: Any, output: Any) -> Facts:
    """The layer that one call of a `torch.nn` module is."""
    cls = library_class(module)
    kind = cls.__name__ if cls is not None else type(module).__name__
    sequence_first = hasattr(module, "batch_first") and not module.batch_first
    tensor = first_tensor(inputs)
    batch_axis = 1 if sequence_first and tensor is not None and tensor.dim() == 3 else 0
    parameters = list(module.parameters())
    layer: Facts = {
        "type": type(module).__name__,
        "op": names.MODULE_OPS.get(kind, "other"),
        "parameters": sum(_count(p) for p in parameters),
        "trainable": not parameters or any(p.requires_grad for p in parameters),
        "input_shape": shape_of(inputs, batch_axis),
        "output_shape": shape_of(output, batch_axis),
    }
    return layer | _module_details(module, kind, layer)


def _count(parameter: Any) -> int:
    """Elements of a parameter; one that is not initialized yet (lazy modules) has none."""
    return 0 if type(parameter).__name__.startswith("Uninitialized") else int(parameter.numel())


def _module_details(module: Any, kind: str, layer: Facts) -> Facts:
    op = layer["op"]
    if op in ("conv", "conv_transpose"):
        return _convolution(module)
    if op == "dense":
        return _dense(module)
    if op == "recurrent":
        return {"units": int(module.hidden_size), "input_channels": int(module.input_size)}
    if op == "embedding":
        return {"units": int(module.embedding_dim), "input_channels": int(module.num_embeddings)}
    if op == "dropout":
        return {"rate": float(module.p)}
    if op == "activation":
        axis = getattr(module, "dim", None) if kind != "Softmax2d" else -3
        return _activation(names.MODULE_ACTIVATIONS[kind], axis, layer)
    if op in ("max_pool", "average_pool"):
        return _pool(layer, vars(module))
    if op in ("batch_norm", "layer_norm", "group_norm"):
        channels = getattr(module, "num_features", None)
        return {"input_channels": channels if isinstance(channels, int) else None}
    return {}


def _dense(module: Any) -> Facts:
    width = getattr(module, "in_features", None)
    return {
        "units": int(module.out_features),
        "input_channels": width if isinstance(width, int) else None,
        "use_bias": module.bias is not None,
    }


def _convolution(module: Any) -> Facts:
    facts: Facts = {
        "filters": int(module.out_channels),
        "input_channels": int(module.in_channels),
        "kernel_size": _sizes(module.kernel_size),
        "strides": _sizes(module.stride),
        "padding": _padding(module.padding),
        "use_bias": module.bias is not None,
    }
    if module.groups > 1 and module.groups == module.in_channels and not module.transposed:
        facts["op"] = "depthwise_conv"
    return facts


def _sizes(value: Any) -> list[int] | None:
    """A size per axis; None when it is not made of numbers."""
    if isinstance(value, int):
        return [value]
    if isinstance(value, Sequence) and all(isinstance(size, int) for size in value):
        return [int(size) for size in value][:3]
    return None


def _per_axis(value: Any, axes: int) -> list[int] | None:
    """A size for each spatial axis, from one for all or one for each."""
    sizes = _sizes(value)
    return sizes * max(1, min(axes, 3)) if sizes is not None and len(sizes) == 1 else sizes


def _padding(value: Any) -> str | None:
    """A padding as one word or number: "same", "1"; "1,2" when the axes differ."""
    if isinstance(value, str):
        return value.lower()
    sizes = _sizes(value)
    if sizes is None:
        return None
    return str(sizes[0]) if len(set(sizes)) == 1 else ",".join(map(str, sizes))


def _activation(name: str, axis: Any, layer: Facts) -> Facts:
    if name in ("softmax", "log_softmax", "softmin") and axis is None:
        # PyTorch's own choice when no axis is given, counted with the batch dimension.
        dimensions = len(layer["input_shape"] or ()) + 1
        axis = 0 if dimensions in (0, 1, 3) else 1
    return {"activation": name, "axis": axis if isinstance(axis, int) else None}


def _pool(layer: Facts, settings: Mapping[str, Any]) -> Facts:
    """Window of a pooling; one that leaves a single position is a global pooling."""
    shape = layer["output_shape"] or ()
    if "output_size" in settings:
        single = len(shape) > 1 and math.prod(shape[1:]) == 1
        return {"op": "global_pool"} if single else {}
    kernel = _per_axis(settings.get("kernel_size"), len(shape) - 1)
    stride = _per_axis(settings.get("stride"), len(shape) - 1) or kernel
    facts: Facts = {"kernel_size": kernel, "strides": stride}
    return facts | {"padding": _padding(settings.get("padding", 0))}


_POSITIONS: dict[str, tuple[str, ...]] = {
    "max_pool": ("input", "kernel_size", "stride", "padding"),
    "average_pool": ("input", "kernel_size", "stride", "padding"),
    "dropout": ("input", "p", "training"),
    "activation": ("input", "dim"),
    "conv": ("input", "weight", "bias", "stride", "padding", "dilation", "groups"),
    "conv_transpose": ("input", "weight", "bias", "stride", "padding"),
    "dense": ("input", "weight", "bias"),
    "embedding": ("input", "weight"),
}


def of_function(name: str, arguments: tuple[Any, ...], keywords: Facts, output: Any) -> Facts:
    """The layer that one functional call is; `op` may still be "reduction" or "merge"."""
    op = names.FUNCTION_OPS[name]
    given = dict(zip(_POSITIONS.get(op, ("input",)), arguments, strict=False)) | keywords
    if op in ("max_pool", "average_pool") and "adaptive" in name:
        given = {"input": given.get("input"), "output_size": None}
    parameters = _parameters((arguments, keywords))
    layer: Facts = {
        "type": name.removesuffix("_with_indices"),
        "op": op,
        "parameters": sum(_count(p) for p in parameters),
        "trainable": not parameters or any(p.requires_grad for p in parameters),
        "input_shape": shape_of((arguments, keywords)),
        "output_shape": shape_of(output),
    }
    if parameters and name in ("matmul", "mm", "addmm", "einsum"):
        layer["op"], given["weight"] = "dense", parameters[-1].transpose(0, -1)
    return layer | _function_details(name, layer, given)


def _parameters(value: Any) -> list[Any]:
    found = {id(t): t for t in tensors_in(value) if t.is_leaf and _is_parameter(t)}
    return list(found.values())


def _is_parameter(tensor: Any) -> bool:
    return any(cls.__name__ == "Parameter" for cls in type(tensor).__mro__)


def _function_details(name: str, layer: Facts, given: Facts) -> Facts:
    op, weight = layer["op"], given.get("weight")
    if op == "activation":
        return _activation(names.FUNCTION_ACTIVATIONS[name], given.get("dim"), layer)
    if op == "dropout":
        rate = given.get("p", 0.5)
        return {"rate": float(rate) if isinstance(rate, (int, float)) else None}
    if op in ("max_pool", "average_pool"):
        return _pool(layer, given)
    if op in ("conv", "conv_transpose") and weight is not None:
        return _functional_convolution(op, given)
    if op == "dense" and weight is not None and weight.dim() >= 2:
        bias = given.get("bias") is not None
        sizes = [int(size) for size in weight.shape]
        return {"units": sizes[0], "input_channels": sizes[-1], "use_bias": bias}
    if op == "embedding" and weight is not None:
        return {"units": int(weight.shape[-1]), "input_channels": int(weight.shape[0])}
    return {}


def _functional_convolution(op: str, given: Facts) -> Facts:
    sizes = [int(size) for size in given["weight"].shape]
    groups = given.get("groups", 1)
    inside, outside = sizes[1] * groups, sizes[0]
    if op == "conv_transpose":
        inside, outside = sizes[0], sizes[1] * groups
    facts: Facts = {
        "filters": outside,
        "input_channels": inside,
        "kernel_size": sizes[2:5],
        "strides": _per_axis(given.get("stride", 1), len(sizes) - 2),
        "padding": _padding(given.get("padding", 0)),
        "use_bias": given.get("bias") is not None,
    }
    if groups > 1 and groups == inside and op == "conv":
        facts["op"] = "depthwise_conv"
    return facts


def is_layer(layer: Facts, values: Sequence[Any]) -> bool:
    """Whether a functional call is a layer of its own.

    Args:
        layer: its facts.
        values: its tensor arguments that are values of the model, not constants or targets.
    """
    op = layer["op"]
    if op == "merge":
        return len({id(value) for value in values if value.dim()}) > 1
    if op == "reduction":
        before, after = layer["input_shape"] or [], layer["output_shape"]
        return len(before) >= 2 and after is not None and len(after) == 1
    if op == "reshape":
        return layer["input_shape"] != layer["output_shape"]
    return True


def settle_op(layer: Facts) -> None:
    """Give the final word for a call that pools positions or changes the shape."""
    before, after = layer["input_shape"] or [], layer["output_shape"] or []
    if layer["op"] == "reduction":
        layer["op"] = "global_pool"
    elif layer["op"] == "reshape" and len(after) == 1 and len(before) > 1:
        layer["op"] = "flatten"
