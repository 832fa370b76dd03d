"""Why the user's program ended: the exception as one word, one line and one place."""

from __future__ import annotations

import argparse
import errno
import linecache
import os
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from .plain import clip, one_line
from .recorder import Recorder

FRAMEWORKS = {"keras", "tensorflow", "tf_keras", "torch"}
LONGEST_MESSAGE = 500  # characters of an exception's text
NETWORK_ERRORS = {"URLError", "HTTPError", "gaierror", "ConnectionError", "MaxRetryError"}
NETWORK_ERRORS |= {"NewConnectionError", "NameResolutionError", "LocalEntryNotFoundError"}
NETWORK_ERRORS |= {"OfflineModeIsEnabled", "ConnectTimeout", "ProxyError"}
NOT_FOUND = re.compile(
    r"URL fetch failure|Dataset not found|No such file or directory|does not exist|not found\.? You"
    r"|Could not find directory|No files? (?:were )?found|Found no valid file",
    re.IGNORECASE,
)
QUOTED_PATH = re.compile(r"['\"]([^'\"\n]{1,250}[./\\][^'\"\n]{0,250})['\"]|(https?://\S{1,250})")
PATH_NOT_FOUND = re.compile(r"^([^\n]{1,250}) not found\.?$")
OUT_OF_MEMORY = re.compile(r"OOM when allocating|out of memory|DefaultCPUAllocator|std::bad_alloc")


class Ending:
    """Classifies one exception that reached the top of the user's program."""

    def __init__(self, recorder: Recorder, error: BaseException) -> None:
        self.recorder = recorder
        self.error = error
        self.site = recorder.sources.of_traceback(error.__traceback__)

    def report(self) -> dict[str, Any]:
        """The trouble, as `analyzer.observed.NotObserved`."""
        for classify in (self._source, self._module, self._request, self._limit, self._data):
            trouble = classify()
            if trouble is not None:
                return trouble
        missing = getattr(self.error, "name", None) if isinstance(self.error, NameError) else None
        return self._trouble("crash", missing=missing) | {"own": self._is_own()}

    def _source(self) -> dict[str, Any] | None:
        error = self.error
        if not isinstance(error, SyntaxError) or error.filename is None:
            return None
        site = self.recorder.sources.of_lines(error.filename, error.lineno or 1)
        if site is None:
            return None
        where = f"{site['path']}, line {site['line']}"
        return self._trouble("syntax_error", f"{type(error).__name__}: {error.msg} ({where})", site)

    def _module(self) -> dict[str, Any] | None:
        if not isinstance(self.error, ImportError):
            return None
        return self._trouble("missing_module", missing=self.error.name)

    def _request(self) -> dict[str, Any] | None:
        """The program wants something from whoever starts it."""
        error = self.error
        if isinstance(error, EOFError) and _reads_input(error.__traceback__):
            return self._trouble("needs_input", "the program waits for input() and gets none")
        if isinstance(error, SystemExit):
            return self._exit(error)
        if isinstance(error, IndexError) and "argv" in self._line():
            return self._trouble("needs_arguments", "the program expects command-line arguments")
        return None

    def _exit(self, error: SystemExit) -> dict[str, Any]:
        complaint = _argparse_complaint(error.__traceback__)
        if complaint is not None:
            return self._trouble("needs_arguments", f"the program's arguments: {complaint}")
        if error.code in (None, 0):
            return self.after_the_end()
        if isinstance(error.code, int):
            return self._trouble("crash", f"the program ended itself with status {error.code}")
        return self._trouble("crash", f"the program ended itself: {error.code}")

    def after_the_end(self) -> dict[str, Any]:
        """The program came to its end without enough training."""
        return without_training(self.recorder)

    def _limit(self) -> dict[str, Any] | None:
        """A bound of the sandbox, not a fault of the program."""
        error, text = self.error, str(self.error)
        if isinstance(error, MemoryError) or OUT_OF_MEMORY.search(text):
            return self._trouble("memory", f"out of memory: {self._text()}")
        number = getattr(error, "errno", None)
        if isinstance(error, OSError) and number in (errno.EFBIG, errno.ENOSPC):
            return self._trouble("output", f"a file is larger than allowed: {self._text()}")
        if isinstance(error, OSError) and number == errno.EAGAIN and "fork" in self._callers():
            return self._trouble("processes", f"too many processes: {self._text()}")
        if isinstance(error, RuntimeError) and "can't start new thread" in text:
            return self._trouble("processes", f"too many threads: {self._text()}")
        return None

    def _data(self) -> dict[str, Any] | None:
        """A file or a download that is not there."""
        errors = list(_chain(self.error))
        network = any(_names(error) & NETWORK_ERRORS for error in errors)
        absent = any(isinstance(error, (FileNotFoundError, NotADirectoryError)) for error in errors)
        if not (network or absent or NOT_FOUND.search(str(self.error))):
            return None
        missing = next((name for error in errors if (name := _file_of(error))), None)
        message = f"{self._text()} (the sandbox has no network)" if network else None
        return self._trouble("missing_data", message, missing=missing)

    def _is_own(self) -> bool:
        """The program's own values do not fit, outside of frameworks and before a model."""
        if self.recorder.facts["graph"] is not None:
            return False
        if not isinstance(self.error, (IndexError, ValueError)):
            return False
        entries = (entry for error in _chain(self.error) for entry in _frames(error.__traceback__))
        modules = (str(entry.tb_frame.f_globals.get("__name__", "")) for entry in entries)
        return {name.partition(".")[0] for name in modules}.isdisjoint(FRAMEWORKS)

    def _trouble(
        self,
        cause: str,
        message: str | None = None,
        site: dict[str, Any] | None = None,
        missing: str | None = None,
    ) -> dict[str, Any]:
        short = None if missing is None else clip(missing, 300)
        return self.recorder.trouble(cause, message or self._text(), site or self.site, short)

    def _text(self) -> str:
        """The exception on one line."""
        words = one_line(str(self.error))
        name = type(self.error).__name__
        return clip(f"{name}: {words}" if words else name, LONGEST_MESSAGE)

    def _line(self) -> str:
        if self.site is None:
            return ""
        return linecache.getline(
            os.path.join(self.recorder.sources.root, self.site["path"]), self.site["line"]
        )

    def _callers(self) -> set[str]:
        names = {frame.tb_frame.f_code.co_name for frame in _frames(self.error.__traceback__)}
        return names | ({"fork"} if "fork" in self._line() else {name.strip("_") for name in names})


def without_training(recorder: Recorder) -> dict[str, Any]:
    """The program came to its end and no training step was seen."""
    if recorder.facts["graph"] is None:
        return recorder.trouble("no_model", "the program ended without making a model")
    return recorder.trouble("no_training", "the program ended without training its model")


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and those that it came from, at most ten."""
    current: BaseException | None = error
    for _ in range(10):
        if current is None:
            return
        yield current
        hidden = None if current.__suppress_context__ else current.__context__
        current = current.__cause__ or hidden


def _names(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__} - {"ConnectionRefusedError"}


def _file_of(error: BaseException) -> str | None:
    """The file or address that an error names."""
    named = getattr(error, "filename", None)
    if isinstance(named, (str, bytes)):
        return os.fsdecode(named)
    for pattern in (QUOTED_PATH, PATH_NOT_FOUND):
        found = pattern.search(str(error))
        if found is not None:
            return next(group for group in found.groups() if group).rstrip(":,.)")
    return None


def _reads_input(traceback: TracebackType | None) -> bool:
    """Whether the line that raised read from the standard input, which is empty."""
    steps = list(_frames(traceback))
    if not steps:
        return False
    line = linecache.getline(steps[-1].tb_frame.f_code.co_filename, steps[-1].tb_lineno)
    return "input" in line or "stdin" in line


def _argparse_complaint(traceback: TracebackType | None) -> str | None:
    """What argparse complained about before it ended the program."""
    for step in _frames(traceback):
        frame = step.tb_frame
        if frame.f_code.co_name == "error" and isinstance(
            frame.f_locals.get("self"), argparse.ArgumentParser
        ):
            return str(frame.f_locals.get("message"))
    return None
