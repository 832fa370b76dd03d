"""Bare git repositories, driven by the git command: commits, reads, archives, merges.

`git fast-import` makes a commit of any size in one process and needs no working tree. The
caller's own git configuration is kept out, so that the same files give the same diff everywhere.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

FILE, EXECUTABLE, SYMLINK = "100644", "100755", "120000"
_SHA = re.compile(r"[0-9a-f]{4,40}")


class GitError(Exception):
    """The git command failed: its arguments and what it said."""


@dataclass(frozen=True)
class Person:
    """Who a commit is by."""

    name: str
    email: str


@dataclass(frozen=True)
class TreeEntry:
    """File content together with a mode: executable, or a symbolic link (content is the target)."""

    content: bytes
    mode: str = FILE


@dataclass(frozen=True)
class ListedEntry:
    """One row of a tree; `size` is in bytes and None for folders and submodules."""

    path: str
    mode: str
    type: str
    sha: str
    size: int | None


@dataclass(frozen=True)
class Commit:
    sha: str
    tree: str
    parents: tuple[str, ...]
    author: Person
    date: str
    message: str


Content = bytes | str | TreeEntry | None
"""What a path holds in a new commit; None removes the path."""


class GitRepository:
    """One bare repository. Commit names are full 40-digit hashes throughout."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, folder: Path) -> "GitRepository":
        folder.mkdir(parents=True)
        repository = cls(folder)
        repository.run("init", "--bare", "--quiet", "--initial-branch=main", ".")
        return repository

    def run(
        self, *arguments: str, stdin: bytes | None = None, extra: Mapping[str, str] | None = None
    ) -> bytes:
        command = ["git", "-c", "core.quotePath=off", "-c", "gc.auto=0", *arguments]
        done = subprocess.run(
            command,
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            env={**_ENV, **(extra or {})},
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip()
            raise GitError(f"git {' '.join(arguments)}: {said or done.returncode}")
        return done.stdout

    def text(self, *arguments: str) -> str:
        return self.run(*arguments).decode(errors="replace").strip()

    def commit(
        self, ref: str, files: Mapping[str, Content], message: str, by: Person, parent: str | None
    ) -> str:
        """Makes a commit on `parent` (None: a root commit), moves `ref` to it, names it."""
        stream = [f"commit {ref}\ncommitter {by.name} <{by.email}> now\n".encode()]
        stream.append(_data(message.encode()))
        # Without a `from` fast-import would continue the ref's present history.
        stream.append(f"from {parent or '0' * 40}\n".encode())
        stream += [_change(path, content) for path, content in files.items()]
        arguments = ("fast-import", "--quiet", "--date-format=now", "--force")
        self.run(*arguments, stdin=b"".join(stream))
        return self.text("rev-parse", ref)

    def resolve(self, name: str) -> str | None:
        """The commit that a branch, tag, `heads/x`, `refs/pull/1/head` or hash stands for."""
        candidates = [f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}"]
        if name == "HEAD" or name.startswith("refs/") or _SHA.fullmatch(name):
            candidates.append(name)
        for candidate in candidates:
            found = self._verify(f"{candidate}^{{commit}}")
            if found is not None:
                return found
        return None

    def _verify(self, expression: str) -> str | None:
        arguments = ("rev-parse", "--verify", "--quiet", "--end-of-options", expression)
        try:
            return self.text(*arguments)
        except GitError:
            return None

    def point(self, ref: str, sha: str) -> None:
        self.run("update-ref", ref, sha)

    def branches(self) -> dict[str, str]:
        listed = self.text(
            "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/heads"
        )
        rows = [row.rpartition(" ") for row in listed.splitlines()]
        return {name: sha for name, _, sha in rows}

    def read(self, commit: str, path: str) -> bytes | None:
        entry = self.entry(commit, path)
        return None if entry is None or entry.type != "blob" else self.blob(entry.sha)

    def blob(self, sha: str) -> bytes:
        return self.run("cat-file", "blob", sha)

    def type_of(self, sha: str) -> str | None:
        found = self._verify(sha) if _SHA.fullmatch(sha) else None
        return (
            None if found is None or not self._exists(found) else self.text("cat-file", "-t", found)
        )

    def _exists(self, sha: str) -> bool:
        try:
            self.run("cat-file", "-e", sha)
        except GitError:
            return False
        return True

    def entry(self, commit: str, path: str) -> ListedEntry | None:
        found = self.tree(commit, paths=(path,))
        return found[0] if found and found[0].path == path else None

    def tree(
        self, treeish: str, recursive: bool = False, paths: tuple[str, ...] = ()
    ) -> tuple[ListedEntry, ...]:
        options = ["-r", "-t"] if recursive else []
        listed = self.run("ls-tree", "-z", "-l", *options, treeish, "--", *paths)
        return tuple(_listed(row) for row in listed.split(b"\0") if row)

    def store(self, content: bytes) -> str:
        return self.run("hash-object", "-w", "--stdin", stdin=content).decode().strip()

    def write_tree(self, base: str | None, entries: Iterable[ListedEntry]) -> str:
        """`base` with the entries put over it; mode 0 removes a path."""
        rows = [f"{one.mode} {one.sha}\t{one.path}\0" for one in entries]
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": f"{scratch}/index"}
            self.run(*(("read-tree", base) if base else ("read-tree", "--empty")), extra=index)
            stdin = "".join(rows).encode()
            self.run("update-index", "-z", "--index-info", stdin=stdin, extra=index)
            return self.run("write-tree", extra=index).decode().strip()

    def write_commit(self, tree: str, parents: Iterable[str], message: str, by: Person) -> str:
        who = ("-c", f"user.name={by.name}", "-c", f"user.email={by.email}")
        onto = [part for parent in parents for part in ("-p", parent)]
        return self.text(*who, "commit-tree", tree, *onto, "-m", message)

    def show(self, sha: str) -> Commit:
        return self._log("-1", sha)[0]

    def between(self, base: str, head: str) -> tuple[Commit, ...]:
        """The commits of `head` that `base` lacks, oldest first."""
        return self._log("--reverse", f"{base}..{head}")

    def _log(self, *arguments: str) -> tuple[Commit, ...]:
        form = "%H%x1f%T%x1f%P%x1f%an%x1f%ae%x1f%aI%x1f%B%x00"
        rows = self.text("log", f"--format={form}", *arguments).split("\0")
        return tuple(_logged(row.lstrip("\n")) for row in rows if row.strip())

    def merge_base(self, left: str, right: str) -> str | None:
        try:
            return self.text("merge-base", left, right)
        except GitError:
            return None

    def merge(self, base: str, head: str, by: Person) -> str | None:
        """The commit that merging `head` into `base` would make; None when they conflict."""
        try:
            tree = self.text("merge-tree", "--write-tree", base, head)
        except GitError:
            return None
        message = f"Merge {head} into {base}"
        return self.write_commit(tree, (base, head), message, by)

    def archive(self, commit: str, root_folder: str) -> bytes:
        """A gzipped tar of the commit under one root folder, as GitHub packs it."""
        return self.run("archive", "--format=tar.gz", f"--prefix={root_folder}/", commit)


_ENV = {
    "PATH": os.environ.get("PATH", os.defpath),
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _change(path: str, content: Content) -> bytes:
    quoted = '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
    if content is None:
        return f"D {quoted}\n".encode()
    entry = content if isinstance(content, TreeEntry) else TreeEntry(_bytes(content))
    return f"M {entry.mode} inline {quoted}\n".encode() + _data(entry.content)


def _bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _listed(row: bytes) -> ListedEntry:
    """Reads `mode type sha size<TAB>path`; the size of anything but a blob is `-`."""
    facts, _, path = row.partition(b"\t")
    mode, kind, sha, size = facts.decode().split()
    listed_size = None if size == "-" else int(size)
    return ListedEntry(path.decode(errors="replace"), mode, kind, sha, listed_size)


def _logged(row: str) -> Commit:
    sha, tree, parents, name, email, date, message = row.split("\x1f")
    by = Person(name, email)
    return Commit(sha, tree, tuple(parents.split()), by, date, message.rstrip("\n"))
