"""The writable folders as they were before the first run, and making them so again."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator

FOLDERS = ("/program", "/tmp", "/dev/shm")
SYSTEM_V = tuple(f"/proc/sysvipc/{kind}" for kind in ("shm", "msg", "sem"))

Mark = tuple[int, ...]


class Fresh:
    """What the writable folders held when this was made; mounts below them are left alone.

    Attributes:
        marks: by path, what a change of the entry would change.
    """

    def __init__(self) -> None:
        self.marks = dict(_entries())

    def restore(self) -> bool:
        """Take away what came since; False when something else is different and stays so."""
        try:
            for path, mark in list(_entries()):
                if path not in self.marks:
                    _remove(path, stat.S_ISDIR(mark[0]))
            return dict(_entries()) == self.marks and not _shared_memory()
        except (OSError, RecursionError):
            return False


def _entries() -> Iterator[tuple[str, Mark]]:
    for folder in FOLDERS:
        status = os.lstat(folder)
        yield folder, _mark(status)
        yield from _below(folder, status.st_dev)


def _below(folder: str, device: int) -> Iterator[tuple[str, Mark]]:
    """Entries of the same file system, a folder before what it holds."""
    for entry in os.scandir(folder):
        status = entry.stat(follow_symlinks=False)
        if status.st_dev != device:
            continue
        yield entry.path, _mark(status)
        if stat.S_ISDIR(status.st_mode) and os.access(entry.path, os.R_OK | os.X_OK):
            yield from _below(entry.path, device)


def _mark(status: os.stat_result) -> Mark:
    owner = (status.st_mode, status.st_uid, status.st_gid, status.st_ino)
    if stat.S_ISDIR(status.st_mode):
        return owner
    return (*owner, status.st_size, status.st_mtime_ns)


def _remove(path: str, folder: bool) -> None:
    """The entry, which may be gone with the folder that held it."""
    if not os.path.lexists(path):
        return
    if not folder:
        os.unlink(path)
        return
    os.chmod(path, 0o700)
    for inner, names, _ in os.walk(path):  # folders that the program closed to everybody
        for name in names:
            if not os.path.islink(os.path.join(inner, name)):
                os.chmod(os.path.join(inner, name), 0o700)
    shutil.rmtree(path)


def _shared_memory() -> bool:
    """Whether System V objects outlived their processes; each table begins with a heading."""
    for table in SYSTEM_V:
        try:
            with open(table, encoding="ascii") as file:
                if len(file.readlines()) > 1:
                    return True
        except FileNotFoundError:
            continue
    return False
