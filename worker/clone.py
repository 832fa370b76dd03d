"""The same view of a change as GitHub's, read from a local clone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from analyzer import CONFIGURATION_PATH
from worker.diff import ChangedFile, parse_patch
from worker.errors import CloneError

# What a user's configuration of git could change about a diff, put back to git's defaults.
_DEFAULTS = ("diff.interHunkContext=0", "diff.algorithm=default", "core.quotePath=false")
_DIFF = (
    *("diff", "--merge-base", "--unified=3", "--find-renames", "--no-color", "--no-ext-diff"),
    *("--no-textconv", "--no-relative", "--src-prefix=a/", "--dst-prefix=b/"),
    *("--ignore-submodules=none", "--submodule=short", "--patch-with-raw", "-z"),
)
_STATUS = {
    **{"A": "added", "D": "removed", "M": "modified", "R": "renamed", "C": "copied"},
    "T": "changed",
}
_CHUNK = 64 * 1024


class Clone:
    """A local git repository."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def commit(self, revision: str) -> str:
        """The full name of a commit.

        Raises:
            CloneError: there is no such commit, or no repository.
        """
        done = self._git(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}"
        )
        if done.returncode != 0:
            words = done.stderr.decode("utf-8", "replace").strip()
            raise CloneError(
                f"{self._folder}: no commit {revision!r}" + (f": {words}" if words else "")
            )
        return done.stdout.decode().strip()

    def changed_files(self, base: str, head: str) -> dict[str, ChangedFile]:
        """What head changes since it left base, as a pull request shows it."""
        done = self._git(*_DIFF, "--end-of-options", base, head)
        if done.returncode != 0:
            raise CloneError(f"git diff: {done.stderr.decode('utf-8', 'replace').strip()}")
        return {file.path: file for file in read_diff(done.stdout)}

    def merge_base(self, base: str, head: str) -> str:
        """The commit where head left base.

        Raises:
            CloneError: they have no commit in common.
        """
        done = self._git("merge-base", "--end-of-options", base, head)
        if done.returncode != 0:
            raise CloneError(f"{base[:12]} and {head[:12]} have no commit in common")
        return done.stdout.decode().split()[0]

    def configuration(self, base: str) -> str | None:
        """The text of the configuration in this commit."""
        done = self._git("cat-file", "blob", f"{base}:{CONFIGURATION_PATH}")
        return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

    @contextmanager
    def archive(self, head: str) -> Iterator[Iterator[bytes]]:
        """A tar of the commit, piece by piece, with one root folder."""
        command = [*self._command, "archive", "--format=tar", "--prefix=root/", head]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            out = process.stdout
            assert out is not None
            yield iter(lambda: out.read(_CHUNK), b"")
            out.close()  # a reader that gave up early ends git as well
        if process.returncode not in (0, -13):
            raise CloneError(f"git archive ended with status {process.returncode}")

    @property
    def _command(self) -> list[str]:
        settings = [part for setting in _DEFAULTS for part in ("-c", setting)]
        return ["git", "-C", str(self._folder), *settings]

    def _git(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run([*self._command, *arguments], capture_output=True, check=False)
        except OSError as error:
            raise CloneError(f"git cannot be run: {error}") from error


def read_diff(output: bytes) -> Iterator[ChangedFile]:
    """The files of `git diff --patch-with-raw -z`: a raw list, then the patches in its order."""
    raw, patches = _split(output)
    bodies = iter(re.split(rb"(?m)^diff --git ", patches)[1:])
    for status, previous, path in raw:
        body = next(bodies, b"").decode("utf-8", "replace")
        hunks = parse_patch(body)
        if status == "T":  # a file became a link: git writes a removal and an addition
            next(bodies, b"")
            hunks = ()
        yield ChangedFile(path, _STATUS.get(status, "changed"), previous, hunks or None)


def _split(output: bytes) -> tuple[list[tuple[str, str | None, str]], bytes]:
    """The raw list as (status, old path of a rename, path), and the rest."""
    files = []
    rest = output
    while rest.startswith(b":"):
        fields, rest = rest.split(b"\0", 1)
        status = chr(fields.split(b" ")[4][0])
        name, rest = rest.split(b"\0", 1)
        previous = None
        if status in "RC":
            previous = name.decode("utf-8", "surrogateescape")
            name, rest = rest.split(b"\0", 1)
        files.append((status, previous, name.decode("utf-8", "surrogateescape")))
    return files, rest.lstrip(b"\0")
