"""A small torchvision for machines whose PyTorch has none: data sets and transforms.

Used only when the real package cannot be imported. `torchvision.models` and everything else that
is not here counts as missing: using it raises ModuleNotFoundError.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from . import compat_stubs
from .standin_folders import Folders
from .standin_record import StandIns

_PARTS = {
    "torchvision.datasets": ".standin_tv_datasets",
    "torchvision.transforms": ".standin_tv_transforms",
    "torchvision.transforms.v2": ".standin_tv_transforms",
    "torchvision.transforms.transforms": ".standin_tv_transforms",
    "torchvision.transforms.functional": ".standin_tv_transforms",
    "torchvision.datasets.mnist": ".standin_tv_datasets",
    "torchvision.datasets.folder": ".standin_tv_datasets",
}


class Stand(compat_stubs.MissingModule):
    """One module of the package: what we have of it, the rest missing."""


def install(standins: StandIns, folders: Folders) -> None:
    """Registers the stand-in package."""

    def make(name: str) -> ModuleType | None:
        error = ModuleNotFoundError(f"No module named {name!r}", name=name)
        module = Stand(name, error)
        if name == "torchvision":
            standins.recorder.note(
                "torchvision is not installed; a small stand-in for its data sets and transforms "
                "took its place"
            )
            module.__dict__["__version__"] = "0"
        if name in _PARTS:
            part = importlib.import_module(_PARTS[name], __package__)
            part.CONTEXT[:] = [standins, folders]
            module.__dict__.update(_public(part))
            if "transforms" in name:
                augment = importlib.import_module(".standin_tv_augment", __package__)
                module.__dict__.update(_public(augment))
        elif name != "torchvision" and not name.startswith("torchvision.models"):
            standins.recorder.note(f"{name} is missing")
        if name == "torchvision":
            module.__dict__["__getattr__"] = _submodule(name)
        return module

    compat_stubs.provide("torchvision", make)


def _submodule(package: str) -> Any:
    def find(name: str) -> Any:
        if name in ("datasets", "transforms", "models", "utils", "ops", "io"):
            return importlib.import_module(f"{package}.{name}")
        raise AttributeError(name)

    return find


def _public(part: ModuleType) -> dict[str, Any]:
    names: list[str] = part.PUBLIC
    return {name: vars(part)[name] for name in names}
