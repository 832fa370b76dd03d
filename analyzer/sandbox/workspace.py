"""The program's files as they appear in the sandbox: a private copy, large parts read-only.

Programs write checkpoints and logs beside themselves, so the files are copied into a private
folder; what is too large to copy is shown read-only at the same place. Version control, virtual
environments and caches stay outside: a checkout's .git may hold a token.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import tokenize
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

COPY_FILES = 4000
COPY_BYTES = 64 * 2**20
LARGE_FILE = 16 * 2**20
LARGE_FOLDER_FILES = 1500  # a folder of images, say, is shown and not copied
MOST_SHOWN = 200
MOST_ENTRIES = 20_000  # looked at; folders beyond are shown whole
LEFT_OUT = frozenset(
    {".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".tox", ".mypy_cache"}
)


@dataclass(frozen=True, slots=True)
class Workspace:
    """What of the root is copied and what is shown.

    Attributes:
        root: the folder on the host.
        folders, copied, links: paths relative to the root.
        shown: files and folders to be shown read-only, relative to the root.
        omitted: how many files and folders had no room.
    """

    root: Path
    folders: tuple[str, ...]
    copied: tuple[str, ...]
    links: tuple[str, ...]
    shown: tuple[str, ...]
    omitted: int = 0


@dataclass
class _Plan:
    """A Workspace in the making."""

    taken: frozenset[str]
    folders: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    omitted: int = 0
    bytes: int = 0
    entries: int = 0

    @property
    def full(self) -> bool:
        """True when no more is copied, or the tree is too large to be looked at."""
        copied = self.bytes >= COPY_BYTES or len(self.copied) >= COPY_FILES
        return copied or self.entries >= MOST_ENTRIES

    def show(self, path: str) -> None:
        if len(self.shown) < MOST_SHOWN:
            self.shown.append(path)
        else:
            self.omitted += 1

    def copy(self, path: str, size: int) -> None:
        if size > LARGE_FILE or self.bytes + size > COPY_BYTES or len(self.copied) >= COPY_FILES:
            self.show(path)
        else:
            self.bytes += size
            self.copied.append(path)


def plan(root: Path, taken: Iterable[str] = (), first: str = "") -> Workspace:
    """Decide for every file below `root`; symbolic links are copied as links, never followed.

    Args:
        root: the program's root folder.
        taken: relative paths where something else is mounted; the root's own are left out.
        first: the script's folder, relative; what lies above and below it is copied first.
    """
    made = _Plan(frozenset(path.strip("/") for path in taken))
    near, far = deque([""]), deque[str]()
    while near or far:
        folder = near.popleft() if near else far.popleft()
        if made.full and folder:
            made.show(folder)
            continue
        for subfolder in _plan_folder(root, folder, made):
            (near if _on_the_way(subfolder, first) else far).append(subfolder)
    return Workspace(
        root,
        tuple(made.folders),
        tuple(made.copied),
        tuple(made.links),
        tuple(made.shown),
        made.omitted,
    )


def _on_the_way(folder: str, first: str) -> bool:
    """Whether the folder lies above or below the first one."""
    return not first or f"{folder}/".startswith(f"{first}/") or f"{first}/".startswith(f"{folder}/")


def _plan_folder(root: Path, folder: str, made: _Plan) -> list[str]:
    """Plan one folder's files and return its subfolders."""
    try:
        entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
    except OSError:
        made.omitted += 1
        return []
    made.entries += len(entries)
    if folder and len(entries) > LARGE_FOLDER_FILES:
        made.show(folder)
        return []
    if folder:
        made.folders.append(folder)
    subfolders = []
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.name in LEFT_OUT or path in made.taken:
            continue
        if entry.is_symlink():
            made.links.append(path)
        elif entry.is_dir():
            subfolders.append(path)
        elif entry.is_file():
            made.copy(path, entry.stat(follow_symlinks=False).st_size)
    return subfolders


def archive(workspace: Workspace, texts: Mapping[str, str]) -> bytes:
    """The folders, copied files and links as a tar archive, owned by nobody in particular.

    Args:
        workspace: what to put into it.
        texts: replaces files by relative path, or adds them.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in workspace.folders:
            tar.addfile(_entry(path, tarfile.DIRTYPE, 0o755))
        for path in workspace.links:
            link = _entry(path, tarfile.SYMTYPE, 0o777)
            link.linkname = os.readlink(workspace.root / path)
            tar.addfile(link)
        for path in workspace.copied:
            if path not in texts:
                _add_file(tar, workspace.root, path)
        for path, text in texts.items():
            data = _encoded(text)
            entry = _entry(path, tarfile.REGTYPE, 0o644)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _encoded(text: str) -> bytes:
    """The bytes of a program's text in the encoding that its own first lines name (PEP 263)."""
    data = text.encode("utf-8", "surrogateescape")
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return text.encode(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        return data  # no such encoding, or not for this text: Python says so when it reads it


def _entry(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.type, entry.mode = kind, mode
    return entry


def _add_file(tar: tarfile.TarFile, root: Path, path: str) -> None:
    try:
        descriptor = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:  # unreadable, or gone meanwhile: the program will not find it either
        return
    with open(descriptor, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > LARGE_FILE:
            return
        data = file.read(LARGE_FILE + 1)
    entry = _entry(path, tarfile.REGTYPE, 0o755 if status.st_mode & 0o100 else 0o644)
    entry.size, entry.mtime = len(data), int(status.st_mtime)
    tar.addfile(entry, io.BytesIO(data))
