"""Progress of the demo: one line per event, and a running clock where there is a terminal."""

import io
import sys
from collections.abc import Callable
from time import monotonic, sleep

from worker.demo.service import DemoFailed


class Progress:
    """Prints to standard output; the clock is redrawn only on a terminal."""

    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty()
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")  # a terminal without UTF-8 shows marks
        self._started = monotonic()

    @property
    def seconds(self) -> float:
        return monotonic() - self._started

    def say(self, text: str) -> None:
        print(f"[{self.seconds:5.1f} s] {text}", flush=True)

    def show(self, text: str) -> None:
        """A longer text of its own, between rules."""
        rule = "─" * 88
        print(f"\n{rule}\n{text}\n{rule}\n", flush=True)

    def wait(self, until: Callable[[], bool], what: Callable[[], str], timeout: float) -> None:
        """Waits for something, telling when `what` changes.

        Raises:
            DemoFailed: it did not happen within `timeout` seconds.
        """
        deadline, told = monotonic() + timeout, ""
        while not until():
            now = what()
            if now != told:
                self._erase()
                self.say(now)
                told = now
            if monotonic() > deadline:
                raise DemoFailed(f"gave up after {timeout:.0f} s: {now}")
            self._draw(f"[{self.seconds:5.1f} s] …")
            sleep(0.1)
        self._erase()

    def _draw(self, text: str) -> None:
        if self.is_terminal:
            print(f"\r{text}", end="", flush=True)

    def _erase(self) -> None:
        if self.is_terminal:
            print("\r\x1b[K", end="", flush=True)
