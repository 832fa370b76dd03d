"""Modules and names that are gone: found again where they live today.

`LegacyFinder` stands at the end of `sys.meta_path`, so it sees only what nothing else finds; an
`OldModule` looks every name up where it lives today. `fill_in` gives a module that exists a
fallback for the names it has lost. Nothing that still exists is replaced.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from . import compat_shims
from .compat_names import REMOVED_NAMES
from .compat_record import Uses
from .compat_tables import KERAS_ROOTS, REMOVED_MODULES, Moved

Unknown = Callable[[str, str], Any]


def split_root(name: str) -> tuple[str, str]:
    """A dotted name as (its Keras root, the same name under the root "keras").

    "tensorflow.keras.layers.core" gives ("tensorflow.keras", "keras.layers.core"); a name outside
    Keras has the root "".
    """
    for root in KERAS_ROOTS:
        if name == root or name.startswith(root + "."):
            return root, "keras" + name[len(root) :]
    return "", name


def spelled(path: str, root: str) -> str:
    """A path of the tables under the root that the program uses, for the reader."""
    shown = {
        "keras._tf_keras.keras": "tensorflow.keras",
        "tensorflow.python.keras": "tensorflow.keras",
        "tf_keras.api._v2.keras": "tensorflow.keras",
    }.get(root, root)
    inside_keras = path == "keras" or path.startswith("keras.")
    return shown + path[5:] if shown and inside_keras else path


def look_up(moved: Moved, root: str, name: str | None) -> Any:
    """What a table entry stands for; `name` is the attribute wanted of a whole module.

    Raises:
        AttributeError: no place of the entry has it.
    """
    for place in moved.look:
        if place.startswith("shim:"):
            found = compat_shims.make(place[5:], root, name)
        else:
            found = _at(place, root, name)
        if found is not compat_shims.ABSENT:
            return found
    raise AttributeError(f"{name or moved.look[0]} has no successor in {', '.join(moved.look)}")


def _at(place: str, root: str, name: str | None) -> Any:
    path, _, attribute = place.partition(":")
    if root and path.startswith("keras.src.") and root.startswith("tf_keras"):
        path = path.replace("keras.src.legacy.preprocessing", "keras.preprocessing")
    if root and (path == "keras" or path.startswith("keras.")) and ".src." not in path:
        path = (root if root != "tensorflow.python.keras" else "tensorflow.keras") + path[5:]
    try:
        found = importlib.import_module(path)
    except ImportError:
        return compat_shims.ABSENT
    for wanted in (attribute, name):
        if wanted:
            found = getattr(found, wanted, compat_shims.ABSENT)
    return found


class OldModule(ModuleType):
    """A module that is gone; its names come from where they live today."""

    def __init__(self, name: str, moved: Moved, root: str, uses: Uses) -> None:
        super().__init__(name, f"Stands in for {name}, which was removed.")
        self.__path__: list[str] = []
        self.__dict__["_where"] = (moved, root, uses)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        moved, root, uses = self.__dict__["_where"]
        if name == "__all__":
            return _public_names(moved, root)
        below = f"{split_root(self.__name__)[1]}.{name}"
        if below in REMOVED_MODULES:
            return importlib.import_module(f"{self.__name__}.{name}")
        found = look_up(moved, root, name)
        record_module(uses, self.__name__, moved, root)
        return found


def _public_names(moved: Moved, root: str) -> list[str]:
    places = [_at(place, root, None) for place in moved.look if not place.startswith("shim:")]
    return sorted({name for place in places for name in dir(place) if not name.startswith("_")})


def record_module(uses: Uses, name: str, moved: Moved, root: str) -> None:
    """One use of a removed module."""
    uses.record(name, spelled(moved.new or moved.look[0], root), moved.since)


class LegacyFinder(MetaPathFinder, Loader):
    """Finds removed modules; last in line."""

    def __init__(self, uses: Uses) -> None:
        self.uses = uses

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol of finders
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """A spec for a removed module, None for every other name."""
        if split_root(name)[1] not in REMOVED_MODULES or not self.uses.by_user():
            return None
        return ModuleSpec(name, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The stand-in module."""
        root, canonical = split_root(spec.name)
        moved = REMOVED_MODULES[canonical]
        record_module(self.uses, spec.name, moved, root)
        return OldModule(spec.name, moved, root, self.uses)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to run."""


def fill_in(module: ModuleType, uses: Uses, unknown: Unknown | None = None) -> None:
    """Gives a module a fallback for the names that it lost, after its own `__getattr__`.

    Args:
        module: an imported module.
        unknown: called with (module name, attribute) for a name that no table knows; raises
            AttributeError when it has no answer either.
    """
    name = module.__name__
    root, canonical = split_root(name)
    table = REMOVED_NAMES.get(canonical, {})
    own = module.__dict__.get("__getattr__")

    def fallback(attribute: str) -> Any:
        asked_by_user = not attribute.startswith("__") and uses.by_user()
        if attribute in table and asked_by_user:
            found = look_up(table[attribute], root, None)
            new = table[attribute].new or table[attribute].look[0].replace(":", ".")
            uses.record(f"{name}.{attribute}", spelled(new, root), table[attribute].since)
            return found
        if f"{canonical}.{attribute}" in REMOVED_MODULES and asked_by_user:
            return importlib.import_module(f"{name}.{attribute}")
        if own is not None:
            try:
                return own(attribute)
            except AttributeError:
                if unknown is None or not asked_by_user:
                    raise
        if unknown is not None and asked_by_user:
            return unknown(name, attribute)
        raise AttributeError(f"module {name!r} has no attribute {attribute!r}")

    module.__dict__["__getattr__"] = fallback


class Redirect(MetaPathFinder, Loader):
    """Gives one package's modules under another package's name ("keras" for "tf_keras").

    Args:
        old, new: package names; a submodule of old is the same submodule of new.
    """

    def __init__(self, old: str, new: str) -> None:
        self.old = old
        self.new = new

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,  # noqa: ARG002 - the protocol of finders
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """A spec for old and everything below it."""
        if name != self.old and not name.startswith(self.old + "."):
            return None
        successor = self.new + name[len(self.old) :]
        try:
            module = importlib.import_module(successor)
        except ModuleNotFoundError:
            return None
        spec = ModuleSpec(name, self, is_package=hasattr(module, "__path__"))
        spec.loader_state = (module, module.__spec__)
        return spec

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The successor itself."""
        module: ModuleType = spec.loader_state[0]
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Puts back what the import system wrote over."""
        spec = module.__spec__
        if spec is not None and spec.loader is self:
            module.__spec__ = spec.loader_state[1]


def append(finder: MetaPathFinder) -> None:
    """The last word, after every real finder."""
    sys.meta_path.append(finder)
