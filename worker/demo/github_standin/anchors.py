"""Where a comment hangs in a diff, and whether GitHub would let it hang there. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from worker.demo.github_standin.diffs import ChangedFile, Hunk, Row
from worker.demo.github_standin.refusals import Json


class Unanchored(Exception):
    """The place is not in the diff: which member of the comment is at fault, and what it must."""

    def __init__(self, member: str, must: str) -> None:
        super().__init__(f"{member} {must}")
        self.member = member
        self.must = must


@dataclass(frozen=True)
class Anchor:
    """A row of the diff, or a range that ends with it."""

    hunk: Hunk
    row: Row
    side: str
    start: Row | None
    start_side: str | None

    @property
    def line(self) -> int | None:
        return self.row.number(self.side)

    @property
    def start_line(self) -> int | None:
        return self.start.number(self.start_side or self.side) if self.start else None


def find_anchor(files: Sequence[ChangedFile], comment: Json) -> Anchor:
    """The rows that `path`, `line` or `position`, and `start_line` name in the diff."""
    file = next((one for one in files if one.path == comment["path"]), None)
    if file is None:
        raise Unanchored("path", "must be part of the diff")
    if comment.get("line") is None and comment.get("position") is not None:
        return _by_position(file, comment["position"])
    side = comment.get("side") or "RIGHT"
    end = file.find(side, comment["line"]) if comment.get("line") is not None else None
    if end is None:
        raise Unanchored("line", "must be part of the diff")
    hunk, row = end
    start, start_side = _start(file, comment, hunk, row)
    return Anchor(hunk, row, side, start, start_side)


def _by_position(file: ChangedFile, position: int) -> Anchor:
    found = file.at_position(position)
    if found is None:
        raise Unanchored("position", "is invalid")
    hunk, row = found
    return Anchor(hunk, row, "LEFT" if row.kind == "-" else "RIGHT", None, None)


def _start(file: ChangedFile, comment: Json, hunk: Hunk, row: Row) -> tuple[Row | None, str | None]:
    """The first row of a range: in the same hunk and strictly above the last one."""
    line = comment.get("start_line")
    if line is None:
        return None, None
    side = comment.get("start_side") or comment.get("side") or "RIGHT"
    if side not in ("LEFT", "RIGHT"):
        side = comment.get("side") or "RIGHT"
    found = file.find(side, line)
    if found is None:
        raise Unanchored("start_line", "must be part of the diff")
    if found[0] is not hunk:
        raise Unanchored("start_line", "must be part of the same hunk as the line.")
    if found[1].position >= row.position:
        raise Unanchored("start_line", "must precede the end line.")
    return found[1], side
