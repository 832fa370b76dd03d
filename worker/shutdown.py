"""Telling the processes of a worker's pool that their time is over.

Celery's warm shutdown waits for running tasks without an end. The flag here is a byte of memory
that the pool's processes share with the main one; they look at it between two steps and while a
program runs, and hand their work back.
"""

from __future__ import annotations

import mmap
import threading

_flag = mmap.mmap(-1, 1)  # shared with every process that is forked from this one


def is_requested() -> bool:
    """Whether work must be handed back now."""
    return _flag[0] != 0


def request() -> None:
    """From now on everything is handed back."""
    _flag[0] = 1


def request_after(seconds: float) -> None:
    """The same after a while, in which short work can finish."""
    timer = threading.Timer(seconds, request)
    timer.daemon = True
    timer.start()


def withdraw() -> None:
    """A new worker starts in this process."""
    _flag[0] = 0
