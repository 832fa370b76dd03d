"""The text of an example read with `ast`, only to give its calls their exact ranges."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from analyzer.observed import Site
from analyzer.source.calls import Argument, CallSite, Role

PATH = "train.py"

ROLES: dict[str, Role] = {
    "compile": "compile",
    "fit": "fit",
    "evaluate": "evaluate",
    "predict": "predict",
    "backward": "backward",
    "step": "step",
    "zero_grad": "zero_grad",
    "DataLoader": "loader",
    "flow_from_directory": "loader",
    "ImageDataGenerator": "loader",
    "ImageFolder": "loader",
    "load_data": "data",
    "read_csv": "data",
    "make_regression": "data",
    "to_categorical": "label_encoding",
    "get_dummies": "label_encoding",
    "StandardScaler": "scaling",
    "fit_transform": "scaling",
    "Normalize": "scaling",
    "ToTensor": "scaling",
    "SGD": "optimizer",
    "Adam": "optimizer",
    "Net": "model",
    "softmax": "activation",
    "sigmoid": "activation",
    "relu": "activation",
}


def _site(node: ast.expr | ast.stmt) -> Site:
    return Site(
        path=PATH,
        line=node.lineno,
        column=node.col_offset,
        end_line=node.end_lineno or node.lineno,
        end_column=node.end_col_offset or 0,
    )


def _argument(text: str, value: ast.expr, keyword: str | None, position: int | None) -> Argument:
    literal: object = None
    known = True
    try:
        literal = ast.literal_eval(value)
    except ValueError:
        known = False
    return Argument(
        keyword=keyword,
        position=position,
        text=ast.get_source_segment(text, value) or "",
        site=_site(value),
        value=literal,
        known=known,
        value_site=_site(value) if known else None,
    )


def _arguments(text: str, call: ast.Call) -> tuple[Argument, ...]:
    plain = [_argument(text, value, None, place) for place, value in enumerate(call.args)]
    return tuple(plain + [_argument(text, k.value, k.arg, None) for k in call.keywords])


def _role(name: str) -> Role:
    if name in ROLES:
        return ROLES[name]
    return "loss" if name.endswith("Loss") else "layer"


def calls_of(text: str) -> Iterator[CallSite]:
    """Every call, statement by statement."""
    for statement, function, loops in _statements(ast.parse(text).body, "", 0):
        for node in _own_expressions(statement):
            if isinstance(node, ast.Call):
                yield _call(text, node, statement, function, loops)


def _call(text: str, node: ast.Call, statement: ast.stmt, function: str, loops: int) -> CallSite:
    callee = ast.unparse(node.func)
    receiver, _, name = callee.rpartition(".")
    assigns = isinstance(statement, ast.Assign) and statement.value is node
    return CallSite(
        role=_role(name),
        callee=callee,
        name=name,
        site=_site(node),
        statement=_site(statement),
        arguments=_arguments(text, node),
        receiver=receiver or None,
        function=function,
        loops=loops,
        target=ast.unparse(statement.targets[0])
        if assigns and isinstance(statement, ast.Assign)
        else None,
    )


def _statements(
    body: Sequence[ast.stmt], function: str, loops: int
) -> Iterator[tuple[ast.stmt, str, int]]:
    for statement in body:
        yield statement, function, loops
        name, depth = function, loops
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            name = f"{function}.{statement.name}".lstrip(".")
        elif isinstance(statement, ast.For | ast.While):
            depth += 1
        for field in ("body", "orelse"):
            yield from _statements(getattr(statement, field, []), name, depth)


def _own_expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(statement):
        if not isinstance(child, ast.stmt):
            yield from ast.walk(child)
