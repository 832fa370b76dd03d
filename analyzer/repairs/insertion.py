"""Another layer behind one that the source writes: in a chain of `add`, in a list, or as a call.

The three ways in which Keras programs string layers together are told apart in the syntax tree;
where a layer stands in none of them there is no edit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from analyzer.fixing.edits import Change, Declined, EnsureImport, InsertAfter, ReplaceExpression
from analyzer.observed import Layer
from analyzer.repairs.spelling import module
from analyzer.rules.base import Program
from analyzer.rules.reading.mends import layer_call
from analyzer.source.calls import CallSite

TREES = 8
"""Syntax trees remembered: those of the programs under review."""


def layers_behind(
    program: Program, layer: Layer, made: Sequence[str]
) -> tuple[Change, ...] | Declined:
    """The changes that put new Keras layers behind `layer`.

    Args:
        made: constructor calls in order, without a module: "Dropout(0.5)".
    """
    call = layer_call(program.source, layer)
    if program.framework == "torch" or call is None:
        return Declined("where another layer belongs is not written at one place")
    prefix = f"{call.receiver}." if call.receiver else ""
    texts = [f"{prefix}{text}" for text in made]
    change = _behind(program, call, texts)
    if change is None:
        return Declined("the layer is not part of a chain that one edit can extend")
    if prefix:
        return (change,)
    names = dict.fromkeys(text.split("(")[0] for text in made)
    where = module(program, "layers")
    return (change, *(EnsureImport(where, name) for name in names))


def _behind(program: Program, call: CallSite, texts: Sequence[str]) -> Change | None:
    found = _parents("\n".join(program.source.lines), call)
    if found is None:
        return None
    node, parent, statement = found
    if isinstance(parent, ast.List):
        own = ast.get_source_segment("\n".join(program.source.lines), node)
        return None if own is None else ReplaceExpression(call.site, ", ".join([own, *texts]))
    if isinstance(statement, ast.Expr) and statement.value is parent:
        return _added(parent, call, texts)
    return _applied(parent, statement, node, call, texts)


def _added(parent: ast.AST, call: CallSite, texts: Sequence[str]) -> Change | None:
    """Behind ``model.add(Dense(8))``."""
    if not isinstance(parent, ast.Call) or not isinstance(parent.func, ast.Attribute):
        return None
    if parent.func.attr != "add" or len(parent.args) != 1:
        return None
    model = ast.unparse(parent.func.value)
    return InsertAfter(call.statement, "\n".join(f"{model}.add({text})" for text in texts))


def _applied(
    parent: ast.AST, statement: ast.stmt, node: ast.Call, call: CallSite, texts: Sequence[str]
) -> Change | None:
    """Behind ``x = Dense(8)(x)``."""
    if not isinstance(statement, ast.Assign) or statement.value is not parent:
        return None
    if not isinstance(parent, ast.Call) or parent.func is not node:
        return None
    if len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name):
        return None
    name = statement.targets[0].id
    return InsertAfter(call.statement, "\n".join(f"{name} = {text}({name})" for text in texts))


def _parents(text: str, call: CallSite) -> tuple[ast.Call, ast.AST, ast.stmt] | None:
    """The call's node, the node around it and its statement; None when it is not found."""
    tree = _tree(text)
    if tree is None:
        return None
    wanted = (call.site.line, call.site.column, call.site.end_line, call.site.end_column)
    for statement in ast.walk(tree):
        if not isinstance(statement, ast.Assign | ast.Expr | ast.Return):
            continue
        for parent in ast.walk(statement):
            for node in ast.iter_child_nodes(parent):
                if isinstance(node, ast.Call) and _place(node) == wanted:
                    return node, parent, statement
    return None


def _place(node: ast.Call) -> tuple[int, int, int | None, int | None]:
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset


@lru_cache(maxsize=TREES)
def _tree(text: str) -> ast.Module | None:
    try:
        return ast.parse(text)
    except SyntaxError:
        return None


def merged(parts: Iterator[tuple[Change, ...] | Declined]) -> tuple[Change, ...] | Declined:
    """All these changes, each once; declined when any part is."""
    changes: dict[Change, None] = {}
    for part in parts:
        if isinstance(part, Declined):
            return part
        changes |= dict.fromkeys(part)
    return tuple(changes)
