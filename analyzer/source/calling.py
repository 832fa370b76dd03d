"""What calls give: layers, models, losses, loaders, arrays, and the program's own functions."""

from __future__ import annotations

import ast

from analyzer.observed import Site
from analyzer.source.evaluating import Evaluator, constant_call
from analyzer.source.machine import CALL_DEPTH
from analyzer.source.methods import Methods, is_method
from analyzer.source.models import LayerDraft, ModelDraft
from analyzer.source.names import canonical
from analyzer.source.recording import CallSeen
from analyzer.source.roles import is_loss
from analyzer.source.values import (
    UNKNOWN,
    Binding,
    Class,
    Function,
    Given,
    Instance,
    Items,
    LossValue,
    Named,
    Result,
    Scope,
    Table,
    Tensor,
    Value,
    items_of,
    tensors_in,
)

_MODEL_KINDS = {"torch": "torch.nn.Module", "keras": "keras.Model"}


class Caller(Methods, Evaluator):
    """Calls of everything that can be called."""

    def _call(self, node: ast.Call) -> Value:
        outer = self.target
        receiver: Value | None = None
        method = ""
        if isinstance(node.func, ast.Attribute):
            receiver = self.evaluate(node.func.value)
            method = node.func.attr
            value = self.attribute(receiver, method)
        else:
            value = self.evaluate(node.func)
        self.target = None
        given = self._arguments(node)
        self.target = outer
        seen = self._remember(node, value, receiver, given)
        site = self.site(node)
        if receiver is not None and is_method(receiver, value):
            result = self.call_method(receiver, method, given, site)
        else:
            result = self.call_value(value, given, site)
        seen.result = result
        return result

    def _arguments(self, node: ast.Call) -> tuple[Given, ...]:
        given: list[Given] = []
        position = 0
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                spread = items_of(self.evaluate(argument.value))
                for item in spread or [UNKNOWN]:
                    given.append(Given(None, position, argument.value, item, starred=True))
                    position += 1
                continue
            given.append(self._given(None, position, argument))
            position += 1
        for keyword in node.keywords:
            if keyword.arg is not None:
                given.append(self._given(keyword.arg, None, keyword.value))
                continue
            spread_table = self.evaluate(keyword.value)
            if isinstance(spread_table, Table):
                for name, value in spread_table.items.items():
                    given.append(Given(str(name), None, keyword.value, value, starred=True))
            else:
                given.append(Given("**", None, keyword.value, UNKNOWN, starred=True))
        return tuple(given)

    def _given(self, keyword: str | None, position: int | None, node: ast.expr) -> Given:
        start = len(self.reads)
        value = self.evaluate(node)
        binding = None
        if isinstance(node, (ast.Name, ast.Attribute)) and len(self.reads) > start:
            binding = self.reads[-1]
        elif len(self.reads) > start:
            # an expression: what it is made of can still be followed
            text = self.text(node)[:200]
            binding = Binding(
                text, value, self.site(node), len(self.running), tuple(self.reads[start:])
            )
        return Given(keyword, position, node, value, binding, site=self.site(node))

    def _remember(
        self, node: ast.Call, value: Value, receiver: Value | None, given: tuple[Given, ...]
    ) -> CallSeen:
        spelled = value.dotted if isinstance(value, Named) else ""
        func = node.func
        receiver_text = self.text(func.value) if isinstance(func, ast.Attribute) else None
        seen = CallSeen(
            node=node,
            parsed=self.scope.parsed,
            callee=self._callee(func, value, receiver),
            spelled=spelled,
            receiver=receiver,
            receiver_text=receiver_text,
            given=given,
            statement=self.statement,
            function=self.function,
            loops=self.loops,
            running=tuple(self.running),
            target=self.target,
            order=self.next_order(),
            called=value,
            certain=not self.uncertain,
        )
        return self.record.add(seen)

    def _callee(self, func: ast.expr, value: Value, receiver: Value | None) -> str:
        name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
        match value:
            case Named(dotted):
                return canonical(dotted)
            case Function():
                return value.qualified
            case Class():
                return value.qualified
            case Result() if is_loss(value.callee) and "." in value.callee:
                return f"{value.callee}.__call__"
        match receiver:
            case Result():
                return f"{receiver.callee}.{name}"
            case ModelDraft():
                return f"{'torch.nn.Module' if receiver.torch else 'keras.Model'}.{name}"
            case Instance() if receiver.kind in _MODEL_KINDS:
                return f"{_MODEL_KINDS[receiver.kind]}.{name}"
            case Tensor() | LossValue():
                return f"torch.Tensor.{name}"
        return f"?.{name}" if isinstance(func, ast.Attribute) else name

    def call_value(self, value: Value, given: tuple[Given, ...], site: Site) -> Value:
        """The result of calling `value`."""
        match value:
            case Named(dotted):
                name = canonical(dotted)
                constant = constant_call(name)
                if constant is not None:
                    return self.known(constant)
                return self.call_imported(name, given, site)
            case Function():
                return self.call_function(value, given)
            case Class():
                return self.instantiate(value, given, site)
            case LayerDraft():
                return self.apply_layer(value, self.input_tensors(given), site)
            case ModelDraft():
                inputs = self.input_tensors(given)
                return self.run_model(value, inputs[0] if inputs else Tensor(), site)
            case Instance():
                return self._call_instance(value, given)
            case Result() if is_loss(value.callee):
                return LossValue(((value, site),))
        return self._passed_on(given)

    def input_tensors(self, given: tuple[Given, ...]) -> list[Tensor]:
        """The tensors that a layer is called with; an array counts as the model's input."""
        tensors = list(tensors_in([one.value for one in given]))
        if tensors:
            return tensors
        first = given[0].value if given else UNKNOWN
        shape = first.shape if isinstance(first, Result) else None
        return [Tensor(None, tuple(shape[1:]) if shape else None)]

    def _passed_on(self, given: tuple[Given, ...]) -> Value:
        """An unknown function hands its tensor on: what it does to it is not known."""
        tensor = next(tensors_in([one.value for one in given]), None)
        if tensor is None:
            return UNKNOWN
        self.gaps += 1
        return Tensor(tensor.node, None)

    def _call_instance(self, instance: Instance, given: tuple[Given, ...]) -> Value:
        for name in ("forward", "call", "__call__"):
            method = self.attribute(instance, name)
            if isinstance(method, Function):
                return self.call_function(method, given)
        stray = self.stray_forward(instance)
        if stray is not None:
            return self.call_function(stray, given)
        return self._passed_on(given)

    def stray_forward(self, instance: Instance) -> Function | None:
        """A `forward` that stands outside its class by wrong indentation."""
        if instance.kind != "torch" or instance.cls is None:
            return None
        binding = instance.cls.scope.module().find("forward")
        function = binding.value if binding else None
        if isinstance(function, Function) and not isinstance(function.node, ast.Lambda):
            parameters = function.node.args.args
            if parameters and parameters[0].arg == "self":
                return Function(function.node, function.scope, function.qualified, owner=instance)
        return None

    def instantiate(self, cls: Class, given: tuple[Given, ...], site: Site | None) -> Value:
        """An object of one of the program's classes, its `__init__` read."""
        instance = Instance(cls, kind=cls.kind, site=site, level=self.uncertain)
        if cls.kind in _MODEL_KINDS:
            self.models.append(instance)
        self.entered.add(cls.node)
        start = self.attribute(instance, "__init__")
        if isinstance(start, Function):
            self.call_function(start, given)
        elif cls.kind == "":
            for one in given:
                if one.keyword:
                    instance.attributes[one.keyword] = Binding(one.keyword, one.value)
        return instance

    def call_function(self, function: Function, given: tuple[Given, ...]) -> Value:
        """What one of the program's functions returns for these arguments."""
        node = function.node
        if len(self.active) >= CALL_DEPTH or self.active.count(node) >= 2:
            return self._passed_on(given)
        scope = Scope(function.scope.parsed, function.scope)
        self._bind_parameters(function, given, scope)
        kept = (self.scope, self.function, self.loops, self.statement, self.returned, self.target)
        self.scope, self.function, self.loops = scope, function.qualified, 0
        self.returned, self.target = [], None
        self.active.append(node)
        self.entered.add(node)
        try:
            if isinstance(node, ast.Lambda):
                return self.evaluate(node.body)
            self.execute(node.body)
            return self.returned[-1] if self.returned else UNKNOWN
        finally:
            self.active.pop()
            (self.scope, self.function, self.loops, self.statement, self.returned, self.target) = (
                kept
            )

    def execute(self, body: list[ast.stmt]) -> bool:
        """Run statements; True when they surely leave the block."""
        raise NotImplementedError

    def _bind_parameters(self, function: Function, given: tuple[Given, ...], scope: Scope) -> None:
        arguments = function.node.args
        names = [a.arg for a in (*arguments.posonlyargs, *arguments.args)]
        if function.owner is not None and names:
            own = names.pop(0)
            scope.names[own] = Binding(own, function.owner)
        self._bind_defaults(function, scope)
        rest: list[Value] = []
        extra: dict[object, Value] = {}
        for one in given:
            name = one.keyword
            if name is None and one.position is not None:
                name = names[one.position] if one.position < len(names) else None
                if name is None:
                    rest.append(one.value)
                    continue
            if name not in names and name not in {a.arg for a in arguments.kwonlyargs}:
                extra[name] = one.value
                continue
            assert name is not None
            scope.names[name] = one.binding or Binding(name, one.value, one.site)
        if arguments.vararg:
            scope.names[arguments.vararg.arg] = Binding(arguments.vararg.arg, Items(rest))
        if arguments.kwarg:
            scope.names[arguments.kwarg.arg] = Binding(arguments.kwarg.arg, Table(extra))

    def _bind_defaults(self, function: Function, scope: Scope) -> None:
        """Every parameter has its default, or is unknown."""
        arguments = function.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        defaults += arguments.defaults
        pairs = [*zip(positional, defaults, strict=False)]
        pairs += zip(arguments.kwonlyargs, arguments.kw_defaults, strict=False)
        outer, self.scope = self.scope, function.scope
        try:
            for parameter, default in pairs:
                if parameter.arg not in scope.names:
                    value = self.evaluate(default) if default is not None else UNKNOWN
                    scope.names[parameter.arg] = Binding(parameter.arg, value)
        finally:
            self.scope = outer
