"""An earlier version of a folder, from the git repository that holds it."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import UsageError
from analyzer.options import Mount

MOST_SHOWN = 50  # untracked files and folders that the earlier version gets to see
_NO_DATA = (".git", ".venv", "venv", "__pycache__", "node_modules")
_GIT_SETTINGS = ("-c", "core.quotePath=false", "-c", "core.fsmonitor=false")


@dataclass(frozen=True, slots=True)
class Earlier:
    """The folder as it was.

    Attributes:
        renamed: paths now to other ones then.
        data: what git does not track, such as data sets: shown to the earlier version as it is now.
    """

    root: Path
    renamed: dict[str, str]
    data: tuple[Mount, ...]


@contextmanager
def earlier(root: Path, revision: str) -> Iterator[Earlier]:
    """The folder at this revision, in a temporary place.

    Raises:
        UsageError: the folder is in no git repository, or there is no such revision.
    """
    commit = find_commit(root, revision)
    prefix = _git(root, "rev-parse", "--show-prefix").decode().strip()
    with tempfile.TemporaryDirectory(prefix="faultline-base-") as folder:
        _unpack(root, f"{commit}:{prefix}", Path(folder))
        yield Earlier(Path(folder), _renames(root, commit), _untracked(root))


def find_commit(root: Path, revision: str) -> str:
    """The full name of the commit.

    Raises:
        UsageError: the folder is in no git repository, or there is no such revision.
    """
    try:
        inside = _run(root, "rev-parse", "--is-inside-work-tree")
    except OSError as error:
        raise UsageError(f"--base: git cannot be run: {error}") from error
    if inside.returncode != 0 or inside.stdout.strip() != b"true":
        raise UsageError(f"--base: {root} is not in the working tree of a git repository")
    name = f"{revision}^{{commit}}"
    found = _run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", name)
    if found.returncode != 0:
        raise UsageError(f"--base: expected a commit of this repository, got {revision!r}")
    return found.stdout.decode().strip()


def _unpack(root: Path, tree: str, folder: Path) -> None:
    if _run(root, "rev-parse", "--verify", "--quiet", "--end-of-options", tree).returncode != 0:
        return  # this folder did not exist yet
    top = Path(_git(root, "rev-parse", "--show-toplevel").decode().strip())
    command = ["git", "-C", str(top), *_GIT_SETTINGS, "archive", "--format=tar", tree]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            archive.extractall(folder, members=_plain(archive), filter="data")
    if process.returncode != 0:
        raise UsageError(f"--base: git archive ended with status {process.returncode}")


def _plain(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Files and folders; links may lead out of the folder."""
    return (member for member in archive if member.isfile() or member.isdir())


def _renames(root: Path, commit: str) -> dict[str, str]:
    """Between the commit and the working tree, with paths relative to the folder."""
    options = ("--find-renames", "--diff-filter=R", "--name-status", "-z", "--relative")
    _git(root, "update-index", "-q", "--refresh", allowed=(0, 1))
    fields = _git(root, "diff", *options, "--end-of-options", commit).split(b"\0")
    names = [field.decode("utf-8", "surrogateescape") for field in fields if field]
    return {names[i + 2]: names[i + 1] for i in range(0, len(names) - 2, 3)}


def _untracked(root: Path) -> tuple[Mount, ...]:
    listed = _git(root, "ls-files", "--others", "--directory", "--no-empty-directory", "-z")
    names = [name.decode("utf-8", "surrogateescape") for name in listed.split(b"\0") if name]
    shown = []
    for name in names:
        path = Path(name.rstrip("/"))
        if path.suffix == ".py" or any(part in _NO_DATA for part in path.parts):
            continue
        shown.append(Mount(root / path, path.as_posix()))
    return tuple(shown[:MOST_SHOWN])


def _git(root: Path, *arguments: str, allowed: tuple[int, ...] = (0,)) -> bytes:
    done = _run(root, *arguments)
    if done.returncode not in allowed:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UsageError(f"--base: git {arguments[0]}: {said[0] if said else done.returncode}")
    return done.stdout


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-C", str(root), *_GIT_SETTINGS, *arguments]
    return subprocess.run(command, capture_output=True, check=False)
