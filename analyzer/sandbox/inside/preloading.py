"""Importing ahead what the program will import, where that is the same as importing it later.

It is not the same when the program has files of its own under a name that was imported, when it
sets an environment variable that a framework reads while it is imported, or when the program is to
run without any observer. Such a run gets an interpreter without our imports.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .on_import import WATCH
from .seeding import keep_random
from .starting import modules_in

MOST_FILES = 500  # of the program, searched for variables
MOST_BYTES = 1 << 20  # of one file
TF_KERAS = "tensorflow.keras"
# Read by the frameworks at import or at the first computation of a process.
VARIABLE = re.compile(
    rb"['\"]((?:KERAS|TF|XLA|OMP|MKL|KMP|GOMP|OPENBLAS|NUMEXPR|PYTORCH|TORCH|NPY|NUMPY|SCIPY|SKLEARN"
    rb"|PANDAS|ATEN|CUDNN|CUDA)_[A-Z0-9_]+)['\"]"
)
# Read after the import: when a device is first used, or for what is printed.
LATE = frozenset(
    {
        *(b"TF_CPP_MIN_LOG_LEVEL", b"TF_CPP_MIN_VLOG_LEVEL", b"TF_FORCE_GPU_ALLOW_GROWTH"),
        *(b"TF_DETERMINISTIC_OPS", b"TF_CUDNN_DETERMINISTIC", b"KMP_DUPLICATE_LIB_OK"),
        *(b"CUDA_VISIBLE_DEVICES", b"CUDA_DEVICE_ORDER", b"CUDA_LAUNCH_BLOCKING"),
        *(b"PYTORCH_CUDA_ALLOC_CONF", b"TORCH_HOME"),
    }
)
# What uses Keras' wrappers for scikit-learn, which are made while Keras is imported.
WRAPPERS = re.compile(rb"keras\.wrappers(?!\.scikit_learn)|SKLearn|scikeras|import wrappers")
OWN_PARTS = ("compat", "standins", "keras_observer", "torch_observer", "devices", "program")


@dataclass(frozen=True)
class Imported:
    """What importing ahead left behind.

    Attributes:
        names: first names of the modules that it loaded.
        whole: False when something broke on the way.
    """

    names: frozenset[str] = frozenset()
    whole: bool = True

    def serves(self, root: str, request: dict[str, Any]) -> bool:
        """Whether a program below `root` can run in a process that imported these."""
        if not self.whole:
            return False
        if not self.names:
            return True
        if not request["observe"] or self._shadowed(root, request):
            return False
        return not any(_needs_own_import(path) for path in _sources(root))

    def _shadowed(self, root: str, request: dict[str, Any]) -> bool:
        return any(self.names & modules_in(folder) for folder in _path(root, request))


def load(names: Sequence[str], keras: str) -> Imported:
    """Import the named modules, with the observers' hooks already in place.

    Args:
        names: in the program's order; one that is not installed is left to the program.
        keras: "tf_keras" makes `keras` and `tensorflow.keras` that package.
    """
    if not names:
        return Imported()
    before = _first_names()
    broken: list[str] = []
    WATCH.failed = lambda name, _: broken.append(name)
    parts = {name: importlib.import_module(f".{name}", __package__) for name in OWN_PARTS}
    keep_random()
    if keras == "tf_keras":
        parts["compat"].use_tf_keras()
    parts["keras_observer"].prepare()
    for name in names:
        with _without_scikit_learn(name):
            whole = _import(name)
        if not whole:
            broken.append(name)
    return Imported(frozenset(_first_names() - before), not broken)


def _import(name: str) -> bool:
    try:
        module = importlib.import_module("tensorflow" if name == TF_KERAS else name)
        if name == TF_KERAS:
            getattr(module.keras, "layers", None)  # it is loaded at the first use
        if name == "torch":
            importlib.import_module("torch._dynamo")  # by the first step of any optimizer
    except ModuleNotFoundError as error:
        return error.name is not None and f"{name}.".startswith(f"{error.name}.")
    except Exception:  # noqa: BLE001 - the program imports it itself and gets the same
        return False
    return True


@contextlib.contextmanager
def _without_scikit_learn(name: str) -> Iterator[None]:
    """Keras imports scikit-learn for its wrappers alone, which takes a fifth of its import."""
    hidden = name in ("keras", TF_KERAS) and "sklearn" not in sys.modules
    if hidden:
        sys.modules["sklearn"] = None  # type: ignore[assignment]  # an import of it fails
    try:
        yield
    finally:
        if hidden:
            del sys.modules["sklearn"]


def _first_names() -> set[str]:
    return {name.partition(".")[0] for name in sys.modules}


def _path(root: str, request: dict[str, Any]) -> Iterator[str]:
    """Folders that may come first on the program's import path."""
    folder = root
    if not request.get("entry"):
        folder = os.path.dirname(os.path.join(root, request["script"]))
    while folder.startswith(root):
        yield folder
        folder = os.path.dirname(folder)


def _sources(root: str) -> Iterator[str]:
    count = 0
    for folder, _, names in os.walk(root):
        for name in names:
            if name.endswith((".py", ".ipynb")) and count < MOST_FILES:
                count += 1
                yield os.path.join(folder, name)


def _needs_own_import(path: str) -> bool:
    """Whether a file sets what is read at import, or uses what was left out of it."""
    with open(path, "rb") as file:
        text = file.read(MOST_BYTES)
    return any(name not in LATE for name in VARIABLE.findall(text)) or bool(WRAPPERS.search(text))
