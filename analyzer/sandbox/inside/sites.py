"""Where in the user's own files the running code stands: frame → exact source range.

Columns are 0-based code points. CPython gives UTF-8 byte offsets, which are converted with the
line's text when it is not ASCII.
"""

from __future__ import annotations

import itertools
import linecache
import os
import sys
from types import FrameType, TracebackType
from typing import Any

# Folders below the program root that hold other people's code.
FOREIGN_FOLDERS = ("/site-packages/", "/dist-packages/")
MOST_PLACES = 10_000
"""Places that are kept: finding one walks through the positions of all instructions before it."""


class Sources:
    """Decides which files are the user's own and turns frames into sites.

    Attributes:
        root: absolute path of the program's root folder, without a trailing slash.
    """

    def __init__(self, root: str) -> None:
        self.root = os.path.abspath(root)
        self._known: dict[str, str | None] = {}
        self._places: dict[tuple[int, int], tuple[Any, dict[str, Any]]] = {}

    def relative(self, filename: str) -> str | None:
        """Path relative to the root with "/", or None when the file is not the user's own."""
        if filename not in self._known:
            self._known[filename] = self._relative(filename)
        return self._known[filename]

    def _relative(self, filename: str) -> str | None:
        if filename.startswith("<"):
            return None
        path = os.path.abspath(filename)
        if not path.startswith(self.root + os.sep):
            return None
        if any(folder in path[len(self.root) :] for folder in FOREIGN_FOLDERS):
            return None
        return path[len(self.root) + 1 :].replace(os.sep, "/")

    def innermost(self, frame: FrameType | None, skip: int = 0) -> FrameType | None:
        """The innermost of the user's frames at or above `frame`, after leaving out `skip`."""
        known = self._known
        while frame is not None:
            filename = frame.f_code.co_filename
            path = known[filename] if filename in known else self.relative(filename)
            if path is not None:
                if skip <= 0:
                    return frame
                skip -= 1
            frame = frame.f_back
        return None

    def of_frame(self, frame: FrameType) -> dict[str, Any]:
        """The range of the expression that the frame is evaluating."""
        code, instruction = frame.f_code, frame.f_lasti
        known = self._places.get((id(code), instruction))
        if known is None or known[0] is not code:  # held, so that its identity stays its own
            if len(self._places) >= MOST_PLACES:
                self._places.clear()
            known = code, self._site(frame, instruction, frame.f_lineno)
            self._places[(id(code), instruction)] = known
        return dict(known[1])

    def of_traceback(self, traceback: TracebackType | None) -> dict[str, Any] | None:
        """The user's innermost line on the way to an exception."""
        site = None
        while traceback is not None:
            if self.relative(traceback.tb_frame.f_code.co_filename) is not None:
                site = self._site(traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)
            traceback = traceback.tb_next
        return site

    def _site(self, frame: FrameType, instruction: int, line: int | None) -> dict[str, Any]:
        filename = frame.f_code.co_filename
        first = line or frame.f_code.co_firstlineno
        last, column, end_column = first, 0, 0
        positions = _positions(frame, instruction)
        if positions is not None:
            first, last, column, end_column = positions
            column = code_points(linecache.getline(filename, first), column)
            end_column = code_points(linecache.getline(filename, last), end_column)
        return {
            "path": self.relative(filename) or os.path.basename(filename),
            "line": max(first, 1),
            "column": column,
            "end_line": max(last, 1),
            "end_column": end_column,
        }

    def of_lines(self, filename: str, line: int) -> dict[str, Any] | None:
        """A whole line of one of the user's files, for what is known by line number only."""
        path = self.relative(filename)
        if path is None or line < 1:
            return None
        text = linecache.getline(filename, line).rstrip("\r\n")
        start = len(text) - len(text.lstrip())
        return {
            "path": path,
            "line": line,
            "column": start,
            "end_line": line,
            "end_column": len(text),
        }


def _positions(frame: FrameType, instruction: int) -> tuple[int, int, int, int] | None:
    """(line, end line, column, end column) of the instruction, None when Python has none."""
    if sys.version_info < (3, 11) or instruction < 0:
        return None
    entry = next(itertools.islice(frame.f_code.co_positions(), instruction // 2, None), None)
    if entry is None:
        return None
    line, end_line, column, end_column = entry
    if line is None or end_line is None or column is None or end_column is None:
        return None
    return line, end_line, column, end_column


def code_points(line: str, byte_column: int) -> int:
    """A UTF-8 byte offset into the line as an offset in code points."""
    if line.isascii():
        return byte_column
    return len(line.encode("utf-8", "surrogatepass")[:byte_column].decode("utf-8", "ignore"))
