"""Values of expressions, read without running anything."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable

from analyzer.source import constants
from analyzer.source.models import LayerDraft, ModelDraft
from analyzer.source.names import star_name, well_known
from analyzer.source.operators import Operators, truth
from analyzer.source.values import (
    UNKNOWN,
    Binding,
    Class,
    Function,
    Instance,
    Items,
    Known,
    LossValue,
    Named,
    Result,
    Scope,
    Table,
    Tensor,
    Unknown,
    Value,
    items_of,
)

_BUILTINS = frozenset(dir(builtins))
_CONSTANTS: dict[str, object] = {
    "math.pi": 3.141592653589793,
    "numpy.pi": 3.141592653589793,
    "math.e": 2.718281828459045,
}
_CONSTANT_CALLS = {"keras.backend.image_data_format": "channels_last"}


class Evaluator(Operators):
    """Expressions other than calls."""

    def evaluate(self, node: ast.expr | None) -> Value:
        """The value of an expression; what the source does not tell is `UNKNOWN`."""
        if node is None:
            return UNKNOWN
        self.spend()
        method: Callable[[ast.expr], Value] | None = getattr(
            self, "_" + type(node).__name__.lower(), None
        )
        if method is None:
            self._children(node)
            return UNKNOWN
        return method(node)

    def _children(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.evaluate(child)
            elif isinstance(child, (ast.comprehension, ast.FormattedValue)):
                self._children(child)

    def _constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, (bytes, complex)) or node.value is Ellipsis:
            return UNKNOWN
        return Known(node.value, self.site(node))

    def _name(self, node: ast.Name) -> Value:
        binding = self.scope.find(node.id)
        if binding is not None:
            self.reads.append(binding)
            return binding.value
        return self.undefined(node.id)

    def undefined(self, name: str) -> Value:
        """What a name stands for that the program defines nowhere."""
        starred = star_name(name, self.scope.module().stars)
        if starred is not None:
            return Named(starred)
        if name == "__name__":
            return Known("__main__" if self.scope.module().main else "module")
        if name in _BUILTINS:
            return Named("builtins." + name)
        meant = well_known(name, self.frameworks)
        return UNKNOWN if meant is None else Named(meant)

    def _attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.evaluate(node.value), node.attr)

    def attribute(self, base: Value, name: str) -> Value:
        """The value of ``base.name``."""
        match base:
            case Named(dotted):
                full = f"{dotted}.{name}"
                return Known(_CONSTANTS[full]) if full in _CONSTANTS else Named(full)
            case Instance():
                return self._member(base, name)
            case Class():
                binding = base.members.get(name)
                return UNKNOWN if binding is None else binding.value
            case LayerDraft() if name in {"output", "outputs"}:
                return self.apply_layer(base, [], base.site)
            case ModelDraft() if name in {"output", "outputs"}:
                return self._output_of(base)
            case ModelDraft() if name in {"input", "inputs"} and base.inputs:
                return base.inputs[0]
            case Tensor() if name == "shape":
                return self.shape_value((None, *base.shape) if base.shape else None)
            case Result() if name == "shape":
                return self.shape_value(base.shape)
            case Tensor() | Result() if name in {"T", "data", "values"}:
                return base
            case LossValue():
                return base
        return UNKNOWN

    def _output_of(self, model: ModelDraft) -> Value:
        if model.outputs:
            return model.outputs[0]
        return self.run_model(model, Tensor(), model.site)

    def shape_value(self, shape: tuple[int | None, ...] | None) -> Value:
        """A shape as a value whose unknown sizes are unknown."""
        if shape is None:
            return UNKNOWN
        if None not in shape:
            return Known(shape)
        return Items([UNKNOWN if size is None else Known(size) for size in shape])

    def _member(self, instance: Instance, name: str) -> Value:
        binding = instance.attributes.get(name)
        if binding is None and instance.cls is not None:
            binding = instance.cls.members.get(name)
        if binding is None:
            return UNKNOWN
        self.reads.append(binding)
        value = binding.value
        free = isinstance(value, Function) and value.owner is None and instance.kind != "module"
        if free and isinstance(value, Function) and not _is_static(value):
            return Function(value.node, value.scope, value.qualified, owner=instance)
        return value

    def _tuple(self, node: ast.Tuple) -> Value:
        return self._sequence(node, node.elts)

    def _list(self, node: ast.List) -> Value:
        return self._sequence(node, node.elts)

    def _sequence(self, node: ast.Tuple | ast.List, elements: list[ast.expr]) -> Value:
        values: list[Value] = []
        for element in elements[: constants.MAX_ITEMS]:
            if isinstance(element, ast.Starred):
                spread = items_of(self.evaluate(element.value))
                values.extend([UNKNOWN] if spread is None else spread)
            else:
                values.append(self.evaluate(element))
        if values and all(isinstance(value, Known) for value in values):
            plain = [value.value for value in values if isinstance(value, Known)]
            return Known(tuple(plain) if isinstance(node, ast.Tuple) else plain, self.site(node))
        return Items(values)

    def _dict(self, node: ast.Dict) -> Value:
        table: dict[object, Value] = {}
        for key, held in zip(node.keys, node.values, strict=True):
            name = self.evaluate(key)
            value = self.evaluate(held)
            if isinstance(name, Known) and isinstance(name.value, (str, int, float, bool)):
                table[name.value] = value
        return Table(table)

    def _ifexp(self, node: ast.IfExp) -> Value:
        decided = truth(self.evaluate(node.test))
        if decided is not None:
            return self.evaluate(node.body if decided else node.orelse)
        with self.maybe():
            body, orelse = self.evaluate(node.body), self.evaluate(node.orelse)
        if isinstance(body, Known) and isinstance(orelse, Known):
            return body if body.value == orelse.value else UNKNOWN
        return orelse if isinstance(body, Unknown) else body

    def _subscript(self, node: ast.Subscript) -> Value:
        base = self.evaluate(node.value)
        if isinstance(node.slice, ast.Slice):
            return self._sliced(base, node.slice)
        index = self.evaluate(node.slice)
        if isinstance(index, Known):
            if isinstance(base, Table) and isinstance(index.value, (str, int, float, bool)):
                return base.items.get(index.value, UNKNOWN)
            if isinstance(base, Items) and isinstance(index.value, int):
                inside = -len(base.items) <= index.value < len(base.items)
                return base.items[index.value] if inside else UNKNOWN
            if isinstance(base, Known):
                try:
                    return Known(constants.subscript(base.value, index.value), base.site)
                except constants.NotConstant:
                    return UNKNOWN
            if isinstance(base, Tensor) and isinstance(index.value, int):
                return Result("sample", (), shape=base.shape)
            if isinstance(base, ModelDraft) and isinstance(index.value, int):
                inside = -len(base.children) <= index.value < len(base.children)
                return base.children[index.value] if inside else UNKNOWN
        if isinstance(base, (Tensor, LossValue)):
            return base
        return UNKNOWN

    def _sliced(self, base: Value, part: ast.Slice) -> Value:
        bounds = [
            self.evaluate(bound) if bound else Known(None)
            for bound in (part.lower, part.upper, part.step)
        ]
        items = items_of(base)
        if items is not None and all(isinstance(bound, Known) for bound in bounds):
            plain = [bound.value for bound in bounds if isinstance(bound, Known)]
            numbers = [bound if isinstance(bound, int) else None for bound in plain]
            if numbers[2] == 0:
                return UNKNOWN
            picked = items[numbers[0] : numbers[1] : numbers[2]]
            if picked and all(isinstance(item, Known) for item in picked):
                return Known(tuple(item.value for item in picked if isinstance(item, Known)))
            return Items(picked)
        return base if isinstance(base, (Tensor, ModelDraft)) else UNKNOWN

    def _starred(self, node: ast.Starred) -> Value:
        self.evaluate(node.value)
        return UNKNOWN

    def _await(self, node: ast.Await) -> Value:
        return self.evaluate(node.value)

    def _namedexpr(self, node: ast.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        self.scope.names[node.target.id] = Binding(node.target.id, value, self.site(self.statement))
        return value

    def _lambda(self, node: ast.Lambda) -> Value:
        return Function(node, self.scope, "<lambda>")

    def _listcomp(self, node: ast.ListComp) -> Value:
        return self._comprehended(node.elt, node.generators)

    def _generatorexp(self, node: ast.GeneratorExp) -> Value:
        return self._comprehended(node.elt, node.generators)

    def _comprehended(self, element: ast.expr, generators: list[ast.comprehension]) -> Value:
        """``[Block(n) for n in sizes]``: one item per known item, else one unknown item."""
        first = generators[0]
        items = self.iterated(self.evaluate(first.iter))
        outer, self.scope = self.scope, Scope(self.scope.parsed, self.scope)
        try:
            plain = len(generators) == 1 and not first.ifs and isinstance(first.target, ast.Name)
            if items is None or not plain or len(items) > 32:
                for generator in generators:
                    self._bind_unknown(generator.target)
                    if generator is not first:
                        self.evaluate(generator.iter)
                    for test in generator.ifs:
                        self.evaluate(test)
                value = self.evaluate(element)
                return value if isinstance(value, LossValue) else UNKNOWN
            made: list[Value] = []
            assert isinstance(first.target, ast.Name)
            for item in items:
                self.scope.names[first.target.id] = Binding(first.target.id, item)
                made.append(self.evaluate(element))
            return Items(made)
        finally:
            self.scope = outer

    def _bind_unknown(self, target: ast.expr) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name):
                self.scope.names[node.id] = Binding(node.id, UNKNOWN)


def _is_static(function: Function) -> bool:
    node = function.node
    if isinstance(node, ast.Lambda):
        return False
    return any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list)


def constant_call(callee: str) -> object | None:
    """What a function of a framework surely returns here."""
    return _CONSTANT_CALLS.get(callee)
