"""From what the reader followed to the static `Graph` of the model that is trained."""

from __future__ import annotations

import ast
import re
from collections import Counter

from analyzer.kinds import Framework
from analyzer.observed import Graph, Layer
from analyzer.source.executing import Executor
from analyzer.source.machine import OutOfSteps, ancestors
from analyzer.source.models import LayerDraft, ModelDraft, Node
from analyzer.source.shapes import parameter_count
from analyzer.source.trained import Model, is_torch, trained_model
from analyzer.source.values import (
    Function,
    Given,
    Instance,
    Items,
    Table,
    Tensor,
    Value,
    tensors_in,
)

MAX_LAYERS = 1000
_HUMPS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def graph_of(reader: Executor, framework: Framework) -> Graph | None:
    """The layers of the trained model in execution order; None when the source shows none."""
    model = trained_model(reader, framework)
    if model is None:
        return _loose_graph(reader)
    functional = isinstance(model, ModelDraft) and model.kind == "functional"
    gaps = 0 if functional else reader.gaps
    nodes, outputs = follow(reader, model)
    parts = parts_of(model)
    if not nodes:
        nodes, outputs = _constructed(parts), []
        whole = False
    else:
        base = model.level if functional and isinstance(model, ModelDraft) else 0
        whole = all(_surely(part) for part in parts.values()) and not reader.truncated
        whole = whole and all(n.level <= base and not n.draft.doubtful for n in nodes)
        whole = whole and reader.gaps == gaps and not any(n.draft.heads for n in nodes)
    if not nodes:
        return None
    return _graph(nodes, outputs, names_of(model), complete=whole, site=model.site)


def _surely(part: Value) -> bool:
    if isinstance(part, ModelDraft):
        return part.complete
    return not (isinstance(part, (Instance, LayerDraft)) and part.doubtful)


def _loose_graph(reader: Executor) -> Graph | None:
    """Layers of a fragment that never makes a model of them."""
    nodes = [node for node in reader.nodes if not node.draft.torch]
    if not any(node.draft.op in {"dense", "conv", "recurrent"} for node in nodes):
        return None
    return _graph(nodes, nodes[-1:], {}, complete=False, site=None)


def follow(reader: Executor, model: Model) -> tuple[list[Node], list[Node]]:
    """The applications of layers in one forward pass, and those whose values leave the model."""
    if isinstance(model, ModelDraft) and model.kind == "functional":
        outputs = [tensor.node for tensor in model.outputs if tensor.node is not None]
        return ancestors(outputs), outputs
    start = len(reader.nodes)
    reader.uncertain, reader.running = 0, []
    # a model read late must not fail for the steps that the rest of the program took
    reader.steps = min(reader.steps, 30_000)
    try:
        value = _forward(reader, model)
    except (OutOfSteps, RecursionError):
        reader.truncated = True
        value = Tensor()
    nodes = reader.nodes[start:]
    outputs = [tensor.node for tensor in tensors_in([value]) if tensor.node is not None]
    return nodes, outputs or nodes[-1:]


def _forward(reader: Executor, model: Model) -> Value:
    if isinstance(model, LayerDraft):
        return reader.apply_layer(model, [Tensor()], None)
    if isinstance(model, ModelDraft):
        shape = _stated_input(model)
        return reader.run_model(model, Tensor(None, shape), None)
    for name in ("forward", "call", "__call__"):
        method = reader.attribute(model, name)
        if isinstance(method, Function):
            return reader.call_function(method, _tensors_for(method))
    stray = reader.stray_forward(model)
    return reader.call_function(stray, _tensors_for(stray)) if stray else Tensor()


def _tensors_for(function: Function) -> tuple[Given, ...]:
    """A tensor for every parameter without a default (but `self`)."""
    arguments = function.node.args
    count = len(arguments.posonlyargs) + len(arguments.args) - len(arguments.defaults) - 1
    nowhere = ast.Constant(None)
    return tuple(Given(None, n, nowhere, Tensor(), starred=True) for n in range(max(count, 0)))


def _stated_input(model: ModelDraft) -> tuple[int | None, ...] | None:
    first = model.children[0] if model.children else None
    if isinstance(first, LayerDraft):
        return first.stated_input
    return _stated_input(first) if isinstance(first, ModelDraft) else None


def parts_of(model: Value) -> dict[int, Value]:
    """The model and everything in it, by identity, in the order of construction."""
    found: dict[int, Value] = {}
    stack = [model]
    while stack:
        value = stack.pop()
        if id(value) in found:
            continue
        if isinstance(value, (LayerDraft, ModelDraft, Instance)):
            found[id(value)] = value
        stack.extend(reversed([child for _, child in children_of(value)]))
    return found


def children_of(value: Value) -> list[tuple[str, Value]]:
    """The named parts of a model: attributes, items, children."""
    match value:
        case Instance(attributes=attributes) if value.kind in {"torch", "keras", "layer", ""}:
            return [(name, binding.value) for name, binding in attributes.items()]
        case ModelDraft(children=children, names=names):
            return [(names[n] or str(n), child) for n, child in enumerate(children)]
        case Items(items=items):
            return [(str(n), item) for n, item in enumerate(items)]
        case Table(items=table):
            return [(str(name), item) for name, item in table.items()]
    return []


def names_of(model: Model) -> dict[int, str]:
    """Attribute path of each layer of a PyTorch model: "features.0", by identity."""
    names: dict[int, str] = {}
    if isinstance(model, LayerDraft) or not is_torch(model):
        return names
    stack: list[tuple[str, Value]] = [("", model)]
    seen: set[int] = set()
    while stack:
        prefix, value = stack.pop()
        if isinstance(value, LayerDraft):
            names.setdefault(id(value), prefix)
            continue
        if id(value) in seen:
            continue
        seen.add(id(value))
        for name, child in reversed(children_of(value)):
            stack.append((f"{prefix}.{name}" if prefix else name, child))
    return names


def _constructed(parts: dict[int, Value]) -> list[Node]:
    """Without a forward pass to follow: the layers in the order of their construction."""
    drafts = [part for part in parts.values() if isinstance(part, LayerDraft)]
    nodes: list[Node] = []
    for order, draft in enumerate(sorted(drafts, key=lambda d: (d.site.line, d.site.column))):
        nodes.append(Node(draft, order, (), None, None, None))
    return nodes


def _graph(
    nodes: list[Node], outputs: list[Node], names: dict[int, str], *, complete: bool, site: object
) -> Graph:
    kept = nodes[:MAX_LAYERS]
    index = {id(node): number for number, node in enumerate(kept)}
    uses = Counter(id(node.draft) for node in kept)
    counters: Counter[str] = Counter()
    layers = []
    for number, node in enumerate(kept):
        name = node.draft.name or names.get(id(node.draft)) or _automatic(node.draft, counters)
        layers.append(_layer(number, node, name[:300], index, uses[id(node.draft)]))
    return Graph(
        layers=tuple(layers),
        outputs=tuple(index[id(node)] for node in outputs if id(node) in index)[:64],
        origin="static",
        complete=complete and len(kept) == len(nodes),
        site=site,
        backbone=any(node.draft.backbone for node in kept),
    )


def _automatic(draft: LayerDraft, counters: Counter[str]) -> str:
    """The name that Keras would give: "dense", "dense_1"; a function keeps its own."""
    if draft.function:
        return draft.type
    base = _HUMPS.sub("_", draft.type).lower() if not draft.torch else draft.type.lower()
    base = re.sub(r"_?(\d)_?d\b", r"\1d", base)
    counters[base] += 1
    return base if counters[base] == 1 else f"{base}_{counters[base] - 1}"


def _layer(number: int, node: Node, name: str, index: dict[int, int], uses: int) -> Layer:
    draft = node.draft
    inputs = tuple(index[id(before)] for before in node.inputs if id(before) in index)
    differs = node.call_site is not None and node.call_site != draft.site
    return Layer(
        index=number,
        type=draft.type[:300],
        op=draft.op,
        name=name or draft.type,
        site=draft.site,
        call_site=node.call_site if differs else None,
        activation=draft.activation,
        units=draft.units,
        filters=draft.filters,
        input_channels=draft.input_channels,
        kernel_size=draft.kernel_size,
        strides=draft.strides,
        padding=draft.padding,
        rate=draft.rate,
        axis=draft.axis,
        use_bias=draft.use_bias,
        initializer=draft.initializer,
        parameters=min(parameter_count(draft, node.input_shape), 2**53),
        trainable=draft.trainable,
        input_shape=node.input_shape,
        output_shape=node.output_shape,
        inputs=() if inputs == (number - 1,) else inputs[:64],
        repeated=uses,
    )
