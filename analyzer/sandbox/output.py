"""The two streams that come out of the sandbox: what the program printed, and the report."""

from __future__ import annotations

from dataclasses import dataclass, field

FLOOD_BYTES = 64 * 2**20
# Snapshots repeat the facts, so the whole stream may be several reports long.
SNAPSHOTS = 64


@dataclass
class Tail:
    """The end of a stream, within a fixed amount of memory.

    Attributes:
        keep: bytes kept; total: bytes seen.
    """

    keep: int
    total: int = 0
    _kept: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> None:
        """Take more of the stream."""
        self.total += len(data)
        self._kept += data
        if len(self._kept) > 4 * self.keep:
            del self._kept[: -self.keep or None]

    @property
    def flooded(self) -> bool:
        """True when the program printed absurdly much."""
        return self.total > FLOOD_BYTES

    def text(self) -> str:
        """The kept end as text; what is not UTF-8 is shown as replacement characters."""
        kept = bytes(self._kept[-self.keep :]) if self.keep else b""
        return kept.decode("utf-8", "replace").replace("\x00", "")[-self.keep :]


@dataclass
class ReportStream:
    """The lines of the result pipe, keeping only the newest report.

    Attributes:
        result_bytes: bound on one report.
        alive: the child said that it runs.
        final: the last word arrived.
        breach: why the stream is no longer read, None while it is in order.
    """

    result_bytes: int
    alive: bool = False
    final: bool = False
    breach: str | None = None
    report: bytes | None = None
    _total: int = 0
    _partial: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> None:
        """Take more of the stream; nothing is read after the last word or a breach."""
        if self.final or self.breach is not None:
            return
        self._total += len(data)
        start = len(self._partial)
        self._partial += data
        end = self._partial.find(b"\n", start)
        while end >= 0 and not self.final and self.breach is None:
            self._line(bytes(self._partial[:end]))
            del self._partial[: end + 1]
            end = self._partial.find(b"\n")
        self._check_bounds()

    def _line(self, line: bytes) -> None:
        mark, body = line[:2], line[2:]
        if mark == b"H ":
            self.alive = True
        elif mark in (b"P ", b"F "):
            self.report = body
            self.final = mark == b"F "
        else:
            self.breach = f"a line begins with {line[:20]!r}"

    def _check_bounds(self) -> None:
        if self.final or self.breach is not None:
            return
        if len(self._partial) > self.result_bytes + 2:
            self.breach = f"a line is longer than {self.result_bytes:,} bytes"
        elif self._total > SNAPSHOTS * self.result_bytes:
            self.breach = f"there were more than {SNAPSHOTS * self.result_bytes:,} bytes of it"
