"""Where the training inputs and labels come from: the last statements that produce them."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from analyzer.observed import Site
from analyzer.source.machine import Machine
from analyzer.source.models import LayerDraft, ModelDraft
from analyzer.source.recording import CallSeen
from analyzer.source.sites import seen_role
from analyzer.source.trained import backward_call
from analyzer.source.values import (
    Binding,
    Class,
    Function,
    Given,
    Instance,
    Known,
    LossValue,
    Named,
    Result,
    Value,
    items_of,
)

_PAIRS = frozenset({"TensorDataset", "from_tensor_slices", "flow"})
_WRAPPERS = frozenset(
    {
        "DataLoader",
        "Subset",
        "random_split",
        "enumerate",
        "tqdm",
        "zip",
        "iter",
        "list",
        "prefetch",
        "trange",
    }
)
_NO_DATA = (Named, Known, Function, Class, LayerDraft, ModelDraft, LossValue)
MAX_HOPS = 30


@dataclass(frozen=True, slots=True)
class DataSites:
    """What the source says about the training data."""

    inputs: Site | None = None
    labels: Site | None = None
    inputs_name: str | None = None
    labels_name: str | None = None
    evaluated: tuple[str, ...] = ()
    stated_shape: tuple[int | None, ...] | None = None


def data_sites(reader: Machine) -> DataSites:
    """The statements that last produce what fit, or the training loop, trains on."""
    inputs, labels = _fit_data(reader)
    if inputs is None:
        inputs, labels = _loop_data(reader)
    first = _origin(inputs, 0)
    second = _origin(labels, 1) if labels is not None else _pair_labels(inputs)
    if second is not None and first is not None and second is first:
        second = None
    return DataSites(
        inputs=first.site if first else None,
        labels=second.site if second else None,
        inputs_name=_named(first),
        labels_name=_named(second),
        evaluated=_evaluated(reader, _named(first)),
        stated_shape=_stated_shape(first),
    )


def _fit_data(reader: Machine) -> tuple[Binding | None, Binding | None]:
    for seen in reader.record.in_order():
        if seen_role(seen, "keras") == "fit":
            inputs = seen.argument("x", 0) or seen.argument("generator")
            labels = seen.argument("y", 1) if not seen.callee.endswith("generator") else None
            return _bound(seen, inputs), _bound(seen, labels)
    return None, None


def _bound(seen: CallSeen, given: Given | None) -> Binding | None:
    """The name given, else a nameless one for the expression."""
    if given is None:
        return None
    if given.binding is not None:
        return given.binding
    if isinstance(given.value, Named):
        return None
    if isinstance(given.node, ast.Name):
        return Binding(given.node.id, given.value)
    return Binding(seen.parsed.text(given.node)[:200], given.value, given.site)


def _loop_data(reader: Machine) -> tuple[Binding | None, Binding | None]:
    """What goes into the loss and, before it, into the model, where gradients are computed."""
    backward = backward_call(reader, "torch")
    if backward is None:
        return None, None
    near = [
        seen
        for seen in reader.record.in_order()
        if seen.parsed is backward.parsed and seen.function == backward.function
    ]
    loss = next((seen for seen in near if _feeds(seen, backward)), None)
    if loss is None or len(loss.given) < 2:
        return _model_inputs(near), None
    swapped = loss.callee.startswith(("keras", "tensorflow"))
    target, prediction = loss.given[0 if swapped else 1], loss.given[1 if swapped else 0]
    return _before(prediction, loss, near) or _model_inputs(near), target.binding


def _feeds(seen: CallSeen, backward: CallSeen) -> bool:
    """Whether this call gives the value that `backward` is called on."""
    if isinstance(seen.result, LossValue):
        return seen.callee.endswith(".__call__") or isinstance(seen.called, Named)
    return seen.target is not None and seen.target == backward.receiver_text


def _before(prediction: Given, loss: CallSeen, near: list[CallSeen]) -> Binding | None:
    """What the call that made the prediction was given."""
    for seen in reversed(near):
        inline = seen.node is prediction.node
        named = isinstance(prediction.node, ast.Name) and seen.target == prediction.node.id
        if seen is not loss and seen.given and (inline or (named and seen.order < loss.order)):
            return seen.given[0].binding
    return None


def _model_inputs(near: list[CallSeen]) -> Binding | None:
    for seen in near:
        if isinstance(seen.called, (ModelDraft, Instance, LayerDraft)) and seen.given:
            return seen.given[0].binding
    return None


def _origin(binding: Binding | None, role: int) -> Binding | None:
    """Follow a name back: out of the loops, into loaders and data sets."""
    for _ in range(MAX_HOPS):
        if binding is None:
            return None
        inner = _inside(binding.value, role)
        if inner is not None and inner is not binding:
            binding = inner
            continue
        if (binding.loops and binding.site is not None) or _named(binding) is None:
            parent = _data_parent(binding)
            if parent is not None:
                binding = parent
                continue
        return binding
    return binding


def _data_parent(binding: Binding) -> Binding | None:
    """The first name among those a value was made of that may hold data."""
    for parent in binding.parents:
        if parent is binding or isinstance(parent.value, _NO_DATA):
            continue
        if isinstance(parent.value, Instance) and parent.value.kind != "dataset":
            continue
        if isinstance(parent.value, Result) and _is_tool(parent.value):
            continue
        return parent
    return None


def _is_tool(result: Result) -> bool:
    last = result.callee.rsplit(".", 1)[-1]
    return (
        result.callee.startswith(("sklearn.preprocessing.", "torch.device"))
        and "transform" not in last
    )


def _inside(value: Value, role: int) -> Binding | None:
    """The data that a loader or data set is made of: its inputs (0) or its labels (1)."""
    if not isinstance(value, Result):
        return None
    last = value.callee.rsplit(".", 1)[-1]
    if last in _PAIRS:
        return _of_pair(value, role)
    if last in _WRAPPERS:
        given = value.argument("dataset", 0)
        return given.binding if given else None
    if isinstance(value.source, Result) and last in {
        "batch",
        "shuffle",
        "prefetch",
        "repeat",
        "cache",
    }:
        return _inside(value.source, role)
    return None


def _of_pair(value: Result, role: int) -> Binding | None:
    given = value.argument("y" if role else "x", role)
    if given is not None:
        return given.binding
    if len(value.arguments) != 1 or role:
        return None
    # from_tensor_slices((x, y)): the names read in the tuple
    holder = value.arguments[0].binding
    return holder.parents[0] if holder and holder.parents else None


def _pair_labels(inputs: Binding | None) -> Binding | None:
    """Labels that come through the same loader as the inputs."""
    hops = 0
    while inputs is not None and hops < MAX_HOPS:
        value = inputs.value
        if isinstance(value, Result) and value.callee.rsplit(".", 1)[-1] in _PAIRS:
            if len(value.arguments) == 1:
                holder = value.arguments[0].binding
                return holder.parents[1] if holder and len(holder.parents) > 1 else None
            return _of_pair(value, 1)
        inputs = _inside(value, 0)
        hops += 1
    return None


def _named(binding: Binding | None) -> str | None:
    if binding is None or not binding.name.replace(".", "").isidentifier():
        return None
    return binding.name[:300]


def _evaluated(reader: Machine, inputs_name: str | None) -> tuple[str, ...]:
    """Names of what is given to evaluate or predict, or as validation data."""
    names: list[str] = []
    for seen in reader.record.in_order():
        if seen_role(seen, "keras") in {"evaluate", "predict"}:
            given = seen.argument("x", 0)
            name = _named(given.binding) if given else None
            if name and name != inputs_name and name not in names:
                names.append(name)
    return tuple(names[:32])


def _stated_shape(binding: Binding | None) -> tuple[int | None, ...] | None:
    """The shape of one sample, as a reshape or an image loader states it."""
    value = binding.value if binding else None
    if not isinstance(value, Result):
        return None
    if value.shape is not None and len(value.shape) > 1:
        return value.shape[1:]
    target = value.argument("target_size") or value.argument("image_size")
    sizes = items_of(target.value) if target else None
    if sizes and len(sizes) == 2:
        color = value.argument("color_mode")
        grey = (
            color is not None
            and isinstance(color.value, Known)
            and color.value.value == "grayscale"
        )
        plain = [s.value if isinstance(s, Known) and type(s.value) is int else None for s in sizes]
        return (*plain, 1 if grey else 3)
    return None
