"""One source file as bytes on disk: encoding, line endings, size, notebook or script.

Nothing here knows Python's grammar; `analyzer.source.parsing` does.
"""

from __future__ import annotations

import codecs
import io
import re
import tokenize
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import SourceError
from analyzer.source.notebooks import Cell, Notebook, read_notebook

SIZE_LIMIT = 2 * 2**20
"""Bytes; a larger file is data or generated code, not a program somebody reviews."""

_BREAK = re.compile(r"\r\n|\n|\r")


def split_lines(text: str) -> tuple[str, ...]:
    """The lines without their breaks, as Python counts them.

    `str.splitlines` also breaks at form feeds and Unicode separators, which Python does not.
    """
    return tuple(_BREAK.split(text))


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A program's file.

    Attributes:
        path: relative to the program's root, with "/".
        text: the script: the decoded file, or the notebook's code cells joined.
        raw_text: the decoded file; differs from `text` for a notebook alone.
        newline: the commonest line break of the file: "\\n", "\\r\\n" or "\\r".
        encoding: Python's name of the encoding, "utf-8-sig" with a byte order mark.
        notebook: where the script's lines stand in the notebook, None for a script.
    """

    path: str
    text: str
    raw_text: str
    newline: str = "\n"
    encoding: str = "utf-8"
    notebook: Notebook | None = None

    @property
    def is_notebook(self) -> bool:
        """Whether the file is a Jupyter notebook."""
        return self.notebook is not None

    def file_line(self, script_line: int) -> int:
        """The line of the file on disk that holds this line of the script."""
        return self.notebook.file_line(script_line) if self.notebook else script_line

    def script_lines(self, file_line: int) -> tuple[int, ...]:
        """The lines of the script that this line of the file on disk holds."""
        return self.notebook.script_lines(file_line) if self.notebook else (file_line,)

    def cell_of(self, script_line: int) -> Cell | None:
        """The code cell (counted from 1) and the line in it, None for a script."""
        return self.notebook.cell_of(script_line) if self.notebook else None

    def to_file_edit(self, start: int, end: int, replacement: str) -> tuple[int, int, str]:
        """Translate "replace script lines start..end" into lines of the file on disk.

        Raises:
            EditError: the lines belong to two cells, or are a notebook command.
        """
        if self.notebook is None:
            return start, end, replacement
        return self.notebook.to_file_edit(start, end, replacement)

    def encode(self, raw_text: str) -> bytes:
        """The bytes of a changed `raw_text`, in this file's encoding."""
        return raw_text.encode(self.encoding)


def read_source(root: Path, path: str) -> SourceFile:
    """Read the file `path` under `root`.

    Raises:
        SourceError: it is missing, not a file, too large, binary or in an unknown encoding.
    """
    full = root / path
    try:
        if full.is_dir():
            raise SourceError("expected a file, found a folder", path=path)
        if not full.resolve().is_relative_to(root.resolve()):
            raise SourceError("the file lies outside the folder under review", path=path)
        with full.open("rb") as stream:
            raw = stream.read(SIZE_LIMIT + 1)
    except FileNotFoundError:
        raise SourceError("the file does not exist", path=path) from None
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"the file cannot be read: {reason}", path=path) from None
    return decode_source(path, raw)


def decode_source(path: str, raw: bytes) -> SourceFile:
    """Make a `SourceFile` of a file's bytes.

    Raises:
        SourceError: too large, binary, in an unknown encoding, or no valid notebook.
    """
    if len(raw) > SIZE_LIMIT:
        raise SourceError(
            f"the file is larger than {SIZE_LIMIT // 2**20} MB, the limit for a program", path=path
        )
    encoding = _encoding_of(path, raw)
    text = _decode(path, raw, encoding)
    if path.endswith(".ipynb") and not text.lstrip().startswith("{"):
        raise SourceError("expected a notebook (a JSON object), found other text", path=path)
    return source_from_text(path, text, encoding=encoding)


def source_from_text(path: str, raw_text: str, *, encoding: str = "utf-8") -> SourceFile:
    """Make a `SourceFile` of a file's decoded text.

    Of a notebook that is its JSON; any other text under its name is taken for its script.

    Raises:
        SourceError: the JSON is no notebook.
    """
    json_text = path.endswith(".ipynb") and raw_text.lstrip().startswith("{")
    notebook = read_notebook(path, raw_text) if json_text else None
    return SourceFile(
        path=path,
        text=notebook.script if notebook else raw_text,
        raw_text=raw_text,
        newline=_newline_of(raw_text),
        encoding=encoding,
        notebook=notebook,
    )


def _encoding_of(path: str, raw: bytes) -> str:
    """The encoding that Python would use (PEP 263), after refusing what is no text at all."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SourceError("the file is UTF-16; Python reads UTF-8: save it as UTF-8", path=path)
    if b"\0" in raw:
        raise SourceError("the file is binary (it contains zero bytes), not a program", path=path)
    if path.endswith(".ipynb"):
        return "utf-8-sig" if raw.startswith(codecs.BOM_UTF8) else "utf-8"
    try:
        return tokenize.detect_encoding(io.BytesIO(raw).readline)[0]
    except SyntaxError as error:
        if "unknown encoding" in str(error) or "encoding problem" in str(error):
            raise SourceError(
                f"{error.msg}: the coding comment names no text encoding of Python", path=path
            ) from None
        return "utf-8"


def _decode(path: str, raw: bytes, encoding: str) -> str:
    """Decode, or say at which line which byte is wrong and what to do."""
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"byte 0x{raw[error.start]:02x} is not {encoding}; save the file as UTF-8, or name "
            "its encoding on the first line (# -*- coding: latin-1 -*-)",
            path=path,
            line=line,
        ) from None
    except (LookupError, UnicodeError, ValueError, AssertionError) as error:
        raise SourceError(f"the encoding {encoding} cannot be read: {error}", path=path) from None


def _newline_of(text: str) -> str:
    """The commonest line break; "\\n" when there is none."""
    crlf = text.count("\r\n")
    counts = {"\n": text.count("\n") - crlf, "\r\n": crlf, "\r": text.count("\r") - crlf}
    return max(counts, key=lambda newline: counts[newline])
