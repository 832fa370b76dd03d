"""Call back when the user's program has imported a framework, without importing it ourselves.

A finder in front of `sys.meta_path` waits for the names that somebody asked for. The real finder
still finds the module; only its loader's `exec_module` is wrapped, on that one instance, and put
back afterwards, so `__loader__`, `inspect` and `importlib.resources` see what they always see.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

Callback = Callable[[ModuleType], Any]
Failed = Callable[[str, Exception], None]


class ImportWatch(MetaPathFinder):
    """Finds nothing itself; runs the callbacks of a module right after its body ran.

    Attributes:
        waiting: callbacks by module name, in the order of registration.
        around: by a package's name, what surrounds the import of each of its modules.
        failed: told about a callback that raised; the program's import goes on.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, list[Callback]] = {}
        self.around: dict[str, Callable[[], AbstractContextManager[None]]] = {}
        self.failed: Failed | None = None

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec that the other finders give, its loader wrapped when somebody waits."""
        self.settle()
        if name not in self.waiting and name.partition(".")[0] not in self.around:
            return None
        spec = self._find(name, path, target)
        if spec is not None and hasattr(spec.loader, "exec_module"):
            self._wrap(name, spec)
        return spec

    def _find(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> ModuleSpec | None:
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec: ModuleSpec | None = find(name, path, target)
            if spec is not None:
                return spec
        return None

    def _wrap(self, name: str, spec: ModuleSpec) -> None:
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            loader.__dict__.pop("exec_module", None)
            with self.around.get(name.partition(".")[0], nullcontext)():
                execute(module)
            self.run(name, sys.modules.get(name, module))

        # Loaders that are classes (built-in, frozen) cannot carry it; settle() serves those.
        if isinstance(getattr(loader, "__dict__", None), dict):
            loader.exec_module = exec_module

    def run(self, name: str, module: ModuleType) -> None:
        """Run and forget the callbacks of one module, those that they add included."""
        while self.waiting.get(name):
            callback = self.waiting[name].pop(0)
            try:
                callback(module)
            except Exception as error:
                if self.failed is None:
                    raise
                self.failed(name, error)
        self.waiting.pop(name, None)

    def settle(self) -> None:
        """Serve those whose module is complete although its loader was not wrapped."""
        for name in list(self.waiting):
            module = sys.modules.get(name)
            if module is not None and _complete(module):
                self.run(name, module)


WATCH = ImportWatch()


def around_import(package: str, surround: Callable[[], AbstractContextManager[None]]) -> None:
    """Import each module of a package, from now on, inside the context that `surround` makes."""
    _watch()
    WATCH.around[package] = surround


def _watch() -> None:
    if WATCH not in sys.meta_path:
        sys.meta_path.insert(0, WATCH)


def when_imported(name: str, callback: Callback) -> None:
    """Call `callback(module)` once the module `name` is fully imported, at once if it is."""
    _watch()
    WATCH.waiting.setdefault(name, []).append(callback)
    module = sys.modules.get(name)
    if module is not None and _complete(module):
        WATCH.run(name, module)


def _complete(module: ModuleType) -> bool:
    """False while the module's body is still running."""
    spec = getattr(module, "__spec__", None)
    return not getattr(spec, "_initializing", False)
