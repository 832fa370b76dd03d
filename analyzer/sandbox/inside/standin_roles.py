"""Which undefined names are inputs and which are labels: by how the program uses them.

`fit(a, b, validation_data=(c, d))` says it plainly; so does `loss(model(a), b)`.
"""

from __future__ import annotations

import ast
import difflib
from typing import NamedTuple

from .compat_source import tree_of


class Role(NamedTuple):
    """What a name holds: "inputs" or "labels", of the "train" or "test" half."""

    kind: str
    half: str


def roles_of(path: str) -> dict[str, Role]:
    """Names by the calls that they are given to; a name that no call explains is not there."""
    tree = tree_of(path) if path else None
    found: dict[str, Role] = {}
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            half = {
                "fit": "train",
                "train_on_batch": "train",
                "evaluate": "test",
                "predict": "test",
            }.get(node.func.attr)
            if half is not None:
                _from_call(node, half, found)
    return found


def _from_call(call: ast.Call, half: str, found: dict[str, Role]) -> None:
    given = dict(zip(("x", "y"), call.args, strict=False))
    given |= {k.arg: k.value for k in call.keywords if k.arg in ("x", "y", "validation_data")}
    _remember(given.get("x"), Role("inputs", half), found)
    _remember(given.get("y"), Role("labels", half), found)
    validation = given.get("validation_data")
    if isinstance(validation, ast.Tuple | ast.List) and len(validation.elts) >= 2:
        _remember(validation.elts[0], Role("inputs", "test"), found)
        _remember(validation.elts[1], Role("labels", "test"), found)


def _remember(node: ast.expr | None, role: Role, found: dict[str, Role]) -> None:
    if isinstance(node, ast.Name):
        found.setdefault(node.id, role)


def misspelled(path: str, name: str) -> str | None:
    """The name that the program defines and probably means; its NameError is then a true fault.

    "X_tran" is meant to be "X_train", "x_train" likewise; "y_train" is not.
    """
    tree = tree_of(path) if path else None
    if tree is None:
        return None
    nodes = list(ast.walk(tree))
    defined = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    defined.discard(name)  # ``X_train = X_train / 255`` defines it from itself
    same = next((other for other in sorted(defined) if other.lower() == name.lower()), None)
    return same or next(iter(difflib.get_close_matches(name, defined, 1, _CLOSE)), None)


_CLOSE = 0.9  # "X_tran" and "X_train" have 0.92, "y_train" and "X_train" 0.86
