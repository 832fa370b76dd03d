"""Staying with one run to its end: read its streams, hold it to its limits, say how it ended."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from analyzer.limits import Limits
from analyzer.observed import Cause, NotObserved
from analyzer.sandbox.output import FLOOD_BYTES, ReportStream, Tail
from analyzer.sandbox.watch import Use, proportional_bytes

POLL_SECONDS = 0.05
# After its last word a run may take this long to end; then it is ended without a complaint.
GRACE_SECONDS = 0.5
READ_BYTES = 1 << 20
MOST_READS = 64  # per turn, so that a flood cannot keep us from looking at the clock


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended.

    Attributes:
        report: its newest report, not yet validated; None when there is none.
        trouble: what the parent saw; None when the child speaks for itself.
        output: the end of what it printed.
    """

    report: bytes | None
    trouble: NotObserved | None
    output: str


@dataclass
class Following:
    """A run with its streams.

    Attributes:
        limits: its bounds.
        output_end, report_end: where its streams are read, not blocking.
        use: what the run uses now.
        has_ended: whether its process is gone.
        bell: a descriptor that becomes readable when `has_ended` may have changed.
    """

    limits: Limits
    output_end: int
    report_end: int
    use: Callable[[], Use]
    has_ended: Callable[[], bool]
    bell: int | None = None
    report: ReportStream = field(init=False)
    tail: Tail = field(init=False)
    _started: float = field(default_factory=time.monotonic)
    _final_at: float | None = None
    _watched_at: float = 0.0

    def __post_init__(self) -> None:
        self.report = ReportStream(self.limits.result_bytes)
        self.tail = Tail(self.limits.output_bytes)

    def follow(self) -> NotObserved | None:
        """Read and watch until the run ends; the reason when it has to be ended."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.output_end, selectors.EVENT_READ, self.tail)
            selector.register(self.report_end, selectors.EVENT_READ, self.report)
            if self.bell is not None:
                selector.register(self.bell, selectors.EVENT_READ)
            while not self.has_ended() and not self._lingers():
                self._read_ready(selector)
                if self.limits.interrupt is not None:
                    self.limits.interrupt()
                trouble = None if self.report.final else self._trouble()
                if trouble is not None:
                    return trouble
        return None

    def _read_ready(self, selector: selectors.BaseSelector) -> None:
        for key, _ in selector.select(POLL_SECONDS):
            if key.data is not None and not _read(key.fd, key.data):
                selector.unregister(key.fd)
        if not selector.get_map():  # it closed both streams, but it still runs
            time.sleep(POLL_SECONDS)

    def drain(self) -> None:
        """Read what is left when the run is gone."""
        _read(self.output_end, self.tail)
        _read(self.report_end, self.report)

    def outcome(self, trouble: NotObserved | None, status: int) -> Outcome:
        """What came out, when the process ended with this status."""
        if trouble is None and not self.report.final:
            trouble = _sudden_end(self.report, status)
        return Outcome(self.report.report, trouble, self.tail.text())

    def _lingers(self) -> bool:
        """True when the run gave its last word some time ago and has still not ended."""
        if self.report.final and self._final_at is None:
            self._final_at = time.monotonic()
        return self._final_at is not None and time.monotonic() - self._final_at > GRACE_SECONDS

    def _trouble(self) -> NotObserved | None:
        return self._streams_trouble() or self._resources_trouble()

    def _streams_trouble(self) -> NotObserved | None:
        if self.report.breach is not None:
            return _protocol(self.report.breach)
        if self.tail.flooded:
            bound = FLOOD_BYTES // 2**20
            return _named("output", f"the program printed more than {bound} MiB and was stopped")
        seconds = self.limits.wall_seconds
        if time.monotonic() - self._started > seconds:
            return _named("timeout", f"the program was stopped after {seconds:.0f} s")
        return None

    def _resources_trouble(self) -> NotObserved | None:
        now = time.monotonic()
        if now - self._watched_at < POLL_SECONDS:
            return None
        self._watched_at = now
        use, bound = self.use(), self.limits.memory_bytes
        if use.memory_bytes > bound:
            exact = proportional_bytes(use.pids)
            memory = use.memory_bytes if exact is None else exact
            if memory > bound:
                message = f"the program used {_gib(memory)}, allowed are {_gib(bound)}"
                return _named("memory", message)
        if use.threads >= self.limits.processes:
            message = f"the program ran {use.threads} processes and threads at once"
            return _named("processes", f"{message}, allowed are {self.limits.processes}")
        return None


def _read(descriptor: int, sink: Tail | ReportStream) -> bool:
    """Feed what is there into the sink; False at the end of the stream."""
    for _ in range(MOST_READS):
        try:
            data = os.read(descriptor, READ_BYTES)
        except BlockingIOError:
            return True
        if not data:
            return False
        sink.feed(data)
    return True


def _gib(size: int) -> str:
    return f"{size / 2**30:.2f} GiB of memory"


def _sudden_end(report: ReportStream, status: int) -> NotObserved:
    """The process ended without its last word."""
    if report.breach is not None:
        return _protocol(report.breach)
    number = next(iter(_signals(status)), None)
    if number == signal.SIGKILL:
        return _named("killed", "the program was killed from outside (SIGKILL)")
    if number is not None:
        return _named("crash", f"the program was ended by {number.name}")
    return _named("killed", f"the program ended with status {status} without a report")


def _signals(status: int) -> Iterator[signal.Signals]:
    """The signal behind an exit status; bwrap reports signal n as 128 + n."""
    number = -status if status < 0 else status - 128
    with contextlib.suppress(ValueError):
        yield signal.Signals(number)


def _protocol(message: str) -> NotObserved:
    return _named("protocol", f"what came out of the sandbox is not a report: {message}")


def _named(cause: Cause, message: str) -> NotObserved:
    return NotObserved(cause=cause, message=message)
