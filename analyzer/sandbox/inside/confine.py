"""What the child imposes on itself before any code of the program runs."""

from __future__ import annotations

import os
import resource
import tarfile
from typing import IO, Any


def confine(confinement: dict[str, Any]) -> None:
    """Bound processes, memory and files, then become the private user.

    The order matters: RLIMIT_NPROC binds from the moment the user is not root any more, and giving
    up root also gives up every capability.
    """
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NPROC, confinement["processes"])
    _limit(resource.RLIMIT_DATA, confinement["data_bytes"])
    _limit(resource.RLIMIT_FSIZE, confinement["file_bytes"])
    uid = confinement["uid"]
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    os.umask(0o022)


def _limit(kind: int, value: int | None) -> None:
    if value is None:
        return
    _, hard = resource.getrlimit(kind)
    bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (bound, bound))


def unpack(stream: IO[bytes], root: str) -> None:
    """Write the program's files, which the parent archived, below `root`."""
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for entry in archive:
            path = os.path.join(root, entry.name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if entry.isdir():
                os.makedirs(path, exist_ok=True)
            elif entry.issym():
                os.symlink(entry.linkname, path)
            else:
                _write(archive, entry, path)


def _write(archive: tarfile.TarFile, entry: tarfile.TarInfo, path: str) -> None:
    content = archive.extractfile(entry)
    if content is None:
        return
    with open(path, "wb") as file:
        file.write(content.read())
    os.chmod(path, entry.mode)
    os.utime(path, (entry.mtime, entry.mtime))
