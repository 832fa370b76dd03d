"""The head commit in a temporary folder, unpacked with suspicion and removed afterwards.

An archive is a stranger's file. Names that leave the folder are refused, links and devices are
left out, and everything has a limit: compressed and unpacked bytes, files, depth, header size.
"""

from __future__ import annotations

import errno
import logging
import os
import shutil
import stat
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from worker.errors import SnapshotRefused

log = logging.getLogger(__name__)

_CHUNK = 64 * 1024
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NAMES_AT_ODDS = frozenset(  # too long for the disk, or one name as a file and as a folder
    {errno.ENAMETOOLONG, errno.EINVAL, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ELOOP}
)
_LONGEST_HEADER = 1024 * 1024  # bytes that tarfile may read at once for a member's header


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Bounds of one archive.

    Attributes:
        compressed_bytes: what is downloaded.
        unpacked_bytes: the tar file, headers included.
        members: files and folders.
        depth: folders above a file.
    """

    compressed_bytes: int = 200 * 2**20
    unpacked_bytes: int = 1 * 2**30
    members: int = 50_000
    depth: int = 40


@contextmanager
def snapshot(archive: Iterable[bytes], limits: ArchiveLimits | None = None) -> Iterator[Path]:
    """The repository of a `.tar.gz` or `.tar` with one root folder, in a temporary folder.

    Raises:
        SnapshotRefused: it breaks a limit, or is not such an archive.
    """
    limits = limits or ArchiveLimits()
    with tempfile.TemporaryDirectory(prefix="faultline-") as folder:
        tar, root = Path(folder) / "archive.tar", Path(folder) / "repository"
        root.mkdir()
        try:
            _decompress(archive, tar, limits)
            _unpack(tar, root, limits)
        except OSError as error:
            if error.errno not in _FULL | _NAMES_AT_ODDS:
                raise
            raise SnapshotRefused(f"the archive cannot be unpacked: {error.strerror}") from error
        tar.unlink()
        yield root


def _decompress(archive: Iterable[bytes], target: Path, limits: ArchiveLimits) -> None:
    received = written = 0
    inflate = None
    with target.open("wb") as out:
        for chunk in archive:
            if not received:
                is_gzip = chunk[:2] == b"\x1f\x8b"
                inflate = zlib.decompressobj(wbits=31) if is_gzip else None
            received += len(chunk)
            _hold(received, limits.compressed_bytes, "the archive")
            for piece in _inflate(inflate, chunk):
                written += len(piece)
                _hold(written, limits.unpacked_bytes, "the unpacked archive")
                out.write(piece)


def _inflate(inflate: zlib._Decompress | None, chunk: bytes) -> Iterator[bytes]:
    """The chunk decompressed, in pieces of bounded size however well it was compressed."""
    if inflate is None:
        yield chunk
        return
    try:
        while chunk:
            yield inflate.decompress(chunk, _CHUNK)
            chunk = inflate.unconsumed_tail
    except zlib.error as error:
        raise SnapshotRefused(f"the archive is damaged: {error}") from error


def _hold(value: int, limit: int, what: str) -> None:
    if value > limit:
        raise SnapshotRefused(f"{what} is larger than {limit // 2**20:,} MiB")


class _Bounded:
    """A file that refuses the huge reads that a forged header length leads tarfile to."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LONGEST_HEADER:
            raise SnapshotRefused("the archive holds an oversized header")
        return self._file.read(size)


def _unpack(tar: Path, root: Path, limits: ArchiveLimits) -> None:
    left_out = 0
    folders = _Folders(root, limits.members)
    try:
        with tar.open("rb") as file, _open(file) as archive:
            for number, member in enumerate(archive, 1):
                if number > limits.members:
                    raise SnapshotRefused(f"the archive holds more than {limits.members:,} files")
                left_out += not _place(archive, member, folders, limits)
    except (tarfile.TarError, EOFError, UnicodeError, ValueError) as error:
        raise SnapshotRefused(f"the archive is damaged: {error}") from error
    except RecursionError as error:  # tarfile reads a header about a header about a header ...
        raise SnapshotRefused("the archive is damaged: its headers never end") from error
    if left_out:
        log.info("links and special files left out", extra={"count": left_out})


def _open(file: IO[bytes]) -> tarfile.TarFile:
    bounded: Any = _Bounded(file)  # it has what tarfile uses of a file
    return tarfile.open(fileobj=bounded, mode="r:")


class _Folders:
    """Makes folders, and refuses too many: one file can ask for as many as its path is deep."""

    def __init__(self, root: Path, most: int) -> None:
        self.root = root
        self._most = most
        self._made = {PurePosixPath()}

    def make(self, path: PurePosixPath) -> None:
        """The folder and those above it; one that is there already is no error."""
        missing = [one for one in (path, *path.parents) if one not in self._made]
        if len(self._made) + len(missing) > self._most:
            raise SnapshotRefused(f"the archive holds more than {self._most:,} folders")
        (self.root / path).mkdir(parents=True, exist_ok=True)
        self._made.update(missing)


def _place(
    archive: tarfile.TarFile, member: tarfile.TarInfo, folders: _Folders, limits: ArchiveLimits
) -> bool:
    """Write one member; False when it is of a kind that is left out."""
    path = _target(member.name, limits)
    if path is None:
        return True  # the root folder itself
    if member.isdir():
        folders.make(path)
        return True
    # a sparse file unpacks to any size from nothing; git makes none
    is_plain = member.isreg() and not member.issparse()
    source = archive.extractfile(member) if is_plain else None
    if source is None:
        return False
    folders.make(path.parent)
    target = folders.root / path
    mode = stat.S_IMODE(0o700 if member.mode & 0o100 else 0o600)
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    with source, os.fdopen(handle, "wb") as out:
        shutil.copyfileobj(source, out, _CHUNK)
    return True


def _target(name: str, limits: ArchiveLimits) -> PurePosixPath | None:
    """The path below the archive's root folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise SnapshotRefused(f"the archive holds a path that leaves it: {name[:200]!r}")
    if len(path.parts) > limits.depth:
        raise SnapshotRefused(f"the archive is nested deeper than {limits.depth} folders")
    return PurePosixPath(*path.parts[1:]) if len(path.parts) > 1 else None
