"""Whatever loads images from files, led to invented folders when the program's are missing."""

from __future__ import annotations

import functools
import glob
import os
from typing import Any

from .on_import import when_imported
from .standin_folders import IMAGES, Folders


def install(folders: Folders) -> None:
    """Hooks for the file system, Pillow and the loaders of Keras."""
    _file_system(folders)
    when_imported("PIL.Image", functools.partial(_opening, folders=folders, name="open"))
    for module in ("keras.src.legacy.preprocessing.image", "tf_keras.src.preprocessing.image"):
        when_imported(module, functools.partial(_generators, folders=folders))
    for module in ("keras.src.utils.dataset_utils", "tf_keras.src.utils.dataset_utils"):
        when_imported(module, functools.partial(_index_directory, folders=folders))
    for module in ("keras.src.utils.image_utils", "tf_keras.src.utils.image_utils"):
        when_imported(module, functools.partial(_opening, folders=folders, name="load_img"))
    for root in ("keras", "tensorflow.keras", "keras._tf_keras.keras", "tf_keras"):
        for place in ("utils", "preprocessing.image"):
            when_imported(
                f"{root}.{place}", functools.partial(_opening, folders=folders, name="load_img")
            )


def _by_user(folders: Folders) -> bool:
    return folders.standins.asked_by_user()


def _file_system(folders: Folders) -> None:
    listdir, walk, find = os.listdir, os.walk, glob.glob

    def list_folder(path: Any = ".") -> Any:
        try:
            return listdir(folders.real(path))
        except (FileNotFoundError, NotADirectoryError):
            if not isinstance(path, str) or not _by_user(folders):
                raise
            return folders.listing(path)

    def walk_folder(top: Any, *arguments: Any, **keywords: Any) -> Any:
        if isinstance(top, str) and not os.path.exists(top) and _by_user(folders):
            top = folders.classes(top, None, None)
        return walk(top, *arguments, **keywords)

    def find_files(pattern: Any, **keywords: Any) -> Any:
        found = find(pattern, **keywords)
        if found or not isinstance(pattern, str) or not _by_user(folders):
            return found
        return _missing_pattern(pattern, folders)

    os.listdir, os.walk, glob.glob = list_folder, walk_folder, find_files  # type: ignore[assignment]


def _missing_pattern(pattern: str, folders: Folders) -> list[str]:
    """The files that a pattern of images would find: "data/train/*/*.jpg"."""
    folder, name = os.path.split(pattern)
    if not name.endswith((*IMAGES, "*")) or not folder:
        return []
    parts = folder.split("/")
    fixed = "/".join(parts[: next((i for i, p in enumerate(parts) if "*" in p), len(parts))])
    if os.path.exists(fixed):
        return []
    if fixed == folder:
        place = folders.flat(folder)
        return [os.path.join(folder, n) for n in sorted(os.listdir(place))]
    place = folders.classes(fixed, None, None)
    return [
        os.path.join(fixed, c, n)
        for c in sorted(os.listdir(place))
        for n in sorted(os.listdir(os.path.join(place, c)))
    ]


def _opening(module: Any, folders: Folders, name: str) -> None:
    """A function whose first argument is an image file."""
    original = vars(module).get(name)
    if original is None or hasattr(original, "_finds_images"):
        return

    @functools.wraps(original)
    def load(path: Any, *arguments: Any, **keywords: Any) -> Any:
        return original(folders.real(path), *arguments, **keywords)

    load._finds_images = True  # type: ignore[attr-defined]
    module.__dict__[name] = load


def _index_directory(module: Any, folders: Folders) -> None:
    """Behind image_dataset_from_directory."""
    original = module.index_directory

    @functools.wraps(original)
    def index(directory: Any, labels: Any = "inferred", *arguments: Any, **keywords: Any) -> Any:
        names = keywords.get("class_names")
        if not os.path.isdir(folders.real(directory)):
            directory = folders.classes(directory, names, None)
        return original(folders.real(directory), labels, *arguments, **keywords)

    module.index_directory = index


def _generators(module: Any, folders: Folders) -> None:
    """ImageDataGenerator's two ways to read files."""
    generator = module.ImageDataGenerator
    from_folder, from_frame = generator.flow_from_directory, generator.flow_from_dataframe

    @functools.wraps(from_folder)
    def flow_from_directory(self: Any, directory: Any, *arguments: Any, **keywords: Any) -> Any:
        if folders.invented_or_missing(directory):
            directory = folders.classes(
                directory, _class_names(keywords.get("classes")), _count(keywords)
            )
        return from_folder(self, folders.real(directory), *arguments, **keywords)

    @functools.wraps(from_frame)
    def flow_from_dataframe(
        self: Any,
        dataframe: Any,
        directory: Any = None,
        x_col: str = "filename",
        *arguments: Any,
        **keywords: Any,
    ) -> Any:
        real = folders.real(directory) if directory is not None else None
        if real is not None and (not _is_folder(real) or real != directory):
            real = folders.flat(directory, [str(name) for name in dataframe[x_col]])
        return from_frame(self, dataframe, real, x_col, *arguments, **keywords)

    generator.flow_from_directory = flow_from_directory
    generator.flow_from_dataframe = flow_from_dataframe


def _is_folder(path: Any) -> bool:
    return isinstance(path, str | os.PathLike) and os.path.isdir(path)


def _class_names(classes: Any) -> list[str] | None:
    return [str(name) for name in classes] if isinstance(classes, list | tuple) else None


def _count(keywords: dict[str, Any]) -> int | None:
    return 2 if keywords.get("class_mode") == "binary" else None
