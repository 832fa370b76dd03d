"""Missing folders of images: small invented ones under the temporary folder take their place.

The program's path keeps standing for the folder; whatever opens or lists something below it is led
to the invented one. Few different pictures are drawn; the others are hard links to them.
"""

from __future__ import annotations

import ast
import os
import re
import tempfile
from typing import Any

from . import standin_arrays as arrays
from .compat_source import tree_of
from .standin_hints import wanted
from .standin_record import StandIns

DRAWN = 8  # different pictures per class
PER_CLASS = 64
SIZE = 96  # pixels; loaders resize
IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".ppm")
_CLASSES = re.compile(r"class|categor|label|folder|subdir|kinds|species", re.I)


class Folders:
    """Invented folders by the missing path that each stands for.

    Attributes:
        made: absolute missing path → temporary folder.
    """

    def __init__(self, standins: StandIns) -> None:
        self.standins = standins
        self.made: dict[str, str] = {}
        self._pictures: dict[int, list[str]] = {}

    def real(self, path: Any) -> Any:
        """The path to use: itself when it exists, else the file beside the program or invented."""
        if not isinstance(path, str | os.PathLike) or isinstance(path, bytes):
            return path
        text = os.fspath(path)
        if not isinstance(text, str) or os.path.exists(text):
            return path
        found = self._invented(text)
        return found or self.standins.beside(text) or path

    def _invented(self, text: str) -> str | None:
        absolute = os.path.abspath(text)
        for missing, place in self.made.items():
            if absolute == missing or absolute.startswith(missing + os.sep):
                inside = place + absolute[len(missing) :]
                return inside if os.path.exists(inside) else None
        return None

    def classes(self, path: Any, names: list[str] | None, count: int | None) -> str:
        """A folder with one folder of pictures per class."""
        real = self.real(path) if isinstance(path, str | os.PathLike) else None
        ours = real in self.made.values()
        if real is not None and not ours and os.path.isdir(real) and _has_folders(real):
            return str(real)
        place = self._place(path)
        if _has_folders(place) and (not ours or not names):
            return place
        count = count or self._class_count()
        for number, name in enumerate(names or [f"class{i}" for i in range(count)]):
            self._fill(os.path.join(place, str(name)), number, _numbered(PER_CLASS))
        return place

    def invented_or_missing(self, path: Any) -> bool:
        """Whether there is no folder of the program's own under that path."""
        real = self.real(path) if isinstance(path, str | os.PathLike) else None
        return real is None or real in self.made.values() or not os.path.isdir(real)

    def flat(self, path: Any, files: list[str] | None = None) -> str:
        """A folder of pictures; `files` are relative names that must be there."""
        place = self._place(path)
        names = files or self._file_names()
        kinds = sorted({name.split(".")[0] for name in names})
        for number, kind in enumerate(kinds[:100]):
            self._fill(place, number, [n for n in names if n.split(".")[0] == kind])
        for name in names:
            self._link(os.path.join(place, name), 0)
        return place

    def listing(self, path: str) -> list[str]:
        """What a missing folder lists: class folders or pictures, as the program goes on."""
        place = self._invented(path)
        if place is None:
            place = self.classes(path, None, None) if self._lists_classes(path) else self.flat(path)
        return sorted(os.listdir(place))

    def _place(self, path: Any) -> str:
        text = os.fspath(path) if isinstance(path, str | os.PathLike) else "images"
        absolute = os.path.abspath(text)
        if absolute not in self.made:
            configured = self.standins.replacement("image_folder")
            if configured is not None:
                self.made[absolute] = configured
                return configured
            self.made[absolute] = tempfile.mkdtemp(prefix="invented-")
            self.standins.invented(text.rstrip("/") or "images")
        return self.made[absolute]

    def _fill(self, folder: str, number: int, names: list[str]) -> None:
        os.makedirs(folder, exist_ok=True)
        for index, name in enumerate(names):
            self._link(os.path.join(folder, name), number, index)

    def _link(self, target: str, number: int, index: int = 0) -> None:
        if os.path.exists(target):
            return
        os.makedirs(os.path.dirname(target), exist_ok=True)
        drawn = self._drawn(number)
        os.link(drawn[index % len(drawn)], target)

    def _drawn(self, number: int) -> list[str]:
        """Files of the pictures of one class."""
        if number not in self._pictures:
            from PIL import Image

            rng = self.standins.rng(f"pictures {number}")
            pictures = arrays.images(rng, rng.integers(0, 1, DRAWN), (SIZE, SIZE, 3))
            folder = tempfile.mkdtemp(prefix="pictures-")
            self._pictures[number] = []
            for index, picture in enumerate(pictures):
                name = os.path.join(folder, f"{index}.png")
                Image.fromarray(picture).save(name)
                self._pictures[number].append(name)
        return self._pictures[number]

    def _class_count(self) -> int:
        units = wanted(self.standins.request()).units
        return units if units and 1 < units <= 200 else 2

    def _lists_classes(self, path: str) -> bool:
        """Whether the listing is of class folders: by the variable's name or the nesting."""
        frame = self.standins.recorder.user_frame()
        tree = tree_of(frame.f_code.co_filename) if frame is not None else None
        if tree is None or os.path.splitext(path)[1]:
            return False
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and node.lineno == frame.f_lineno:
                return any(_CLASSES.search(ast.unparse(target)) for target in node.targets)
            if isinstance(node, ast.For) and node.lineno == frame.f_lineno:
                nested = [n for n in ast.walk(node) if n is not node and _is_listing(n)]
                return len(nested) > 1 or bool(_CLASSES.search(ast.unparse(node.target)))
        return False

    def _file_names(self) -> list[str]:
        """Names that contain what the program looks for in them: "dog" gives dog.0.jpg."""
        tree = tree_of(self.standins.script)
        words = _searched_words(tree) if tree is not None else []
        words = words if len(words) != 1 else [*words, "other"]
        if not words:
            return _numbered(PER_CLASS, self._suffix())
        return [f"{word}.{i}.jpg" for i in range(PER_CLASS) for word in words]

    def _suffix(self) -> str:
        """The ending that the code which lists the folder looks for: `if ext != ".jpg"`."""
        frame = self.standins.recorder.user_frame()
        tree = tree_of(frame.f_code.co_filename) if frame is not None else None
        texts = [
            node.value.lower()
            for node in (ast.walk(tree) if tree is not None else ())
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        named = [ending for ending in IMAGES if any(text.endswith(ending) for text in texts)]
        return named[0] if named else ".png"


def _numbered(count: int, ending: str = ".png") -> list[str]:
    return [f"{i:05d}{ending}" for i in range(count)]


def _has_folders(path: str) -> bool:
    return any(entry.is_dir() for entry in os.scandir(path))


def _is_listing(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr in ("listdir", "scandir", "glob"))
    )


def _searched_words(tree: ast.AST) -> list[str]:
    """Texts of `"dog" in name`, `name.startswith("dog")` and `name.split(".")[0] == "dog"`."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
            found.append(node.left)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
            if isinstance(node.left, ast.Subscript | ast.Name):
                found.append(node.comparators[0])
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            found += node.args[:1] if node.func.attr in ("startswith", "find") else []
    words = [n.value for n in found if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [
        w
        for w in dict.fromkeys(words)
        if re.fullmatch(r"[A-Za-z][\w-]{1,30}", w) and w != "__main__"
    ]
