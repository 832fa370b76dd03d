"""Imports of `tensorflow.python.keras` in the user's program, answered by `tensorflow.keras`.

TensorFlow still carries that old copy of Keras for its own use and loads it with itself, so no
finder is ever asked; its classes do not work with today's. Only the import statements of the
user's main module are answered differently, TensorFlow's own are not.
"""

from __future__ import annotations

import builtins
import importlib
from types import ModuleType
from typing import Any

from .compat_record import Uses

_OLD = "tensorflow.python.keras"
_NEW = "tensorflow.keras"


def import_function(uses: Uses) -> Any:
    """An `__import__` for the user's main module."""

    def import_(
        name: str,
        globals_: Any = None,
        locals_: Any = None,
        fromlist: Any = (),
        level: int = 0,
    ) -> Any:
        if fromlist and (name == _OLD or name.startswith(_OLD + ".")):
            return _today(name, uses)
        if name == "tensorflow.python" and fromlist and "keras" in fromlist:
            package = ModuleType(name)
            package.__dict__.update(vars(importlib.import_module(name)))
            package.__dict__["keras"] = _today(_OLD, uses)
            return package
        return builtins.__import__(name, globals_, locals_, fromlist, level)

    return import_


def _today(name: str, uses: Uses) -> ModuleType:
    new = _NEW + name[len(_OLD) :]
    uses.record(name, new, "TensorFlow 2.5")
    return importlib.import_module(new)
