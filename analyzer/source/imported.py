"""Calls of what a program imports from a framework."""

from __future__ import annotations

from analyzer.observed import Site
from analyzer.source.drafting import function_draft, keras_draft, torch_draft
from analyzer.source.keras_layers import KERAS_MERGES
from analyzer.source.learning import is_activation
from analyzer.source.machine import Machine
from analyzer.source.models import LayerDraft, ModelDraft
from analyzer.source.reshaping import named_children, sizes_given, target
from analyzer.source.roles import is_functional_loss
from analyzer.source.torch_layers import FUNCTION_MODULES, FUNCTIONS, TORCH_LAYERS
from analyzer.source.values import (
    UNKNOWN,
    Binding,
    Class,
    Function,
    Given,
    Instance,
    Items,
    Known,
    LossValue,
    Result,
    Table,
    Tensor,
    Value,
    items_of,
    pick,
    tensors_in,
)

_SHAPED = frozenset({"randn", "zeros", "ones", "rand", "empty", "zeros_like", "normal"})
_WRAPPERS = frozenset(
    {
        "torch.nn.DataParallel",
        "torch.nn.parallel.DataParallel",
        "torch.nn.parallel.DistributedDataParallel",
        "torch.compile",
        "torch.jit.script",
        "torch.nn.utils.weight_norm",
        "torch.nn.utils.spectral_norm",
        "torch.nn.utils.parametrizations.spectral_norm",
        "torch.nn.utils.parametrizations.weight_norm",
    }
)
"""What hands on the module that it is given."""

_BACKBONES = (
    "keras.applications.",
    "torchvision.models.",
    "timm.",
    "segmentation_models_pytorch.",
    "transformers.",
    "efficientnet_pytorch.",
    "tensorflow_hub.",
)


_TENSOR_LIBRARIES = frozenset({"torch", "tensorflow", "keras", "numpy"})
_NO_LAYER = frozenset({"max", "argmax", "no_grad", "GradientTape"})
_CONVERSIONS = frozenset(
    {"array", "asarray", "from_numpy", "tensor", "Tensor", "FloatTensor", "Variable", "normalize"}
)


class Imported(Machine):
    """What the frameworks' constructors and functions give."""

    def known(self, value: object) -> Value:
        """A constant that stands nowhere in the source."""
        return Known(value)

    def call_imported(self, name: str, given: tuple[Given, ...], site: Site) -> Value:
        """The result of calling the imported `name` (canonical)."""
        module, _, last = name.rpartition(".")
        if module == "keras.layers":
            return self._keras_layer(last, given, site)
        if module == "keras" and last in {"Sequential", "Model"}:
            return self._keras_model(last, given, site)
        if name in _WRAPPERS and given:
            return given[0].value
        if module == "torch.nn":
            made = self._torch_module(last, given, site)
            if made is not None:
                return made
        if any(name.startswith(prefix) for prefix in _BACKBONES) and last not in {
            "preprocess_input",
            "decode_predictions",
        }:
            return self._backbone(name, last, given, site)
        if is_functional_loss(name) and len(given) >= 2:
            return LossValue(((Result(name, given, site), site),))
        if module in FUNCTION_MODULES and (last in FUNCTIONS or is_activation(last)):
            return self._function(name, last, given, site)
        if module in {"builtins", "argparse", "collections", "types", "copy"}:
            return self._builtin(name, last, given, site)
        return self._result(name, last, given, site)

    def _result(self, name: str, last: str, given: tuple[Given, ...], site: Site) -> Value:
        library = name.split(".", 1)[0]
        tensor = next(tensors_in([one.value for one in given]), None)
        if tensor is not None and library in _TENSOR_LIBRARIES and last not in _NO_LAYER:
            return tensor
        losses = [
            pair for one in given if isinstance(one.value, LossValue) for pair in one.value.losses
        ]
        if losses and last in {"mean", "reduce_mean", "sum", "reduce_sum", "add"}:
            return LossValue(tuple(losses))
        if tensor is not None and library not in {"builtins", "tqdm"}:
            self.gaps += 1
            return Tensor(tensor.node)
        self.call_back(given)
        return Result(name, given, site, shape=_array_shape(last, given))

    def call_back(self, given: tuple[Given, ...]) -> None:
        """Functions handed to a library are called by it: ``optimizer.step(closure)``."""
        for one in given:
            if isinstance(one.value, Function) and one.value.node not in self.entered:
                self.call_function(one.value, ())

    def _keras_layer(self, last: str, given: tuple[Given, ...], site: Site) -> Value:
        if last == "Input":
            draft = keras_draft(last, given, site)
            return self.apply_layer(draft, [], site)
        if last in KERAS_MERGES or last in FUNCTIONS or last.islower():
            return self._function(f"keras.layers.{last}", last, given, site)
        return keras_draft(last, given, site)

    def _keras_model(self, last: str, given: tuple[Given, ...], site: Site) -> Value:
        inputs = pick(given, "inputs", 0) or pick(given, "input")
        outputs = pick(given, "outputs", 1) or pick(given, "output")
        if last == "Model" and outputs is not None:
            model = ModelDraft("functional", False, site, level=self.uncertain)
            model.inputs = list(tensors_in([inputs.value])) if inputs else []
            model.outputs = list(tensors_in([outputs.value]))
            model.complete = bool(model.outputs)
        else:
            model = ModelDraft("sequential", False, site, level=self.uncertain)
            model.complete = last == "Sequential"
            layers = pick(given, "layers", 0)
            self._fill(model, layers.value if layers else None)
        self.models.append(model)
        return model

    def _fill(self, model: ModelDraft, layers: Value | None) -> None:
        items = items_of(layers) if layers is not None else []
        if items is None:
            model.complete = False
            return
        for item in items:
            self.add_child(model, item, "")

    def add_child(self, model: ModelDraft, child: Value, name: str) -> None:
        """Append to a Sequential what may be a layer."""
        if isinstance(child, Tensor) and child.node is not None and child.node.draft.op == "input":
            child = child.node.draft
        if isinstance(child, (LayerDraft, ModelDraft, Instance)):
            model.children.append(child)
            model.names.append(name)
            if self.uncertain > model.level:
                model.complete = False
        else:
            model.complete = False

    def _torch_module(self, last: str, given: tuple[Given, ...], site: Site) -> Value | None:
        if last == "Sequential":
            model = ModelDraft("sequential", True, site, level=self.uncertain)
            for name, child in named_children(given):
                self.add_child(model, child, name)
            self.models.append(model)
            return model
        if last == "ModuleList":
            items = items_of(given[0].value) if given else []
            return UNKNOWN if items is None else Items(items)
        if last == "ModuleDict":
            held = given[0].value if given else Table({})
            return held if isinstance(held, Table) else UNKNOWN
        if last in TORCH_LAYERS:
            return torch_draft(last, given, site)
        return None

    def _backbone(self, name: str, last: str, given: tuple[Given, ...], site: Site) -> Value:
        if name.startswith(("torchvision.models.", "timm.")) or last[:1].isupper():
            draft = LayerDraft(last, "model", not name.startswith("keras"), site, backbone=True)
            shape = pick(given, "input_shape")
            if (
                shape is not None
                and isinstance(shape.value, Known)
                and isinstance(shape.value.value, tuple)
            ):
                sizes = shape.value.value
                draft.stated_input = tuple(s if isinstance(s, int) else None for s in sizes)
            return draft
        return Result(name, given, site)

    def _function(self, name: str, last: str, given: tuple[Given, ...], site: Site) -> Value:
        """A functional layer, when a tensor goes into it."""
        tensors = list(tensors_in([one.value for one in given]))
        if not tensors:
            return Result(name, given, site)
        torch = name.startswith("torch")
        if last in KERAS_MERGES and not torch:
            draft = LayerDraft(last, "merge", False, site, function=True)
        else:
            draft = function_draft(last, given, site, torch=torch)
        if draft.op == "reshape":
            draft.target_shape = target(given[1:])
        return self.apply_layer(draft, tensors, site)

    def _builtin(self, name: str, last: str, given: tuple[Given, ...], site: Site) -> Value:
        first = given[0].value if given else UNKNOWN
        if last == "super":
            return self._super(name, given, site)
        if last == "ArgumentParser":
            return Instance(None, kind="arguments")
        if last in {"list", "tuple", "OrderedDict", "deepcopy", "copy"} and given:
            return first
        if last in {"dict", "OrderedDict", "Namespace", "SimpleNamespace"}:
            named: dict[object, Value] = {g.keyword: g.value for g in given if g.keyword}
            if last.endswith("amespace"):
                bound = {str(key): Binding(str(key), value) for key, value in named.items()}
                return Instance(None, bound, kind="namespace")
            return Table(named)
        if last in {"int", "float", "abs", "round"} and isinstance(first, Known):
            return _converted(last, first.value, first.site)
        if last == "len":
            items = items_of(first)
            return Known(len(items)) if items is not None else UNKNOWN
        if last in {"sum", "max", "min"} and isinstance(first, LossValue):
            return first
        return Result(name, given, site)

    def _super(self, name: str, given: tuple[Given, ...], site: Site) -> Value:
        """The object itself, seen as one of its base class in the program."""
        binding = self.scope.find(self.function.rsplit(".", 1)[0].rsplit(".", 1)[-1])
        own = next(iter(self.scope.names.values()), None)
        if binding is None or own is None or not isinstance(binding.value, Class):
            return Result(name, given, site)
        base = next((b for b in binding.value.bases if isinstance(b, Class)), None)
        if base is None or not isinstance(own.value, Instance):
            return Result(name, given, site)
        return Instance(base, own.value.attributes, kind=own.value.kind)


def _array_shape(function: str, given: tuple[Given, ...]) -> tuple[int | None, ...] | None:
    """The shape of a made, converted or reshaped array, as far as the arguments state it."""
    if function in _SHAPED:
        return sizes_given(given)
    if function == "reshape":
        return sizes_given(given[1:])
    first = given[0].value if given and function in _CONVERSIONS else None
    return first.shape if isinstance(first, Result) else None


def _converted(function: str, number: object, site: Site | None) -> Value:
    """``int(x)``, ``float(x)``, ``abs(x)`` and ``round(x)`` of a finite number."""
    if not isinstance(number, (int, float)) or not abs(number) < 1e12:
        return UNKNOWN
    match function:
        case "int":
            return Known(int(number), site)
        case "float":
            return Known(float(number), site)
        case "abs":
            return Known(abs(number), site)
    return Known(round(number), site)
