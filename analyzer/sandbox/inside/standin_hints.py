"""What the program's model wants: input shape, output width, loss; from hints and from the source.

The static reader sends hints; what they leave open is read from the script's syntax tree here. All
of it only shapes invented data, so a wrong guess costs a run, never a finding.
"""

from __future__ import annotations

import ast
from typing import Any, NamedTuple

from .compat_source import tree_of

_CATEGORICAL = frozenset(
    [
        "categorical_crossentropy",
        "sparse_categorical_crossentropy",
        "cross_entropy",
        "CrossEntropyLoss",
        "NLLLoss",
        "nll",
        "kl_divergence",
        "CategoricalCrossentropy",
        "SparseCategoricalCrossentropy",
    ]
)
_BINARY = frozenset(
    [
        "binary_crossentropy",
        "bce",
        "bce_with_logits",
        "BCELoss",
        "BCEWithLogitsLoss",
        "BinaryCrossentropy",
    ]
)
_ONE_HOT = ("categorical_crossentropy", "CategoricalCrossentropy")
_FIRST_LAYERS = {
    "Conv2D": (64, 64, 3),
    "Convolution2D": (64, 64, 3),
    "SeparableConv2D": (64, 64, 3),
    "Conv1D": (64, 1),
    "Convolution1D": (64, 1),
    "Conv3D": (16, 32, 32, 1),
    "LSTM": (20, 8),
    "GRU": (20, 8),
    "SimpleRNN": (20, 8),
    "Embedding": (100,),
    "ConvLSTM2D": (8, 32, 32, 1),
    "Conv2d": (3, 64, 64),
    "Conv1d": (1, 64),
    "Linear": (20,),
    "Dense": (20,),
}


class Wanted(NamedTuple):
    """The data that fits the program.

    Attributes:
        input_shape: of one sample, every size known.
        units: output width, None when unknown.
        loss: its name, "" when unknown.
        one_hot: whether labels reach the loss one-hot encoded without the program doing it.
        tokens: vocabulary size when the first layer is an embedding, else 0.
        torch: whether the program is PyTorch (channels first).
        sigmoid: whether the output is a sigmoid.
        rank: axes of one sample that the first layer insists on, None when it takes any.
    """

    input_shape: tuple[int, ...] = (20,)
    units: int | None = None
    loss: str = ""
    one_hot: bool = False
    tokens: int = 0
    torch: bool = False
    sigmoid: bool = False
    rank: int | None = None

    @property
    def classes(self) -> int | None:
        """Number of classes, None for continuous targets."""
        if self.loss in _CATEGORICAL:
            return max(self.units or 10, 2)
        if self.loss in _BINARY:
            return 2 if (self.units or 1) <= 2 else self.units
        if self.units is not None and self.units > 1:
            return self.units
        return None


def wanted(request: dict[str, Any]) -> Wanted:
    """What the program wants, from the request's hints and the script."""
    script = str(request.get("script") or "")
    tree = tree_of(script) if script else None
    found = _Reader().read(tree) if tree is not None else Wanted()
    hints = request.get("hints") or {}
    shape = hints.get("input_shape")
    if shape and found.rank in (None, len(shape)):
        fixed = tuple(int(size) if size else _size(found, i) for i, size in enumerate(shape))
        found = found._replace(input_shape=fixed)
    units = hints.get("output_units")
    if units:
        found = found._replace(units=int(units))
    if hints.get("loss"):
        found = found._replace(loss=str(hints["loss"]))
    return found._replace(one_hot=found.loss in _ONE_HOT)


def _size(found: Wanted, axis: int) -> int:
    return found.input_shape[axis] if axis < len(found.input_shape) else 32


class _Reader:
    """Walks the calls of a module in source order, with the constants it knows."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}
        self.shaped = False
        self.picture: tuple[int, ...] | None = None

    def read(self, tree: ast.Module) -> Wanted:
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign):
                self._assign(node)
        calls = sorted(
            (node for node in ast.walk(tree) if isinstance(node, ast.Call)),
            key=lambda call: (call.lineno, call.col_offset),
        )
        result = Wanted(torch=any(_imports(tree, "torch")))
        self.picture = next((shape for shape in map(self._pictured, calls) if shape), None)
        first = next((_called(c) for c in calls if _called(c) in _FIRST_LAYERS), "")
        if first:
            shape = self.picture or _FIRST_LAYERS[first]
            rank = None if first in ("Dense", "Linear") else len(_FIRST_LAYERS[first])
            result = result._replace(input_shape=shape, rank=rank)
        for call in reversed(calls):
            result = self._shape(call, result)
        for call in calls:
            result = self._output(call, result)
        return result

    def _assign(self, node: ast.Assign) -> None:
        value = self.value(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name) and value is not None:
                self.constants.setdefault(target.id, value)
            if isinstance(target, ast.Tuple) and isinstance(value, tuple):
                for item, part in zip(target.elts, value, strict=False):
                    if isinstance(item, ast.Name) and part is not None:
                        self.constants.setdefault(item.id, part)

    def value(self, node: ast.expr) -> Any:
        """A number, text or tuple that the source spells out, else None."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return self.constants.get(node.id)
        if isinstance(node, ast.Tuple | ast.List):
            return tuple(self.value(item) for item in node.elts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            number = self.value(node.operand)
            return -number if isinstance(number, int | float) else None
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            left, right = self.value(node.left), self.value(node.right)
            return left * right if isinstance(left, int) and isinstance(right, int) else None
        return None

    def _shape(self, call: ast.Call, result: Wanted) -> Wanted:
        """The first call with an input shape wins, so the walk goes backwards."""
        name = _called(call)
        keywords = {k.arg: self.value(k.value) for k in call.keywords if k.arg}
        shape = keywords.get("input_shape") or keywords.get("batch_input_shape")
        if name == "Input":
            shape = keywords.get("shape") or (self.value(call.args[0]) if call.args else None)
        if isinstance(keywords.get("input_dim"), int) and name != "Embedding":
            shape = (keywords["input_dim"],)
        if name == "Embedding" and call.args:
            size = self.value(call.args[0])
            result = result._replace(tokens=size if isinstance(size, int) else 1000)
            length = keywords.get("input_length")
            shape = (length,) if isinstance(length, int) else shape
        if isinstance(shape, int):
            shape = (shape,)
        written = {k.arg for k in call.keywords} & {"input_shape", "batch_input_shape"}
        if shape is None and name in _FIRST_LAYERS and written:
            return result._replace(input_shape=self.picture or _FIRST_LAYERS[name])
        if isinstance(shape, tuple) and shape:
            if "batch_input_shape" in keywords:
                shape = shape[1:]
            rank = _rank(name, len(shape), result.input_shape)
            sizes = tuple(s if isinstance(s, int) else d for s, d in zip(shape, rank, strict=False))
            if sizes:
                result = result._replace(input_shape=sizes)
        if result.torch:
            result = self._torch_shape(call, name, keywords, result)
        return result

    def _pictured(self, call: ast.Call) -> tuple[int, ...] | None:
        """The shape of what an image loader of Keras gives."""
        keywords = {k.arg: self.value(k.value) for k in call.keywords if k.arg}
        size = keywords.get("target_size")
        if not _called(call).startswith("flow_from_") or not isinstance(size, tuple):
            return None
        if not all(isinstance(side, int) for side in size):
            return None
        return (*size, {"grayscale": 1, "rgba": 4}.get(keywords.get("color_mode", "rgb"), 3))

    def _torch_shape(
        self, call: ast.Call, name: str, keywords: dict[str, Any], result: Wanted
    ) -> Wanted:
        """Channels or features of the first layer; all sizes where a `view` spells them out."""
        values = [self.value(argument) for argument in call.args]
        spelled = all(isinstance(v, int) and v > 0 for v in values[1:])
        if name in ("view", "reshape") and len(values) > 2 and values[0] == -1 and spelled:
            self.shaped = True
            return result._replace(input_shape=tuple(values[1:]))
        size = keywords.get("in_channels", keywords.get("in_features"))
        size = size if size is not None else next(iter(values), None)
        if name in ("Conv2d", "Conv1d", "Linear") and isinstance(size, int) and not self.shaped:
            return result._replace(input_shape=(size, *_FIRST_LAYERS[name][1:]))
        return result

    def _output(self, call: ast.Call, result: Wanted) -> Wanted:
        """The last dense layer and the loss."""
        name = _called(call)
        keywords = {k.arg: self.value(k.value) for k in call.keywords if k.arg}
        if name == "Dense":
            units = keywords.get("units", keywords.get("output_dim"))
            units = units if units is not None else self.value(call.args[0]) if call.args else None
            sigmoid = keywords.get("activation") == "sigmoid"
            result = result._replace(
                units=units if isinstance(units, int) else None, sigmoid=sigmoid
            )
        if name == "Linear" and (len(call.args) > 1 or "out_features" in keywords):
            units = keywords.get("out_features") or self.value(call.args[-1])
            result = result._replace(units=units if isinstance(units, int) else None)
        if name == "Activation" and call.args:
            result = result._replace(sigmoid=self.value(call.args[0]) == "sigmoid")
        if name == "compile":
            loss = keywords.get("loss")
            if isinstance(loss, str):
                result = result._replace(loss=loss)
        if name in _CATEGORICAL or name in _BINARY or name in ("MSELoss", "L1Loss"):
            result = result._replace(loss=name)
        return result


def _rank(name: str, rank: int, default: tuple[int, ...]) -> tuple[int, ...]:
    """Sizes for the unknown axes of a written shape of that rank."""
    known = _FIRST_LAYERS.get(name, default)
    return known if len(known) == rank else (default + (32,) * rank)[:rank]


def _called(call: ast.Call) -> str:
    function = call.func
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _imports(tree: ast.Module, package: str) -> list[bool]:
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return [True for name in names if name.split(".")[0] == package]
