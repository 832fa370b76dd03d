"""A process that imports the program's frameworks once and forks for every run.

It never runs code of the program: it waits for runs on a socket that only the parent holds. What
it forked closes that socket, so the program can end this process (they have the same user) but
never speak for it. Messages are JSON, one per packet:

    parent → here   {"confinement", "keras", "preload"} once, {"run": n} with three descriptors
                    (request, report, output), {"kill": n}
    here → parent   {"alive"}, {"loaded": whole}, {"ended": n, "status": s}, {"clean": n, "fresh"}

One run at a time: a run needs /program and /tmp for itself, and a forked process without
capabilities cannot mount folders of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from typing import Any

from . import preloading
from .confine import confine, unpack
from .fresh import Fresh

PACKET_BYTES = 1 << 16
GET_DUMPABLE, SET_DUMPABLE, SET_CHILD_SUBREAPER = 3, 4, 36  # prctl(2)

Run = Callable[[dict[str, Any], int], int]


def serve(control_fd: int, run: Run, main: str) -> int:
    """Confine this process, import what the parent names, and fork for each run until it is gone.

    Args:
        control_fd: the socket to the parent.
        run: runs one program whose files are unpacked; returns the exit status.
        main: path of main.py, for a run that needs an interpreter without our imports.
    """
    if os.getppid() != 1:
        # Between runs everything that this user may end is ended.
        raise RuntimeError("expected a PID namespace of our own; start this below bwrap")
    return Server(socket.socket(fileno=control_fd), run, main).serve()


class Server:
    """The warm process.

    Attributes:
        control: the socket to the parent.
        imported: what importing ahead left in this process.
        dumpable: whether a run may be traced, as the kernel set it for a run without us.
    """

    def __init__(self, control: socket.socket, run: Run, main: str) -> None:
        self.control = control
        self.run = run
        self.main = main
        self.imported = preloading.Imported()
        self.dumpable = 0

    def serve(self) -> int:
        """From the first message to the end of the last run."""
        start = json.loads(self.control.recv(PACKET_BYTES))
        confine(start["confinement"])
        self._harden()
        self._tell({"alive": True})
        self.imported = preloading.load(start["preload"], start["keras"])
        fresh = Fresh()
        self._tell({"loaded": self.imported.whole})
        while True:
            message, descriptors = self._receive()
            if message is None:
                return 0
            if "run" in message:
                self._run(message["run"], descriptors)
                self._tell({"clean": message["run"], "fresh": fresh.restore()})

    def _harden(self) -> None:
        """Closed to the runs, which have the same user; their orphans become ours."""
        self.dumpable = _prctl(GET_DUMPABLE)
        _prctl(SET_DUMPABLE, 0)
        _prctl(SET_CHILD_SUBREAPER, 1)

    def _tell(self, message: dict[str, Any]) -> None:
        self.control.send(json.dumps(message).encode())

    def _receive(self) -> tuple[dict[str, Any] | None, list[int]]:
        data, descriptors, _, _ = socket.recv_fds(self.control, PACKET_BYTES, 3)
        return (json.loads(data) if data else None), descriptors

    def _run(self, number: int, descriptors: list[int]) -> None:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        child = os.fork()
        if child == 0:
            os._exit(self._as_child(*descriptors))
        for descriptor in descriptors:
            os.close(descriptor)
        self._attend(child, number)
        _, status = os.waitpid(child, 0)
        _end_all()
        self._tell({"ended": number, "status": os.waitstatus_to_exitcode(status)})

    def _attend(self, child: int, number: int) -> None:
        """Wait for the end of the run, or make one when the parent says so."""
        watched = os.pidfd_open(child)
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        poll.register(self.control, select.POLLIN)
        while watched not in dict(poll.poll()):
            message, _ = self._receive()
            if message is None or message.get("kill") == number:
                os.kill(child, signal.SIGKILL)
                break
        os.close(watched)

    def _as_child(self, request_fd: int, report_fd: int, output_fd: int) -> int:
        """What a process of its own does for one run; the exit status."""
        try:
            self.control.close()
            os.setsid()
            os.dup2(output_fd, 1)
            os.dup2(output_fd, 2)
            os.close(output_fd)
            _prctl(SET_DUMPABLE, self.dumpable)
            return self._unpack_and_run(request_fd, report_fd)
        except BaseException:  # noqa: BLE001 - it must not come back into the warm process
            traceback.print_exc()
            return 1

    def _unpack_and_run(self, request_fd: int, report_fd: int) -> int:
        with os.fdopen(os.dup(request_fd), "rb") as stream:
            envelope: dict[str, Any] = json.loads(stream.readline())
            os.write(report_fd, b"H {}\n")
            unpack(stream, envelope["root"])
        if not self.imported.serves(envelope["root"], envelope["request"]):
            self._start_anew(request_fd, report_fd)
        os.close(request_fd)
        return self.run(envelope, report_fd)

    def _start_anew(self, request_fd: int, report_fd: int) -> None:
        """Become an interpreter that has imported nothing yet."""
        os.lseek(request_fd, 0, os.SEEK_SET)
        for descriptor in (request_fd, report_fd):
            os.set_inheritable(descriptor, True)
        command = [sys.executable, "-s", "-P", self.main, "unpacked"]
        os.execv(sys.executable, [*command, str(request_fd), str(report_fd)])


def _end_all() -> None:
    """End and collect every process of the run; those without a parent have become ours."""
    while True:
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)  # never this process itself, nor the first of a namespace
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _prctl(option: int, value: int = 0) -> int:
    answer: int = ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
    return answer
