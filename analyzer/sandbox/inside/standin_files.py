"""Where framework caches keep a downloaded file, and what happens when it is not there.

The loaders of Keras compare hashes and, when one differs, download again and delete the file. Here
a file that is there is taken as it is, nothing is downloaded and nothing deleted.
"""

from __future__ import annotations

import os
import tarfile
import tempfile
import urllib.parse
from typing import Any


class MissingFile(FileNotFoundError):
    """A file that would have to be downloaded; `name` is its name in the cache."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not in the cache and there is no network")
        self.name = name


def homes(cache_dir: Any = None) -> list[str]:
    """Folders that may be Keras' home, in the order of preference."""
    places = [
        cache_dir,
        os.environ.get("KERAS_HOME"),
        os.path.join(os.path.expanduser("~"), ".keras"),
        os.path.join(tempfile.gettempdir(), ".keras"),
    ]
    return [str(place) for place in places if place]


def find(
    name: str, cache_subdir: str = "datasets", unpacked: bool = False, cache_dir: Any = None
) -> str:
    """The cached file, or the folder that the archive was unpacked to.

    Raises:
        MissingFile: there is none.
    """
    for home in homes(cache_dir):
        base = os.path.join(home, cache_subdir)
        found = _unpacked(base, name) if unpacked else _file(base, name)
        if found:
            return found
    raise MissingFile(name)


def _file(base: str, name: str) -> str | None:
    path = os.path.join(base, name)
    return path if os.path.exists(path) else None


def _unpacked(base: str, name: str) -> str | None:
    stem = name.split(".")[0]
    for folder in (name, f"{stem}_extracted", stem):
        if os.path.isdir(os.path.join(base, folder)):
            return os.path.join(base, folder)
    inner = name.removesuffix("-target")
    if inner != name and os.path.isdir(os.path.join(base, inner)):
        return base  # the loader adds the inner folder's name itself
    for archive in (name, f"{name}.tar.gz", f"{name}_archive", f"{inner}.tar.gz"):
        path = os.path.join(base, archive)
        if os.path.isfile(path) and tarfile.is_tarfile(path):
            return _extract(path)
    return None


def _extract(path: str) -> str:
    target = tempfile.mkdtemp(prefix="unpacked-")
    with tarfile.open(path) as archive:
        archive.extractall(target, filter="data")
    return target


def get_file(
    fname: Any = None,
    origin: Any = None,
    untar: bool = False,
    extract: bool = False,
    cache_subdir: str = "datasets",
    cache_dir: Any = None,
    **_checks: Any,
) -> str:
    """`keras.utils.get_file` without network, hash check and deletion."""
    name = str(fname or os.path.basename(urllib.parse.urlsplit(str(origin)).path))
    return find(name, cache_subdir, bool(untar or extract), cache_dir)
