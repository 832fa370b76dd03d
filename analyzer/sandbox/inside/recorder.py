"""The one value that all observers share: the facts seen so far and when to stop.

The facts are the `Observation` JSON under construction. They leave the process through one pipe as
lines: "P {json}" is a snapshot that a later line replaces, "F {json}" is the final word. Thanks to
the snapshots a program that is killed later still yields what had been seen.
"""

from __future__ import annotations

import _thread
import json
import os
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from .plain import clip, one_line, plain, plain_float
from .sites import Sources

MOST_LOSSES = 2000
MOST_NOTES = 50
MOST_WARNINGS = 200
SNAPSHOT_STEPS = (1, 2, 5)  # then at most one per SNAPSHOT_SECONDS
SNAPSHOT_SECONDS = 1.0


class Stop(BaseException):
    """Ends the user's program once the warm-up is complete; no program should catch it."""


class Recorder:
    """Collects facts, counts training steps and writes the result once.

    Attributes:
        request: what the parent asked for (`analyzer.sandbox.protocol.Request` as JSON).
        facts: the Observation under construction, keys as in `analyzer.observed.Observation`.
        sources: which files are the user's own.
        finished: True once the final result was written.
        before_stop: asked when the steps are complete; True lets the program go on for a moment.
        step_estimate: seconds of one step as the model's sizes have it; 0 when nothing is known.
        over: True from then on: what the program still does or raises is not counted.
    """

    def __init__(self, request: dict[str, Any], root: str, result_fd: int) -> None:
        self.request = request
        self.sources = Sources(root)
        self.facts: dict[str, Any] = _no_facts()
        self.finished = False
        self._fd = result_fd
        self._pid = os.getpid()
        self._lock = _thread.allocate_lock()
        self._collectors: list[Callable[[], None]] = []
        self.before_stop: Callable[[], bool] | None = None
        self.step_estimate = 0.0
        self.over = False
        self._notes: list[str] = []
        self._started = time.monotonic()
        self._training_began: float | None = None
        self._first_step_done: float | None = None
        self._last_step_done = self._started
        self._quickest = 0.0
        self._last_snapshot = self._started

    # Where the user's program stands

    def user_frame(self, skip: int = 0) -> FrameType | None:
        """The innermost frame of the user's own files; `skip` leaves out that many of them."""
        return self.sources.innermost(sys._getframe(1), skip)

    def user_site(self, skip: int = 0) -> dict[str, Any] | None:
        """The Site of `user_frame`, None when no file of the user is on the stack."""
        frame = self.sources.innermost(sys._getframe(1), skip)
        return None if frame is None else self.sources.of_frame(frame)

    # What was seen

    def note(self, text: str) -> None:
        """One line about what observing had to leave out."""
        line = one_line(text)
        if len(self._notes) < MOST_NOTES and line not in self._notes:
            self._notes.append(line)

    def add_warning(self, category: str, message: str, site: dict[str, Any] | None = None) -> None:
        """A Python warning that the program caused."""
        entry = {"category": clip(category, 300), "message": one_line(message), "site": site}
        seen = self.facts["warnings"]
        if len(seen) < MOST_WARNINGS and entry not in seen:
            seen.append(entry)

    def trouble(
        self,
        cause: str,
        message: str,
        site: dict[str, Any] | None = None,
        missing: str | None = None,
    ) -> dict[str, Any]:
        """Remember why the program was not observed to the end; the first reason stays."""
        line = one_line(message)
        trouble = {"cause": cause, "message": line, "site": site, "missing": missing}
        if self.facts["trouble"] is None and not self.over:
            self.facts["trouble"] = trouble
        return trouble

    def trace(self) -> dict[str, Any]:
        """facts["trace"], made when there is none yet."""
        if self.facts["trace"] is None:
            self.facts["trace"] = {"steps": 0, "seconds": 0.0, "loss": [], "ended": "program_end"}
        trace: dict[str, Any] = self.facts["trace"]
        return trace

    # The warm-up

    def leave_if_finished(self) -> None:
        """End the process when the result is out but the program kept on running."""
        if self.finished and os.getpid() == self._pid:
            leave()

    def training_started(self) -> None:
        """The program begins to train: what came before counts as building."""
        self.leave_if_finished()
        if self._training_began is None:
            self._training_began = time.monotonic()
            self.facts["build_seconds"] = self._training_began - self._started

    def step_done(self, loss: float | None) -> None:
        """One training step is complete; raises Stop when the warm-up is."""
        self.training_started()
        now = time.monotonic()
        if self._first_step_done is None:
            self._first_step_done = now
        trace = self.trace()
        trace["steps"] += 1
        if loss is not None and len(trace["loss"]) < MOST_LOSSES:
            trace["loss"].append(plain_float(float(loss)))
        if self._training_began is not None:
            trace["seconds"] = now - self._training_began
        if trace["steps"] >= self.request["steps"]:
            self._steps_complete()
            return
        if self._time_is_over(now, now - self._first_step_done):
            self.stop("time")
        if trace["steps"] in SNAPSHOT_STEPS or now - self._last_snapshot >= SNAPSHOT_SECONDS:
            self.snapshot()

    def resumed(self) -> None:
        """The program goes on; what the observer did since the step was done is not its time."""
        self._last_step_done = time.monotonic()

    def _time_is_over(self, now: float, elapsed: float) -> bool:
        """Whether the warm-up has taken its time, or would have before another step were done.

        A first step is slow by tracing and by starting up, so it bounds the estimate from above.
        """
        trace, interval = self.trace(), now - self._last_step_done
        self._last_step_done = now
        if trace["steps"] == 1:
            self._quickest = min(self.step_estimate, trace["seconds"])
        else:
            self._quickest = interval if trace["steps"] == 2 else min(self._quickest, interval)
        limit: float = self.request["warmup_seconds"]
        return elapsed + self._quickest >= limit

    def _steps_complete(self) -> None:
        """Stop, or let the program reach its validation first."""
        if self.over or self.before_stop is None or not self.guarded(self.before_stop):
            self.stop("steps")
        self.over = True
        self.trace()["ended"] = "steps"
        self.snapshot()

    def stop(self, ended: str) -> None:
        """Write the result and end the user's program by raising Stop."""
        if os.getpid() != self._pid:
            return
        self.trace()["ended"] = ended
        self.finish(None)
        raise Stop

    # The result

    def at_finish(self, collector: Callable[[], None]) -> None:
        """Call `collector` once, right before the result is written, to fill in facts."""
        self._collectors.append(collector)

    def snapshot(self) -> None:
        """Send the facts as they are now; a kill after this keeps them."""
        if self.finished or os.getpid() != self._pid:
            return
        self._last_snapshot = time.monotonic()
        self._send(b"P ")

    def finish(self, trouble: dict[str, Any] | None) -> None:
        """Run the collectors and write the result; only the first call does anything."""
        if os.getpid() != self._pid or not self._lock.acquire(blocking=False):
            return
        if self.over:
            trouble = None
        for collector in self._collectors:
            self.guarded(collector)
        if trouble is not None and trouble["cause"] == "no_model" and self.facts["graph"]:
            message = "the program built a model and did not train it"
            trouble = {**trouble, "cause": "no_training", "message": message}
        if trouble is not None:
            self.facts["trouble"] = trouble
            if self.facts["trace"] is not None and trouble["cause"] != "no_training":
                self.facts["trace"]["ended"] = "error"
        if self._training_began is not None:
            self.facts["observe_seconds"] = time.monotonic() - self._training_began
        self._send(b"F ")
        self.finished = True

    def guarded(self, action: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """Run a piece of observing code; its failure becomes a note, never the program's."""
        try:
            return action(*arguments, **keywords)
        except Exception as error:  # noqa: BLE001 - our fault must not look like the program's
            name = getattr(action, "__qualname__", str(action))
            self.note(f"observing failed in {name}: {type(error).__name__}: {error}")
            return None

    def _send(self, mark: bytes) -> None:
        facts = dict(self.facts)
        if self._notes:
            trace = dict(facts["trace"] or {"ended": "program_end"})
            trace["notes"] = [*self._notes, *trace.get("notes", ())][:MOST_NOTES]
            facts["trace"] = trace
        line = _encode(facts)
        if len(line) > self.request.get("result_bytes", len(line)):
            line = _encode(_without_layers(facts))
        view = memoryview(mark + line + b"\n")
        while view:
            view = view[os.write(self._fd, view) :]


def leave(status: int = 0) -> None:
    """End the process at once: the result is out, and frameworks shut down slowly."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue  # closed or replaced by the program
    os._exit(status)


def _encode(facts: dict[str, Any]) -> bytes:
    return json.dumps(plain(facts), allow_nan=False, separators=(",", ":")).encode()


def _without_layers(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts without their largest part, when they do not fit the pipe's bound."""
    trace = dict(facts["trace"] or {})
    trace["layers"] = []
    notes = list(trace.get("notes", ()))[: MOST_NOTES - 1]
    trace["notes"] = [*notes, "the traces of the layers were too large to report"]
    return {**facts, "trace": trace}


def _no_facts() -> dict[str, Any]:
    return {
        "protocol": 1,
        "framework": None,
        "versions": {},
        "graph": None,
        "data": None,
        "learner": None,
        "trace": None,
        "warnings": [],
        "api_uses": [],
        "trouble": None,
        "build_seconds": 0.0,
        "observe_seconds": 0.0,
    }
