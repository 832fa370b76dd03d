"""Statements that define names for good: imports, functions, classes."""

from __future__ import annotations

import ast

from analyzer.source.calling import Caller
from analyzer.source.names import canonical, framework_of
from analyzer.source.values import (
    UNKNOWN,
    Binding,
    Class,
    Function,
    Instance,
    Named,
    Scope,
    Value,
)

_TORCH_MODULES = frozenset(
    {
        "torch.nn.Module",
        "pytorch_lightning.LightningModule",
        "lightning.LightningModule",
        "lightning.pytorch.LightningModule",
        "pytorch_lightning.core.LightningModule",
        "torch.jit.ScriptModule",
    }
)


class Definer(Caller):
    """Imports and definitions."""

    def _do_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.evaluate(decorator)
        qualified = f"{self.function}.{node.name}" if self.function else node.name
        function = Function(node, self.scope, qualified)
        self.scope.names[node.name] = Binding(node.name, function, self.site(node))
        self.functions.append(function)

    _do_asyncfunctiondef = _do_functiondef

    def _do_classdef(self, node: ast.ClassDef) -> None:
        bases = tuple(self.evaluate(base) for base in node.bases)
        inner = Scope(self.scope.parsed, self.scope)
        outer, self.scope = self.scope, inner
        kept, self.function = self.function, f"{self.function}.{node.name}".lstrip(".")
        qualified = self.function
        try:
            self.execute(node.body)
        finally:
            self.scope, self.function = outer, kept
        members: dict[str, Binding] = {}
        for base in reversed(bases):
            members.update(base.members if isinstance(base, Class) else {})
        members.update(inner.names)
        for name, binding in members.items():
            if isinstance(binding.value, Function) and binding.value.scope is inner:
                binding.value.scope = outer
            del name
        cls = Class(node, outer, qualified, bases, members, _kind(bases))
        outer.names[node.name] = Binding(node.name, cls, self.site(node))
        self.classes.append(cls)

    def _do_import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._note_import(alias.name)
            top = alias.name.split(".", 1)[0]
            name = alias.asname or top
            module = self.load(alias.name, 0, self.scope) if not framework_of(top) else None
            value: Value = Named(alias.name if alias.asname else top)
            if module is not None and (alias.asname or "." not in alias.name):
                value = Instance(None, module.names, kind="module")
            self.scope.names[name] = Binding(name, value)

    def _do_importfrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if not node.level:
            self._note_import(module)
        local = None
        if not framework_of(module.split(".", 1)[0]) or node.level:
            local = self.load(module, node.level, self.scope)
        for alias in node.names:
            if alias.name == "*":
                self._import_all(module, local)
                continue
            name = alias.asname or alias.name
            self.scope.names[name] = self._imported_name(
                module, node.level, local, alias.name, name
            )

    def _imported_name(
        self, module: str, level: int, local: Scope | None, wanted: str, name: str
    ) -> Binding:
        if local is not None and wanted in local.names:
            return local.names[wanted]
        inner = f"{module}.{wanted}" if module else wanted
        if not framework_of(inner.split(".", 1)[0]) or level:
            submodule = self.load(inner, level, self.scope)
            if submodule is not None:
                return Binding(name, Instance(None, submodule.names, kind="module"))
        return Binding(name, UNKNOWN if local is not None or level else Named(inner))

    def _import_all(self, module: str, local: Scope | None) -> None:
        if local is None:
            self.scope.module().stars.append(module)
            return
        for name, binding in local.names.items():
            if not name.startswith("_"):
                self.scope.names[name] = binding
        self.scope.module().stars.extend(local.stars)

    def _note_import(self, module: str) -> None:
        self.imports.add(module.split(".", 1)[0])
        framework = framework_of(module)
        if framework is not None:
            self.frameworks.add(framework)


def _kind(bases: tuple[Value, ...]) -> str:
    """What a class is by its bases: "torch", "keras", "layer", "dataset" or "" ."""
    for base in bases:
        if isinstance(base, Class) and base.kind:
            return base.kind
        if not isinstance(base, Named):
            continue
        name = canonical(base.dotted)
        if name in _TORCH_MODULES:
            return "torch"
        if name in {"keras.Model", "keras.Sequential"}:
            return "keras"
        if name in {"keras.layers.Layer", "keras.Layer"}:
            return "layer"
        if name.startswith("torch.utils.data."):
            return "dataset"
    return ""
