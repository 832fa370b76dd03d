"""Keras' own loaders: data sets, downloaded files and pretrained weights."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from typing import Any

from . import standin_files, standin_public
from .compat_tables import KERAS_ROOTS
from .on_import import when_imported
from .standin_files import MissingFile
from .standin_record import StandIns


def install(standins: StandIns) -> None:
    """Hooks for Keras 3, tf_keras and the places where TensorFlow shows them."""
    for root in KERAS_ROOTS:
        for name in standin_public.MAKERS:
            when_imported(
                f"{root}.datasets.{name}",
                functools.partial(_data_set, name=name, standins=standins),
            )
        when_imported(f"{root}.utils", functools.partial(_public_get_file, standins=standins))
    for package in ("keras", "tf_keras"):
        when_imported(package, functools.partial(_package, standins=standins))


def _package(keras: Any, standins: StandIns) -> None:
    """The private modules behind the public ones."""
    for name, module in list(sys.modules.items()):
        if name.startswith(f"{keras.__name__}.src.") and "get_file" in vars(module):
            if name.endswith((".utils.file_utils", ".utils.data_utils")):
                adapt_applications(module)
            else:
                module.__dict__["get_file"] = standin_files.get_file
    load = keras.Model.load_weights
    if not hasattr(load, "_accepts_missing"):
        keras.Model.load_weights = _load_weights(load, standins)


def _data_set(module: Any, name: str, standins: StandIns) -> None:
    original = vars(module).get("load_data")
    if original is None or hasattr(original, "_accepts_missing"):
        return
    private = sys.modules.get(getattr(original, "__module__", ""))
    if private is not None and "get_file" in vars(private):
        private.__dict__["get_file"] = standin_files.get_file

    @functools.wraps(original)
    def load_data(*arguments: Any, **keywords: Any) -> Any:
        try:
            return original(*arguments, **keywords)
        except MissingFile:
            standins.invented(f"keras.datasets.{name}")
            maker = standin_public.MAKERS[name]
            return maker(standins.rng(name), *arguments, **keywords)

    load_data._accepts_missing = True  # type: ignore[attr-defined]
    module.__dict__["load_data"] = load_data
    if "get_word_index" in vars(module):
        _word_index(module, name, standins)


def _word_index(module: Any, name: str, standins: StandIns) -> None:
    original = module.get_word_index

    def get_word_index(*arguments: Any, **keywords: Any) -> Any:
        try:
            return original(*arguments, **keywords)
        except MissingFile:
            standins.invented(f"keras.datasets.{name}")
            return standin_public.word_index()

    module.__dict__["get_word_index"] = get_word_index


def _public_get_file(module: Any, standins: StandIns) -> None:
    """A file that the program itself downloads: its path, whether or not anything is there.

    What then reads the path (a table, a folder of images) meets a missing file and is served there.
    """

    def get_file(fname: Any = None, origin: Any = None, *arguments: Any, **keywords: Any) -> str:
        del arguments
        try:
            return standin_files.get_file(fname, origin, **keywords)
        except MissingFile as missing:
            standins.invented(missing.name)
            return os.path.join(tempfile.gettempdir(), "not-downloaded", missing.name)

    if "get_file" in vars(module):
        module.__dict__["get_file"] = get_file


def _load_weights(original: Any, standins: StandIns) -> Any:
    @functools.wraps(original)
    def load_weights(self: Any, filepath: Any, *arguments: Any, **keywords: Any) -> Any:
        found = standins.beside(filepath)
        if found is None and not os.path.exists(f"{filepath}.index"):
            standins.recorder.note(f"the weights {filepath} are missing; the weights stay random")
            return None
        return original(self, found or filepath, *arguments, **keywords)

    load_weights._accepts_missing = True  # type: ignore[attr-defined]
    return load_weights


class MissingWeights(str):
    """A path that stands for weights which cannot be downloaded."""


def adapt_applications(module: Any) -> None:
    """Pretrained networks ask for their weights here; a missing file becomes a missing path."""

    def get_file(fname: Any = None, origin: Any = None, *arguments: Any, **keywords: Any) -> str:
        del arguments
        try:
            return standin_files.get_file(fname, origin, **keywords)
        except MissingFile as missing:
            return MissingWeights(missing.name)

    module.__dict__["get_file"] = get_file
