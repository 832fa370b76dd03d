"""Lets programs written for older releases run on today's, inside the sandbox, for observing only.

`install` puts hooks in place and imports no framework itself: each hook fires when the program
imports the module that it is about. What was stood in for is in `facts["api_uses"]`.
"""

from __future__ import annotations

import functools
import os
import sys
import time
from typing import Any

from . import compat_keras, compat_science, compat_stubs
from .compat_modules import LegacyFinder, Redirect, append, fill_in
from .compat_names import REMOVED_NAMES
from .compat_record import Uses
from .compat_tables import KERAS_ROOTS
from .on_import import when_imported

_KERAS_MODULES = [
    "activations",
    "applications",
    "backend",
    "callbacks",
    "constraints",
    "datasets",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "preprocessing",
    "preprocessing.image",
    "preprocessing.sequence",
    "regularizers",
    "utils",
]


def install(recorder: Any) -> None:
    """Puts the compatibility layer in place; call it before the user's program runs.

    Args:
        recorder: the child's recorder; of its request `keras` ("tf_keras" makes both `keras` and
            `tensorflow.keras` that package) and `compat` are read.
    """
    uses = Uses(recorder)
    if recorder.request.get("keras") == "tf_keras":
        use_tf_keras()
    compat_stubs.install()
    if recorder.request.get("compat", True):
        _names(uses)
        _keras(uses)
        append(LegacyFinder(uses))
    compat_stubs.install_missing(uses)


def use_tf_keras() -> None:
    """Makes `import keras` and `tensorflow.keras` give tf_keras (Keras 2)."""
    os.environ["TF_USE_LEGACY_KERAS"] = "1"
    sys.meta_path.insert(0, Redirect("keras", "tf_keras"))


def _names(uses: Uses) -> None:
    fill_in(time, uses)
    for name in REMOVED_NAMES:
        if not name.startswith("keras") and name not in ("time", "tensorflow"):
            when_imported(name, lambda module: fill_in(module, uses))
    compat_science.adapt_sklearn(uses, when_imported)
    when_imported("pandas", lambda module: compat_science.adapt_pandas(module, uses))
    when_imported("tensorflow", lambda module: _tensorflow(module, uses))


def _tensorflow(tensorflow: Any, uses: Uses) -> None:
    fill_in(tensorflow, uses, _version_one(tensorflow, "", uses))
    fill_in(tensorflow.train, uses, _version_one(tensorflow, "train.", uses))


def _version_one(tensorflow: Any, inner: str, uses: Uses) -> Any:
    """Names of TensorFlow 1 that live on in tf.compat.v1, of itself or of a module `inner`."""

    def answer(_module: str, name: str) -> Any:
        version_one = tensorflow.compat.v1
        found = getattr(version_one.train if inner else version_one, name)
        uses.record(f"tf.{inner}{name}", f"tf.compat.v1.{inner}{name}", "TensorFlow 2")
        return found

    return answer


def _keras(uses: Uses) -> None:
    for package in ("keras", "tf_keras"):
        when_imported(package, lambda module: _adapt(module, uses))
    for root in KERAS_ROOTS:
        when_imported(root, lambda module: fill_in(module, uses))
        for name in _KERAS_MODULES:
            when_imported(f"{root}.{name}", functools.partial(_fill, name=name, uses=uses))


def _adapt(keras: Any, uses: Uses) -> None:
    """Once per package: under tf_keras "keras" is the same module again."""
    if not getattr(keras, "_old_spellings", False):
        keras._old_spellings = True
        compat_keras.adapt(keras, uses)


def _fill(module: Any, name: str, uses: Uses) -> None:
    unknown = {
        "callbacks": compat_keras.unknown_callback(uses),
        "backend": _old_backend(uses),
    }.get(name)
    fill_in(module, uses, unknown)


def _old_backend(uses: Uses) -> Any:
    """Keras 3 keeps the old backend functions under its legacy folder and `keras.ops`."""

    def answer(module: str, name: str) -> Any:
        import keras
        from keras.src.legacy import backend

        found = getattr(backend, name, None) or getattr(keras.ops, name)
        uses.record(f"{module}.{name}", f"keras.ops.{name}", "Keras 3")
        return found

    return answer
