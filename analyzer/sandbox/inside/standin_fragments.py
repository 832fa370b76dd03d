"""Fragments that define how they train and never do it: the training function is called once.

A file that ends without a training step, but has a function with a training loop that nothing in
it calls, is usually a piece of a larger program. Its function is called with stand-ins for the
parameters, whose names say what they hold. What the loop does (gradients cleared, shapes that
meet the loss) is the program's own; the values are invented, and the report says so.
"""

from __future__ import annotations

import ast
import inspect
from typing import Any

from .compat_source import tree_of
from .recorder import Stop
from .standin_names import Named
from .standin_record import StandIns

_TRAINING = ("backward", "fit", "train_on_batch", "apply_gradients", "minimize")


def uncalled_training(tree: ast.Module) -> list[str]:
    """Names of module-level functions that train and that the module never mentions again."""
    functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    training = [name for name, node in functions.items() if _trains(node)]
    mentioned = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    return [name for name in training if name not in mentioned]


def _trains(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _TRAINING
        for node in ast.walk(function)
    )


def train(recorder: Any, main: dict[str, Any], standins: StandIns) -> None:
    """Calls the first such function of the main module; how it fails becomes a note.

    Raises:
        Stop: the warm-up is complete.
    """
    tree = tree_of(standins.script)
    for name in uncalled_training(tree) if tree is not None else ():
        function = main.get(name)
        arguments = _arguments(function, Named(standins)) if callable(function) else None
        if arguments is None:
            continue
        recorder.note(f"nothing calls {name}; it was called with invented arguments")
        standins.invented(f"arguments of {name}", f"the arguments of {name} are invented")
        try:
            function(**arguments)  # type: ignore[misc]
        except Stop:
            raise
        except Exception as error:  # noqa: BLE001 - invented arguments prove nothing
            recorder.note(f"{name} ended with {type(error).__name__}: {error}")
        return


def _arguments(function: Any, named: Named) -> dict[str, Any] | None:
    """A value for every parameter without a default; None when a name says nothing."""
    try:
        parameters = inspect.signature(function).parameters.values()
        return {
            p.name: named(p.name)
            for p in parameters
            if p.default is p.empty
            and p.kind is not p.VAR_POSITIONAL
            and p.kind is not p.VAR_KEYWORD
        }
    except (KeyError, TypeError, ValueError):
        return None
