"""Where the program made its modules, optimizers, loaders and schedulers.

A watched class gets a `__new__` that notes the user's frame and then makes the object as before:
there the innermost user frame is the one that evaluates `Net()`, whereas in `__init__` it would be
the user's own `super().__init__()`. The object itself carries no mark.
"""

from __future__ import annotations

import ast
import copyreg
import linecache
import sys
import weakref
from types import FrameType
from typing import Any, NamedTuple

from .recorder import Recorder
from .sites import code_points

Site = dict[str, Any]


class Made(NamedTuple):
    """One construction: a weak reference to the object, its site, file and place of the call."""

    instance: Any
    site: Site | None
    filename: str
    place: tuple[int, int, int, int] | None


class Constructed:
    """Remembers constructions by the identity of the object; dead objects are never matched.

    Attributes:
        count: constructions so far.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._made: dict[int, Made] = {}
        self.count = 0
        self._living: dict[type, list[weakref.ref[Any]]] = {}

    def watch(self, cls: type) -> None:
        """Note every object of this class and its subclasses from now on."""
        remember = self._remember

        def __new__(klass: type, *arguments: Any, **keywords: Any) -> Any:
            create: Any = super(cls, klass).__new__  # type: ignore[arg-type]
            plain = create is object.__new__
            instance = create(klass) if plain else create(klass, *arguments, **keywords)
            remember(instance, sys._getframe(1))
            return instance

        # A function given to a class later is no static method by itself, as one in its body is.
        cls.__new__ = staticmethod(__new__)  # type: ignore[method-assign,assignment]

    def _remember(self, instance: Any, caller: FrameType) -> None:
        original = _original_of_copy(caller)
        made = self._find(original) if original is not None else None
        if made is None:
            frame = self._recorder.sources.innermost(caller)
            if frame is None:
                made = Made(None, None, "", None)
            else:
                site = self._recorder.sources.of_frame(frame)
                made = Made(None, site, frame.f_code.co_filename, _place(frame))
        self._made[id(instance)] = made._replace(instance=weakref.ref(instance))
        self._living.clear()
        self.count += 1

    def _find(self, instance: Any) -> Made | None:
        made = self._made.get(id(instance))
        return made if made is not None and made.instance() is instance else None

    def site(self, instance: Any) -> Site | None:
        """Where the object was made; a copy counts as made where its original was."""
        made = self._find(instance)
        return made.site if made else None

    def living(self, cls: type) -> list[Any]:
        """All noted objects of a class that still exist, oldest first."""
        references = self._living.get(cls)
        if references is None:
            made = [entry.instance for entry in self._made.values()]
            references = [reference for reference in made if isinstance(reference(), cls)]
            self._living[cls] = references
        found = [reference() for reference in references]
        return [instance for instance in found if instance is not None]

    def argument(self, instance: Any, keyword: str, position: int) -> Site | None:
        """The range of one argument's value in the call that made the object."""
        made = self._find(instance)
        if made is None or made.place is None or made.site is None:
            return None
        call = _call_at(made.filename, made.place)
        value = _value(call, keyword, position) if call is not None else None
        return None if value is None else _value_site(value, made)


def _original_of_copy(caller: FrameType) -> Any:
    """What `copy.deepcopy` or `copy.copy` is copying, when it is the maker of a new object."""
    if caller.f_code.co_name in ("default_deepcopy", "_replicate_for_data_parallel"):
        return caller.f_locals.get("self")  # PyTorch's own ways to copy a module
    if caller.f_code is not copyreg.__newobj__.__code__:  # type: ignore[attr-defined]
        return None
    frame: FrameType | None = caller
    for _ in range(3):
        frame = frame.f_back if frame is not None else None
        if frame is not None and frame.f_code.co_name in ("deepcopy", "copy"):
            return frame.f_locals.get("x")
    return None


def _place(frame: FrameType) -> tuple[int, int, int, int] | None:
    """(line, end line, column, end column) in bytes of the running instruction, as `ast` counts."""
    positions = list(frame.f_code.co_positions())
    line, end_line, column, end_column = positions[frame.f_lasti // 2]
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return line, end_line, column, end_column


def _call_at(filename: str, place: tuple[int, int, int, int]) -> ast.Call | None:
    try:
        tree = ast.parse("".join(linecache.getlines(filename)))
    except (SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and place == (
            node.lineno,
            node.end_lineno,
            node.col_offset,
            node.end_col_offset,
        ):
            return node
    return None


def _value(call: ast.Call, keyword: str, position: int) -> ast.expr | None:
    for given in call.keywords:
        if given.arg == keyword:
            return given.value
    before = call.args[: position + 1]
    if any(isinstance(argument, ast.Starred) for argument in before):
        return None
    return call.args[position] if position < len(call.args) else None


def _value_site(value: ast.expr, made: Made) -> Site:
    first = linecache.getline(made.filename, value.lineno)
    end_line = value.end_lineno or value.lineno
    last = linecache.getline(made.filename, end_line)
    assert made.site is not None
    return {
        "path": made.site["path"],
        "line": value.lineno,
        "column": code_points(first, value.col_offset),
        "end_line": end_line,
        "end_column": code_points(last, value.end_col_offset or 0),
    }
