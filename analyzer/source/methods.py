"""Calls of methods: of models, tensors, losses, arrays, argument parsers, lists."""

from __future__ import annotations

from analyzer.observed import Site
from analyzer.source.drafting import function_draft
from analyzer.source.imported import Imported
from analyzer.source.learning import is_activation
from analyzer.source.models import LayerDraft, ModelDraft
from analyzer.source.reshaping import sizes_given
from analyzer.source.reshaping import target as target_of
from analyzer.source.values import (
    UNKNOWN,
    Binding,
    Class,
    Given,
    Instance,
    Items,
    Known,
    LossValue,
    Named,
    Result,
    Table,
    Tensor,
    Unknown,
    Value,
    items_of,
    pick,
    tensors_in,
)

_SAME_OBJECT = frozenset(
    {
        "to",
        "cuda",
        "cpu",
        "float",
        "double",
        "half",
        "train",
        "eval",
        "apply",
        "requires_grad_",
        "share_memory",
        "type",
        "bfloat16",
    }
)
_POOLS = frozenset({"mean", "sum", "amax", "amin"})
_KEEP_SHAPE = frozenset(
    {
        "astype",
        "float",
        "to",
        "cuda",
        "cpu",
        "double",
        "copy",
        "clone",
        "numpy",
        "type",
        "half",
        "fit_transform",
        "requires_grad_",
        "detach",
        "contiguous",
        "fillna",
    }
)


class Methods(Imported):
    """What methods of known objects give."""

    def call_method(
        self, receiver: Value, name: str, given: tuple[Given, ...], site: Site
    ) -> Value:
        """The result of ``receiver.name(...)``."""
        match receiver:
            case Items():
                self._list_method(receiver, name, given)
                return UNKNOWN
            case ModelDraft():
                return self._model_method(receiver, name, given, site)
            case Instance():
                return self._instance_method(receiver, name, given, site)
            case LayerDraft():
                if name in {"__call__", "forward"}:
                    return self.call_value(receiver, given, site)
                return receiver if name in _SAME_OBJECT else Result(name, given, site, receiver)
            case Tensor():
                return self._tensor_method(receiver, name, given, site)
            case LossValue():
                return receiver
            case Result():
                return self._result_method(receiver, name, given, site)
            case Table() if name == "get" and given:
                return _looked_up(receiver, given[0].value)
            case Table() if name == "update" and given:
                self._update(receiver, given[0].value)
                return UNKNOWN
            case Table() if name in {"values", "items"}:
                pairs = [Items([Known(k), v]) for k, v in receiver.items.items()]
                return Items(list(receiver.items.values()) if name == "values" else [*pairs])
        return self._unknown_method(receiver, name, given, site)

    def _update(self, table: Table, more: Value) -> None:
        """``table.update(more)``; inside a condition the new values are only possible ones."""
        for key, value in more.items.items() if isinstance(more, Table) else ():
            table.items[key] = UNKNOWN if self.uncertain else value

    def _unknown_method(
        self, receiver: Value, name: str, given: tuple[Given, ...], site: Site
    ) -> Value:
        if name in {"reshape", "view"}:
            return Result(f"?.{name}", given, site, receiver, sizes_given(given))
        tensor = next(tensors_in([one.value for one in given]), None)
        if tensor is not None:
            self.gaps += 1
            return Tensor(tensor.node, None)
        if name in {"fit", "backward", "append", "print"}:
            return UNKNOWN
        return Result(f"?.{name}", given, site, receiver)

    def _list_method(self, items: Items, name: str, given: tuple[Given, ...]) -> None:
        if name == "append" and given:
            items.items.append(given[0].value)
        elif name == "extend" and given:
            items.items.extend(items_of(given[0].value) or [UNKNOWN])
        elif name == "insert" and len(given) > 1:
            items.items.insert(0, given[1].value)

    def _model_method(
        self, model: ModelDraft, name: str, given: tuple[Given, ...], site: Site
    ) -> Value:
        if name in {"add", "append"} and given:
            self.add_child(model, given[0].value, "")
            return model
        if name == "add_module" and len(given) > 1:
            label = given[0].value
            self.add_child(model, given[1].value, str(getattr(label, "value", "")))
            return UNKNOWN
        if name == "pop" and model.children:
            model.children.pop()
            model.names.pop()
            return UNKNOWN
        if name in _SAME_OBJECT:
            return model
        if name in {"forward", "call", "__call__"}:
            return self.call_value(model, given, site)
        return Result(name, given, site, model)

    def _instance_method(
        self, instance: Instance, name: str, given: tuple[Given, ...], site: Site
    ) -> Value:
        if instance.kind == "arguments":
            return self._parser_method(instance, name, given)
        if name in {"add_module", "register_module"} and len(given) > 1:
            label = given[0].value
            if isinstance(label, Known):
                key = str(label.value)
                instance.attributes[key] = Binding(key, given[1].value)
            return UNKNOWN
        if name in _SAME_OBJECT:
            return instance
        if name == "parameters":
            return Result("parameters", given, site, instance)
        return Result(name, given, site, instance)

    def _parser_method(self, parser: Instance, name: str, given: tuple[Given, ...]) -> Value:
        """`argparse`: an argument that is not given has its default."""
        if name == "add_argument":
            default = pick(given, "default")
            label = pick(given, "dest")
            flags = [
                g.value.value
                for g in given
                if g.position is not None and isinstance(g.value, Known)
            ]
            longest = max((str(flag) for flag in flags), key=len, default="")
            if label is not None and isinstance(label.value, Known):
                longest = str(label.value.value)
            key = longest.lstrip("-").replace("-", "_")
            value: Value = default.value if default else _flag(given)
            parser.attributes[key] = Binding(key, value)
            return UNKNOWN
        if name == "parse_args":
            return Instance(None, parser.attributes, kind="namespace")
        if name == "parse_known_args":
            return Items([Instance(None, parser.attributes, kind="namespace"), UNKNOWN])
        return parser if name.startswith("add_") else UNKNOWN

    def _tensor_method(
        self, tensor: Tensor, name: str, given: tuple[Given, ...], site: Site
    ) -> Value:
        if name in {"view", "reshape"}:
            return self._viewed(tensor, name, given, site)
        torch = tensor.node is None or tensor.node.draft.torch
        if name == "flatten":
            shifted = tuple(_shift(one) for one in given)
            return self.apply_layer(
                function_draft(name, shifted, site, torch=torch), [tensor], site
            )
        if is_activation(name.rstrip("_")):
            shifted = tuple(_shift(one) for one in given)
            draft = function_draft(name.rstrip("_"), shifted, site, torch=torch)
            return self.apply_layer(draft, [tensor], site)
        if name == "size":
            shape = (None, *tensor.shape) if tensor.shape else None
            value = Items([UNKNOWN if s is None else Known(s) for s in shape]) if shape else UNKNOWN
            index = given[0].value if given else None
            if isinstance(index, Known) and isinstance(index.value, int) and shape:
                inside = -len(shape) <= index.value < len(shape)
                size = shape[index.value] if inside else None
                return UNKNOWN if size is None else Known(size)
            return UNKNOWN if given else value
        if name in {"backward", "item", "numpy", "tolist", "dim"}:
            return UNKNOWN
        return (
            tensor
            if name in _SAME_OBJECT or name in {"detach", "clone", "contiguous"}
            else Tensor(tensor.node)
        )

    def _viewed(self, tensor: Tensor, name: str, given: tuple[Given, ...], site: Site) -> Tensor:
        """``x.view(...)``: two axes left means that each sample became a vector."""
        sizes = [one.value for one in given if one.position is not None]
        items = items_of(sizes[0]) if len(sizes) == 1 else sizes
        op = "flatten" if items is not None and len(items) == 2 else "reshape"
        target = target_of(given)
        draft = LayerDraft(name, "reshape", True, site, function=True, target_shape=target)
        made = self.apply_layer(draft, [tensor], site)
        if op == "flatten":
            draft.op = "flatten"
        return made

    def _result_method(
        self, result: Result, name: str, given: tuple[Given, ...], site: Site
    ) -> Value:
        shape = result.shape if name in _KEEP_SHAPE else None
        if name in {"reshape", "view"}:
            shape = sizes_given(given)
        self.call_back(given)
        if name == "fit_transform" and given and isinstance(given[0].value, Result):
            shape = given[0].value.shape
        return Result(f"{result.callee}.{name}"[:300], given, site, result, shape)


def _looked_up(table: Table, key: Value) -> Value:
    if isinstance(key, Known) and isinstance(key.value, (str, int, float, bool)):
        return table.items.get(key.value, UNKNOWN)
    return UNKNOWN


def _shift(one: Given) -> Given:
    """A method's argument as the function's, whose first one is the tensor."""
    position = None if one.position is None else one.position + 1
    return Given(one.keyword, position, one.node, one.value)


def _flag(given: tuple[Given, ...]) -> Value:
    action = pick(given, "action")
    if action is not None and isinstance(action.value, Known):
        if action.value.value == "store_true":
            return Known(False)
        if action.value.value == "store_false":
            return Known(True)
    return UNKNOWN


def is_method(receiver: Value, value: Value) -> bool:
    """Whether a call goes to an object's own method, and not to what an attribute holds."""
    if isinstance(receiver, (Instance, Class)) and isinstance(value, (Result, Tensor, LossValue)):
        return False
    plain = isinstance(value, (Unknown, Tensor, LossValue, Result))
    return plain and not isinstance(receiver, Named)
