"""The moment after the warm-up: validation comes after an epoch that is longer than the warm-up.

When the steps are complete the program may go on for a short while in which nothing is counted:
its loaders end their epoch, so that validation is reached. The next optimizer step, the end of the
program or the end of the time ends the run. What the program raises in this time is of our making.
"""

from __future__ import annotations

import _thread
import ctypes
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from .recorder import Recorder, Stop

SECONDS = 2.0
"""Time for validation after the warm-up, in seconds."""
EVALUATION_BATCHES = 2
"""Batches of any other loader than the training loader."""


class Afterwards:
    """Whether the warm-up is over, and which loaders end.

    Attributes:
        active: from the last step of the warm-up on.
        finishing: whether the result is being put together; that is not to be interrupted.
        before: called right before that, for those who count nothing of what follows.
    """

    def __init__(self, recorder: Recorder) -> None:
        self.active = self.finishing = False
        self.before: list[Callable[[], None]] = []
        self._recorder = recorder
        self._yielded: dict[int, int] = {}

    def begin(self) -> bool:
        """The steps are complete; whether the program may go on for a moment."""
        seconds = float(self._recorder.request.get("after_seconds", SECONDS))
        if seconds <= 0 or self.active:
            return False
        for last_word in self.before:
            self._recorder.guarded(last_word)
        self.active = True
        _end_after(self, self._recorder, seconds)
        return True

    def ends(self, iterator: Any, trained: bool) -> bool:
        """Whether this iterator gives no further batch; the next training epoch begins as usual."""
        if not self.active or trained:
            return self.active and getattr(iterator, "_num_yielded", 0) > 0
        count = self._yielded.get(id(iterator), 0)
        self._yielded[id(iterator)] = count + 1
        return count >= EVALUATION_BATCHES


def _end_after(after: Afterwards, recorder: Recorder, seconds: float) -> None:
    """Raise Stop in the program's thread when the time is over, so that it ends as it always does.

    A program that sits in one long call then gets there late; the sandbox's own deadline is behind.
    """
    pid, program = os.getpid(), threading.get_ident()

    def end() -> None:
        time.sleep(seconds)
        if os.getpid() == pid and not (recorder.finished or after.finishing):
            stop = ctypes.py_object(Stop)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(program), stop)

    _thread.start_new_thread(end, ())
