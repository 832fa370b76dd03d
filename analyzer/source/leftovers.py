"""Functions and classes that the program itself never calls: read once, parameters unknown."""

from __future__ import annotations

import ast
import re

from analyzer.source.executing import Executor
from analyzer.source.machine import OutOfSteps
from analyzer.source.values import Class, Function, Instance, Scope

_FRAMEWORK = re.compile(r"keras|tensorflow|torch|lightning")
_NOT_CALLED = frozenset({"forward", "call", "__init__", "__call__"})


def read_leftovers(reader: Executor, scope: Scope) -> None:
    """Read what has not been entered, the program's own file first."""
    try:
        for cls in list(reader.classes):
            if _concerns(cls.scope, scope):
                _read_class(reader, cls)
        for function in list(reader.functions):
            if not _concerns(function.scope, scope):
                continue
            if function.node not in reader.entered and not _is_method(reader, function):
                _enter(reader, function)
    except OutOfSteps:
        pass
    reader.scope = scope


def _concerns(defined: Scope, own: Scope) -> bool:
    """Whether a module is the program's own, or speaks of a framework at all."""
    parsed = defined.parsed
    return parsed is own.parsed or any(_FRAMEWORK.search(line) for line in parsed.lines)


def _read_class(reader: Executor, cls: Class) -> None:
    instance = next((m for m in reader.models if isinstance(m, Instance) and m.cls is cls), None)
    if instance is None and cls.node not in reader.entered:
        reader.scope = cls.scope
        try:
            made = reader.instantiate(cls, (), None)
        except RecursionError:
            return
        instance = made if isinstance(made, Instance) else None
    instance = instance or Instance(cls, kind=cls.kind)
    for name in cls.members:
        method = reader.attribute(instance, name)
        own = isinstance(method, Function) and name not in _NOT_CALLED
        if own and isinstance(method, Function) and method.node not in reader.entered:
            _enter(reader, method)


def _enter(reader: Executor, function: Function) -> None:
    reader.running, reader.uncertain = [], 0
    try:
        reader.call_function(function, ())
    except RecursionError:
        reader.truncated = True


def _is_method(reader: Executor, function: Function) -> bool:
    node = function.node
    return any(
        isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and inner is node
        for cls in reader.classes
        for inner in cls.node.body
    )
