"""Which of a program's models, losses and loops are the ones that train."""

from __future__ import annotations

from analyzer.kinds import Framework
from analyzer.source.machine import Machine
from analyzer.source.models import LayerDraft, ModelDraft
from analyzer.source.recording import CallSeen
from analyzer.source.sites import seen_role
from analyzer.source.values import Binding, Instance, Items, Result, Table, Value

Model = Instance | ModelDraft | LayerDraft
"""A single layer is a model too: ``model = nn.Linear(1, 1)``."""


def calls_with_role(reader: Machine, framework: Framework | None, role: str) -> list[CallSeen]:
    """The calls with a role, in order of execution."""
    return [seen for seen in reader.record.in_order() if seen_role(seen, framework) == role]


def backward_call(reader: Machine, framework: Framework | None) -> CallSeen | None:
    """The backward pass that trains: the first whose loss is known, else the first."""
    calls = calls_with_role(reader, framework, "backward")
    return next(
        (c for c in calls if getattr(c.receiver, "losses", None)), calls[0] if calls else None
    )


def trained_model(reader: Machine, framework: Framework) -> Model | None:
    """The model that fit, the compile call or the training loop trains."""
    if framework == "torch":
        fitted = _fitted_module(reader)
        if fitted is not None:
            return fitted
        return (
            _called_model(reader)
            or _optimized_model(reader, framework)
            or _last_model(reader, True)
        )
    for role in ("fit", "compile"):
        for seen in calls_with_role(reader, framework, role):
            if isinstance(seen.receiver, ModelDraft | Instance) and _is_model(seen.receiver):
                return seen.receiver
    return _last_model(reader, False)


def _fitted_module(reader: Machine) -> Instance | None:
    """The module that a Lightning trainer is given."""
    for seen in calls_with_role(reader, "torch", "fit"):
        given = seen.argument("model", 0)
        if given is not None and isinstance(given.value, Instance) and _is_model(given.value):
            return given.value
    return None


def _is_model(value: Value) -> bool:
    if isinstance(value, ModelDraft):
        return True
    return isinstance(value, Instance) and value.kind in {"torch", "keras"}


def _called_model(reader: Machine) -> Model | None:
    """The model called in the function where the gradients are computed."""
    backward = backward_call(reader, "torch")
    if backward is None:
        return None
    single: LayerDraft | None = None
    for seen in reader.record.in_order():
        called = seen.called
        if seen.function != backward.function or seen.parsed is not backward.parsed:
            continue
        if isinstance(called, (ModelDraft, Instance)) and _is_model(called):
            return called
        if isinstance(called, LayerDraft) and called.op in {"dense", "model"}:
            single = single or (None if called.function else called)
    return single


def _optimized_model(reader: Machine, framework: Framework) -> Model | None:
    for seen in calls_with_role(reader, framework, "optimizer"):
        first = seen.argument("params", 0)
        value = first.value if first else None
        if isinstance(value, Result) and value.source is not None:
            source = value.source
            if isinstance(source, LayerDraft):
                return source
            if isinstance(source, (ModelDraft, Instance)) and _is_model(source):
                return source
    return None


def _last_model(reader: Machine, torch: bool) -> Model | None:
    """The last model made that is no part of another."""
    inner: set[int] = set()
    models = [m for m in reader.models if is_torch(m) == torch]
    for model in models:
        inner |= _inside(model)
    outer = [model for model in models if id(model) not in inner]
    return outer[-1] if outer else None


def is_torch(model: Instance | ModelDraft) -> bool:
    """Whether PyTorch made the model."""
    return model.torch if isinstance(model, ModelDraft) else model.kind == "torch"


def _inside(model: Value) -> set[int]:
    found: set[int] = set()
    stack = _parts(model)
    while stack:
        value = stack.pop()
        if id(value) not in found:
            found.add(id(value))
            stack.extend(_parts(value))
    return found


def _parts(value: Value) -> list[Value]:
    match value:
        case Instance(attributes=attributes):
            return [b.value for b in attributes.values() if isinstance(b, Binding)]
        case ModelDraft(children=children):
            return list(children)
        case Items(items=items):
            return list(items)
        case Table(items=table):
            return list(table.values())
        case LayerDraft():
            return []
    return []
