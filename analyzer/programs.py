"""Which files are training programs: they define, compile or train a Keras or PyTorch model.

A file that trains when it is run is a program. One that only defines a model (or functions that
train) belongs to the program that imports it; without such a program it is one itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from analyzer.errors import SourceError
from analyzer.kinds import Framework
from analyzer.source.calls import CallSite
from analyzer.source.files import SourceFile, read_source
from analyzer.source.index import Survey, survey

MAX_FILES = 5000
"""Python files and notebooks looked at in one folder."""

MAX_IMPORTERS = 40
"""Files read in search of the program that imports a changed module."""

SUFFIXES = (".py", ".ipynb")

_SKIPPED_FOLDERS = frozenset(
    {"node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist", "egg-info"}
)
_NO_PROGRAMS = re.compile(r"^(?:setup|conftest|noxfile|test_.*|.*_test)\.py$")
_MENTIONS = re.compile(
    r"\b(?:keras|tensorflow|tf_keras|torch|lightning)\b"
    r"|\.(?:fit|fit_generator|train_on_batch|backward|apply_gradients)\s*\("
    r"|\bSequential\s*\("
)
_NAMES: dict[Framework, str] = {"keras": "Keras", "tf.keras": "tf.keras", "torch": "PyTorch"}


@dataclass(frozen=True, slots=True)
class TrainingProgram:
    """A file that defines, compiles or trains a model.

    Attributes:
        path: relative to the root, with "/".
        reason: what makes it one, with its line: "trains a Keras model (line 12: model.fit)".
    """

    path: str
    framework: Framework
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A path that was asked for and is not reviewed.

    Attributes:
        status: "failed" when it could not be read, "skipped" when there is nothing to review.
    """

    path: str
    reason: str
    status: Literal["failed", "skipped"] = "skipped"


def find_programs(root: Path, paths: Sequence[str]) -> list[TrainingProgram | Skipped]:
    """The training programs among files and folders, in the order given, each once.

    Args:
        root: the folder that holds the programs and all that they import.
        paths: files and folders, relative to `root` with "/"; "." is all of it.
    """
    finder = _Finder(root)
    found: dict[str, TrainingProgram | Skipped] = {}
    for path in paths:
        for entry in finder.look(path):
            known = found.get(entry.path)
            if known is None or isinstance(known, Skipped):
                found[entry.path] = entry
    return list(found.values())


class _Finder:
    """Surveys files, each once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.surveys: dict[str, Survey | SourceError | None] = {}

    def look(self, path: str) -> Iterator[TrainingProgram | Skipped]:
        """The programs that one path names."""
        plain = PurePosixPath(path.replace(os.sep, "/")).as_posix()
        full = self.root / plain
        try:
            inside = full.resolve().is_relative_to(self.root.resolve())
            folder, exists = full.is_dir(), full.exists()
        except (OSError, ValueError, RuntimeError) as error:
            yield Skipped(plain, f"the path cannot be looked up: {error}", "failed")
            return
        if not inside:
            yield Skipped(plain, "the path lies outside the folder under review", "failed")
        elif folder:
            yield from self._folder(plain)
        elif not exists:
            yield Skipped(plain, "the file does not exist", "failed")
        else:
            yield from self._file(plain)

    def _file(self, path: str) -> Iterator[TrainingProgram | Skipped]:
        if not path.endswith(SUFFIXES):
            yield Skipped(path, "neither a Python file (.py) nor a notebook (.ipynb)")
            return
        seen = self.survey(path, force=True)
        if isinstance(seen, SourceError):
            yield Skipped(path, _without_path(seen), "failed")
            return
        program = _program(path, seen) if seen else None
        if program is None:
            yield Skipped(path, "it neither defines, compiles nor trains a Keras or PyTorch model")
        elif seen is not None and not seen.trains:
            yield from self._owners(path) or [program]
        else:
            yield program

    def _owners(self, path: str) -> list[TrainingProgram]:
        """The programs under the root that import this module and train."""
        module = PurePosixPath(path).stem
        if module == "__init__":
            module = PurePosixPath(path).parent.name
        word = _importing([module])
        owners = []
        read = 0
        for other in _files(self.root, "."):
            if other == path or read >= MAX_IMPORTERS or not self._says(other, word):
                continue
            read += 1
            seen = self.survey(other)
            if isinstance(seen, Survey) and seen.trains and path in seen.modules:
                program = _program(other, seen)
                owners.extend([program] if program else [])
        return owners

    def _says(self, path: str, word: re.Pattern[str]) -> bool:
        try:
            return bool(word.search(read_source(self.root, path).text))
        except SourceError:
            return False

    def _folder(self, folder: str) -> Iterator[TrainingProgram | Skipped]:
        candidates: dict[str, Survey] = {}
        others: list[str] = []
        for number, path in enumerate(_files(self.root, folder)):
            if number >= MAX_FILES:
                yield Skipped(folder, f"only the first {MAX_FILES} files of the folder were read")
                break
            if _NO_PROGRAMS.match(PurePosixPath(path).name):
                continue
            seen = self.survey(path)
            if isinstance(seen, SourceError):
                yield Skipped(path, _without_path(seen))
            elif seen is None:
                others.append(path)
            elif _program(path, seen):
                candidates[path] = seen
        candidates.update(self._callers(others, candidates))
        yield from _outermost(dict(sorted(candidates.items())))

    def _callers(
        self, others: Sequence[str], candidates: dict[str, Survey]
    ) -> Iterator[tuple[str, Survey]]:
        """Files that name no framework but run training functions of a candidate."""
        modules = [PurePosixPath(path).stem for path, seen in candidates.items() if not seen.trains]
        if not modules:
            return
        word = _importing(modules)
        for path in [path for path in others if self._says(path, word)][:MAX_IMPORTERS]:
            seen = self.survey(path, force=True)
            if isinstance(seen, Survey) and seen.trains and _program(path, seen):
                yield path, seen

    def survey(self, path: str, *, force: bool = False) -> Survey | SourceError | None:
        """What a file shows; None when its text mentions no framework (unless forced)."""
        if self.surveys.get(path) is None:
            try:
                source = read_source(self.root, path)
            except SourceError as error:
                self.surveys[path] = error
                return error
            self.surveys[path] = self._survey(source, force=force)
        return self.surveys[path]

    def _survey(self, source: SourceFile, *, force: bool) -> Survey | None:
        if not force and not _MENTIONS.search(source.text):
            return None
        return survey(self.root, source)


def _importing(modules: Sequence[str]) -> re.Pattern[str]:
    """What a line looks like that imports one of these modules."""
    names = "|".join(re.escape(module) for module in modules)
    return re.compile(rf"^\s*(?:import|from)\b.*\b(?:{names})\b", re.MULTILINE)


def _outermost(candidates: dict[str, Survey]) -> Iterator[TrainingProgram]:
    """The candidates that train when run, and those that no other candidate imports."""
    imported = {
        module
        for path, seen in candidates.items()
        for module in seen.modules
        if module != path and path not in candidates.get(module, seen).modules
    }
    for path, seen in candidates.items():
        program = _program(path, seen)
        if program is not None and (seen.trains or path not in imported):
            yield program


def _program(path: str, seen: Survey) -> TrainingProgram | None:
    """The file as a program, with the call that makes it one."""
    index = seen.index
    if index.framework is None:
        return None
    own = [call for call in index.calls if call.site.path == path]
    verbs = (("trains", ("fit", "backward")), ("compiles", ("compile",)), ("defines", ("model",)))
    name = _NAMES[index.framework]
    for verb, roles in verbs:
        for call in (*seen.trains, *own) if verb == "trains" else own:
            if call.role in roles:
                return TrainingProgram(
                    path, index.framework, f"{verb} a {name} model ({_at(call, path)})"
                )
    graph = index.graph
    own_layers = any(call.role == "layer" for call in own)
    if own_layers and graph is not None and graph.layers:
        return TrainingProgram(path, index.framework, f"defines a {name} model")
    return None


def _at(call: CallSite, path: str) -> str:
    spelled = f"{call.receiver}.{call.name}" if call.receiver else call.name
    line = f"line {call.site.line}"
    where = line if call.site.path == path else f"{call.site.path}, {line}"
    return f"{where}: {spelled[:60]}"


def _without_path(error: SourceError) -> str:
    """The error's text without the path, which stands beside it anyway."""
    where = error.path if error.line is None else f"{error.path}:{error.line}"
    text = str(error).removeprefix(f"{where}: ")
    return text if error.line is None else f"line {error.line}: {text}"


def _files(root: Path, folder: str) -> Iterator[str]:
    """The Python files and notebooks below a folder, sorted, without hidden and installed ones."""
    for base, folders, names in os.walk(root / folder):
        folders[:] = sorted(name for name in folders if not _skipped(Path(base) / name))
        for name in sorted(names):
            if name.endswith(SUFFIXES) and not name.startswith("."):
                yield (Path(base) / name).relative_to(root).as_posix()


def _skipped(folder: Path) -> bool:
    name = folder.name
    hidden = name.startswith(".") or name in _SKIPPED_FOLDERS or name.endswith(".egg-info")
    return hidden or (folder / "pyvenv.cfg").exists()
