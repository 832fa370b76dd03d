"""Report by ourselves shortly before the parent would kill the program for its time.

A thread waits, so the report comes out even while the program sits in one long call of a framework.
"""

from __future__ import annotations

import _thread
import os
import sys
import threading
import time

from .recorder import Recorder, leave


def report_at(recorder: Recorder, moment: float, seconds: float) -> None:
    """At a moment write what was seen, with the user's current line, and end the process.

    Args:
        recorder: what was seen.
        moment: of the monotonic clock, which is the same in parent and child.
        seconds: how long the program could run until then, for the message.
    """
    main_thread = threading.main_thread().ident or 0
    pid = os.getpid()

    def wait() -> None:
        time.sleep(max(0.0, moment - time.monotonic()))
        if os.getpid() == pid and not recorder.finished:
            _report(recorder, main_thread, seconds)

    _thread.start_new_thread(wait, ())


def _report(recorder: Recorder, main_thread: int, seconds: float) -> None:
    frame = recorder.sources.innermost(sys._current_frames().get(main_thread))
    site = None if frame is None else recorder.sources.of_frame(frame)
    where = "" if site is None else f", at {site['path']} line {site['line']}"
    trained = (recorder.facts["trace"] or {}).get("steps", 0)
    if trained:  # a short warm-up is a warm-up
        recorder.trace()["ended"] = "time"
        recorder.note(f"the time was over after {trained} steps{where}")
        recorder.finish(None)
    else:
        message = f"the program had not begun to train after {seconds:.0f} s{where}"
        recorder.finish({"cause": "timeout", "message": message, "site": site, "missing": None})
    if recorder.finished:  # else the main thread is writing the result right now
        leave()
