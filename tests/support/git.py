"""A real git repository in a temporary folder."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
}


class Repository:
    """Commits whole trees; None as content removes a path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run("init", "--quiet", "--initial-branch=main", str(folder), at=Path("/"))

    def run(self, *arguments: str, at: Path | None = None, stdin: bytes | None = None) -> bytes:
        """Standard output of git."""
        return subprocess.run(
            ["git", *arguments],
            cwd=at or self.folder,
            input=stdin,
            check=True,
            capture_output=True,
            env=_ENVIRONMENT,
        ).stdout

    def commit(self, files: Mapping[str, bytes | None], message: str = "A change") -> str:
        """The name of a new commit on the current branch."""
        for path, content in files.items():
            target = self.folder / path
            if content is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        self.run("add", "--all")
        self.run("commit", "--quiet", "--allow-empty", "-m", message)
        return self.run("rev-parse", "HEAD").decode().strip()
