"""How long the program means to train: the loops around its backward pass, as they are written.

A loop counts when it runs over `range` of whole numbers whose values are read, not computed, from
the frame: constants, plain names and their attributes. Nothing of the program is called.
"""

from __future__ import annotations

import ast
import linecache
from types import FrameType
from typing import Any

from .sites import Sources
from .torch_recording import Facts

MOST_FRAMES = 20
WRAPPERS = ("tqdm", "trange", "track", "progress_bar")


def of_frame(sources: Sources, frame: FrameType | None, batches: int | None) -> Facts:
    """The `Plan` of the loops around this frame and the frames that called it.

    Args:
        batches: length of the loader that is read; None when there is none.
    """
    loops = _loops_around(sources, frame)
    if len(loops) < 2:
        return {"breaks": True}
    (inner, inner_frame), (outer, outer_frame) = loops[0], loops[1]
    counted = _length(inner, inner_frame)
    leaves = any(
        isinstance(n, (ast.Break, ast.Return)) for loop in (inner, outer) for n in _own(loop)
    )
    site = sources.of_lines(outer_frame.f_code.co_filename, outer.lineno)
    return {
        "epochs": _length(outer, outer_frame),
        "batches": batches if counted is None else counted,
        "breaks": leaves or isinstance(outer, ast.While) or isinstance(inner, ast.While),
        "epochs_site": site,
    }


def _loops_around(sources: Sources, frame: FrameType | None) -> list[tuple[Any, FrameType]]:
    """The loops around the running line, innermost first, through the callers' frames."""
    found: list[tuple[Any, FrameType]] = []
    for _ in range(MOST_FRAMES):
        if frame is None or len(found) >= 2:
            break
        if sources.relative(frame.f_code.co_filename) is not None:
            found += [(loop, frame) for loop in _loops_at(frame)]
        frame = frame.f_back
    return found


def _loops_at(frame: FrameType) -> list[Any]:
    try:
        tree = ast.parse("".join(linecache.getlines(frame.f_code.co_filename)))
    except (SyntaxError, ValueError):
        return []
    line, first = frame.f_lineno, frame.f_code.co_firstlineno
    inside = [
        node
        for node in ast.walk(tree)
        if isinstance(node, (ast.For, ast.While))
        and node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0)
        and (frame.f_code.co_name == "<module>" or node.lineno >= first)
    ]
    return sorted(inside, key=lambda node: -node.lineno)


def _own(loop: Any) -> list[ast.AST]:
    """All nodes of a loop's body but those of functions defined in it."""
    waiting, found = list(loop.body), []
    while waiting:
        node = waiting.pop()
        found.append(node)
        if not isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += list(ast.iter_child_nodes(node))
    return found


def _length(loop: Any, frame: FrameType) -> int | None:
    """How often a loop over `range` runs; None for any other loop."""
    if not isinstance(loop, ast.For):
        return None
    call = loop.iter
    while _named(call) in (*WRAPPERS, "enumerate") and _named(call) != "trange" and call.args:  # type: ignore[attr-defined]
        call = call.args[0]  # type: ignore[attr-defined]
    if _named(call) not in ("range", "trange"):
        return None
    values = [_value(argument, frame) for argument in call.args]  # type: ignore[attr-defined]
    if not values or len(values) > 3 or not all(type(value) is int for value in values):
        return None
    steps = [value for value in values if value is not None]
    return None if len(steps) == 3 and steps[2] == 0 else len(range(*steps))


def _named(node: ast.expr) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    function = node.func
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", None)


def _value(node: ast.expr, frame: FrameType) -> int | None:
    """A whole number that stands there, or that a name or an attribute of a name holds."""
    found: Any = None
    if isinstance(node, ast.Constant):
        found = node.value
    elif isinstance(node, ast.Name):
        found = frame.f_locals.get(node.id, frame.f_globals.get(node.id))
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        holder = frame.f_locals.get(node.value.id, frame.f_globals.get(node.value.id))
        found = getattr(holder, "__dict__", {}).get(node.attr)
    elif isinstance(node, ast.Call) and _named(node) == "len" and len(node.args) == 1:
        held = node.args[0]
        if isinstance(held, ast.Name):
            found = _size(frame.f_locals.get(held.id, frame.f_globals.get(held.id)))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        left, right = _value(node.left, frame), _value(node.right, frame)
        if left is not None and right is not None:
            found = left + right if isinstance(node.op, ast.Add) else left - right
    return found if type(found) is int else None


def _size(held: Any) -> int | None:
    shape = getattr(held, "shape", None)
    if shape is not None and len(shape):
        return int(shape[0])
    return len(held) if isinstance(held, (list, tuple, range)) else None
