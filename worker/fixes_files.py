"""The head commit's files through GitHub's git objects: exact bytes and modes, in and out."""

from __future__ import annotations

import ast
import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from analyzer import Edit
from worker.api import Api, Json
from worker.pulls import PullRequest
from worker.repairs import Repair
from worker.suggestion import Text, apply_edits

FILE_MODES = ("100644", "100755")  # neither links nor submodules


@dataclass
class HeadFiles:
    """The head commit's files, read and written as git objects."""

    api: Api
    pull: PullRequest
    trees: dict[str, dict[str, Json]] = field(default_factory=dict)
    changed: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def apply(
        self, repairs: Sequence[Repair]
    ) -> tuple[tuple[Repair, ...], tuple[tuple[Repair, str], ...]]:
        """Every repair that does not touch a line of an earlier one; the others with a reason."""
        applied: list[Repair] = []
        left: list[tuple[Repair, str]] = []
        chosen: dict[str, list[Edit]] = {}
        for repair in repairs:
            new = [edit for edit in repair.edits if edit not in chosen.get(edit.path, [])]
            if any(_overlap(edit, old) for edit in new for old in chosen.get(edit.path, [])):
                left.append((repair, "its edit shares a line with another one"))
                continue
            tried = {
                path: [*chosen.get(path, []), *(edit for edit in new if edit.path == path)]
                for path in {edit.path for edit in new}
            }
            if (reason := self._write(tried)) is not None:
                left.append((repair, reason))
                continue
            chosen |= tried
            applied.append(repair)
        return tuple(applied), tuple(left)

    def _write(self, tried: dict[str, list[Edit]]) -> str | None:
        """Put the edited files in place; or the reason why not."""
        made = {}
        for path, edits in tried.items():
            found = self._read(path)
            if found is None:
                return f"{path} is no plain file of the head commit"
            mode, before = found
            after = edited(path, before, edits)
            if after is None:
                return f"{path} would be broken"
            made[path] = (mode, after)
        self.changed |= made
        return None

    def _read(self, path: str) -> tuple[str, bytes] | None:
        """Mode and content at the head commit."""
        *folders, name = PurePosixPath(path).parts
        tree = self.pull.head_sha
        for folder in folders:
            entry = self._tree(tree).get(folder)
            if entry is None or entry["type"] != "tree":
                return None
            tree = entry["sha"]
        entry = self._tree(tree).get(name)
        if entry is None or entry["mode"] not in FILE_MODES:
            return None
        blob = self.api.get(f"/repos/{self.pull.repository}/git/blobs/{entry['sha']}")
        return entry["mode"], base64.b64decode(blob["content"])

    def _tree(self, sha: str) -> dict[str, Json]:
        if sha not in self.trees:
            found = self.api.get(f"/repos/{self.pull.repository}/git/trees/{sha}")
            self.trees[sha] = {entry["path"]: entry for entry in found["tree"]}
        return self.trees[sha]

    def commit(self, message: str) -> str:
        """Store the changed files on top of the head commit; the branch is not moved yet."""
        where = f"/repos/{self.pull.head_repository}/git"
        entries = []
        for path, (mode, content) in sorted(self.changed.items()):
            stored = {"content": base64.b64encode(content).decode(), "encoding": "base64"}
            # the same objects again have the same names: every one of these may be repeated
            blob = self.api.send("POST", f"{where}/blobs", stored, repeatable=True)
            entries.append({"path": path, "mode": mode, "type": "blob", "sha": blob["sha"]})
        base = self.api.get(f"/repos/{self.pull.repository}/git/commits/{self.pull.head_sha}")
        body: Json = {"base_tree": base["tree"]["sha"], "tree": entries}
        tree = self.api.send("POST", f"{where}/trees", body, repeatable=True)
        body = {"message": message, "tree": tree["sha"], "parents": [self.pull.head_sha]}
        made = self.api.send("POST", f"{where}/commits", body, repeatable=True)
        return str(made["sha"])


def _overlap(one: Edit, other: Edit) -> bool:
    return one.start_line <= other.end_line and other.start_line <= one.end_line


def edited(path: str, content: bytes, edits: Sequence[Edit]) -> bytes | None:
    """The file after the edits, other bytes as they were; None when that breaks it."""
    text = Text.of(content)
    after = None if text is None else apply_edits(text, edits)
    if text is None or after is None:
        return None
    made = "\n".join(after).encode()
    if content.endswith(b"\n"):
        made += b"\n" if after else b""
    else:
        made = made.removesuffix(b"\r")  # the file ends without a line break, as before
    return made if _reads(path, made) or not _reads(path, content) else None


def _reads(path: str, content: bytes) -> bool:
    """Whether it is still what its name says."""
    try:
        if path.endswith(".ipynb"):
            json.loads(content)
        elif path.endswith(".py"):
            ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
