"""Statements, executed without running anything: names get values, branches are joined."""

from __future__ import annotations

import ast
from collections.abc import Callable

from analyzer.source.defining import Definer
from analyzer.source.joining import doubt, join_branches
from analyzer.source.machine import OutOfSteps
from analyzer.source.models import LayerDraft, ModelDraft
from analyzer.source.operators import truth
from analyzer.source.recording import LoopSeen
from analyzer.source.values import (
    UNKNOWN,
    Binding,
    Instance,
    Known,
    Table,
    Value,
    items_of,
)

_TRAINING = frozenset({"backward", "fit", "fit_generator", "train_on_batch", "apply_gradients"})


class Executor(Definer):
    """Executes statements in the current scope."""

    def execute(self, body: list[ast.stmt]) -> bool:
        """Run statements; True when they surely leave the block."""
        for statement in body:
            self.spend()
            self.statement = statement
            method: Callable[[ast.stmt], bool | None] | None = getattr(
                self, "_do_" + type(statement).__name__.lower(), None
            )
            if method is not None and method(statement):
                return True
        return False

    def run_module(self, body: list[ast.stmt]) -> None:
        """Execute a module; a statement too intricate to follow does not stop the others."""
        for statement in body:
            try:
                self.execute([statement])
            except RecursionError:
                self.truncated = True
            except OutOfSteps:
                return

    def _do_expr(self, node: ast.Expr) -> None:
        self.target = None
        self.evaluate(node.value)

    def _do_assign(self, node: ast.Assign) -> None:
        first = node.targets[0]
        self.target = self.text(first)[:200] if len(node.targets) == 1 else None
        if isinstance(first, ast.Tuple) and self._pairwise(node, first):
            return
        start = len(self.reads)
        value = self.evaluate(node.value)
        parents = tuple(self.reads[start:])
        self.target = None
        for target in node.targets:
            self.bind(target, value, parents)

    def _pairwise(self, node: ast.Assign, target: ast.Tuple) -> bool:
        """``x, y = x.to(device), y.to(device)``: each name is made of its own expression."""
        values = node.value.elts if isinstance(node.value, ast.Tuple) else []
        parts = (*target.elts, *values)
        if len(values) != len(target.elts) or len(node.targets) > 1:
            return False
        if any(isinstance(part, ast.Starred) for part in parts):
            return False
        made = []
        for one in values:
            start = len(self.reads)
            value = self.evaluate(one)
            made.append((value, tuple(self.reads[start:])))
        for element, (value, parents) in zip(target.elts, made, strict=True):
            self.bind(element, value, parents)
        return True

    def _do_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.target = self.text(node.target)[:200]
            start = len(self.reads)
            value = self.evaluate(node.value)
            self.target = None
            self.bind(node.target, value, tuple(self.reads[start:]))

    def _do_augassign(self, node: ast.AugAssign) -> None:
        start = len(self.reads)
        before = self.evaluate(_loaded(node.target))
        after = self.combine(node.op, before, self.evaluate(node.value), node.value)
        self.bind(node.target, after, tuple(self.reads[start:]))

    def bind(
        self,
        target: ast.expr,
        value: Value,
        parents: tuple[Binding, ...],
        position: int | None = None,
    ) -> None:
        """Let an assignment target stand for a value from here on."""
        site = self.site(self.statement)
        loops = len(self.running)
        match target:
            case ast.Name(id=name):
                self.scope.names[name] = Binding(name, value, site, loops, parents, position)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                items = items_of(value)
                spread = items if items is not None and len(items) == len(elements) else None
                for number, element in enumerate(elements):
                    item = spread[number] if spread else UNKNOWN
                    self.bind(element, item, parents, number if position is None else position)
            case ast.Starred(value=inner):
                self.bind(inner, UNKNOWN, parents, position)
            case ast.Attribute(value=base, attr=name):
                self._bind_attribute(self.evaluate(base), base, name, value, parents)
            case ast.Subscript(value=base, slice=index):
                self._bind_item(base, index, value, parents)

    def _bind_attribute(
        self, owner: Value, base: ast.expr, name: str, value: Value, parents: tuple[Binding, ...]
    ) -> None:
        if isinstance(owner, LayerDraft) and name == "trainable" and isinstance(value, Known):
            owner.trainable = bool(value.value)
        if isinstance(owner, LayerDraft) and owner.backbone:
            self._replace_head(owner, name, value)
        if isinstance(owner, Instance):
            text = f"{self.text(base)}.{name}"
            site = self.site(self.statement)
            if self.uncertain > owner.level:
                doubt(value)
            owner.attributes[name] = Binding(text, value, site, len(self.running), parents)

    def _replace_head(self, backbone: LayerDraft, name: str, value: Value) -> None:
        """``resnet.fc = nn.Linear(512, 2)``, ``vgg.classifier[6] = ...``."""
        if isinstance(value, (LayerDraft, ModelDraft)) and value is not backbone:
            backbone.heads[name] = value

    def _bind_item(
        self, base: ast.expr, index: ast.expr, value: Value, parents: tuple[Binding, ...]
    ) -> None:
        """``x[...] = value`` changes what `x` stands for here."""
        owner = self.evaluate(base)
        if isinstance(base, ast.Attribute) and isinstance(value, (LayerDraft, ModelDraft)):
            network = self.evaluate(base.value)
            if isinstance(network, LayerDraft) and network.backbone:
                self._replace_head(network, base.attr, value)
        key = self.evaluate(index) if not isinstance(index, ast.Slice) else UNKNOWN
        if (
            isinstance(owner, Table)
            and isinstance(key, Known)
            and isinstance(key.value, (str, int))
        ):
            owner.items[key.value] = value
        if isinstance(base, ast.Name):
            before = self.scope.find(base.id)
            held = before.value if before else UNKNOWN
            chain = (*((before,) if before else ()), *parents)
            site = self.site(self.statement)
            self.scope.names[base.id] = Binding(base.id, held, site, len(self.running), chain)

    def _do_if(self, node: ast.If) -> bool | None:
        decided = truth(self.evaluate(node.test))
        if decided is not None:
            return self.execute(node.body if decided else node.orelse)
        before = dict(self.scope.names)
        with self.maybe():
            left = self.execute(node.body)
            after_body, self.scope.names = self.scope.names, dict(before)
            right = self.execute(node.orelse)
        if left and not right:
            return None
        if not (right and not left):
            join_branches(before, after_body, self.scope.names)
        else:
            self.scope.names = after_body
        return left and right and bool(node.orelse)

    def _do_for(self, node: ast.For | ast.AsyncFor) -> bool | None:
        start = len(self.reads)
        iterable = self.evaluate(node.iter)
        parents = tuple(self.reads[start:])
        items = self.iterated(iterable)
        if items and len(items) <= 32 and not _trains(node):
            for item in items:
                self._iterate(node, iterable, item, parents)
        else:
            with self.maybe():
                self._iterate(node, iterable, UNKNOWN, parents)
        self.execute(node.orelse)
        return None

    _do_asyncfor = _do_for

    def _iterate(
        self,
        node: ast.For | ast.AsyncFor,
        iterable: Value,
        item: Value,
        parents: tuple[Binding, ...],
    ) -> None:
        self.running.append(LoopSeen(self.site(node), iterable, self.text(node.target)[:200]))
        self.loops += 1
        try:
            self.statement = node
            self.bind(node.target, item, parents)
            self.execute(node.body)
        finally:
            self.running.pop()
            self.loops -= 1

    def _do_while(self, node: ast.While) -> None:
        self.running.append(LoopSeen(self.site(node)))
        self.loops += 1
        try:
            with self.maybe():
                self.evaluate(node.test)
                self.execute(node.body)
        finally:
            self.running.pop()
            self.loops -= 1
        self.execute(node.orelse)

    def _do_with(self, node: ast.With | ast.AsyncWith) -> bool:
        for item in node.items:
            value = self.evaluate(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, value, ())
        return self.execute(node.body)

    _do_asyncwith = _do_with

    def _do_try(self, node: ast.Try) -> None:
        self.execute(node.body)
        with self.maybe():
            for handler in node.handlers:
                self.execute(handler.body)
        self.execute(node.orelse)
        self.execute(node.finalbody)

    def _do_trystar(self, node: ast.stmt) -> None:
        for field in ("body", "orelse", "finalbody"):
            self.execute(getattr(node, field))

    def _do_match(self, node: ast.Match) -> None:
        self.evaluate(node.subject)
        with self.maybe():
            for case in node.cases:
                self.execute(case.body)

    def _do_return(self, node: ast.Return) -> bool:
        value = self.evaluate(node.value) if node.value else UNKNOWN
        if self.returned and self.uncertain:
            return True
        self.returned.append(value)
        return True

    def _do_raise(self, node: ast.Raise) -> bool:
        self.evaluate(node.exc)
        return True

    def _do_break(self, node: ast.Break) -> bool:
        del node
        return True

    def _do_continue(self, node: ast.Continue) -> bool:
        del node
        return True

    def _do_assert(self, node: ast.Assert) -> None:
        self.evaluate(node.test)


def _trains(node: ast.AST) -> bool:
    """Whether a loop's body trains something: then one pass shows all there is to see."""
    return any(
        isinstance(inner, ast.Attribute) and inner.attr in _TRAINING for inner in ast.walk(node)
    )


def _loaded(target: ast.expr) -> ast.expr:
    return target
