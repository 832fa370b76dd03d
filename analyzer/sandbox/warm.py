"""The parent's side of one warm sandbox: start it, hand it runs, learn how each ended.

Inside, `inside/warm.py` answers; its docstring has the messages.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import struct
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzer.errors import SandboxError
from analyzer.limits import Limits
from analyzer.sandbox import bubblewrap
from analyzer.sandbox.child import end, pipe, sealed
from analyzer.sandbox.following import POLL_SECONDS, Following, Outcome
from analyzer.sandbox.protocol import Confinement, KerasChoice
from analyzer.sandbox.spawning import start
from analyzer.sandbox.watch import Tree, Use

PACKET_BYTES = 1 << 16
# How long the warm process may take to end a run and to clean up after it, in seconds.
PATIENCE_SECONDS = 3.0
CREDENTIALS = struct.Struct("3i")  # unix(7): struct ucred


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What a sandbox is made of; equal ones can stand in for each other.

    Attributes:
        command: bwrap and its options.
        python: the interpreter.
        confinement: what the first process imposes on itself; it gets a user of its own besides.
        keras: which Keras is imported ahead.
        preload: modules that are imported ahead.
        system_calls: filter for bwrap, None for none.
    """

    command: tuple[str, ...]
    python: Path
    confinement: Confinement
    keras: KerasChoice
    preload: tuple[str, ...]
    system_calls: bytes | None


class NotLoadedError(SandboxError):
    """A sandbox ended while it imported ahead: nothing was learned about the program."""


class Warm:
    """A sandbox that waits for runs; one at a time.

    Attributes:
        loaded: what was to be imported ahead is there.
        fresh: the writable folders are as they were before the first run.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        """Start it, without waiting for anything.

        Raises:
            SandboxError: bwrap cannot be started.
        """
        self.loaded = False
        self.fresh = True
        self._alive = False
        self._pid: int | None = None
        self._number = 0
        self._ended: dict[int, int] = {}
        self._clean = 0
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self._control.setblocking(False)
        self._log = os.memfd_create("faultline-log", os.MFD_CLOEXEC)
        with theirs, contextlib.ExitStack() as stack:
            stack.callback(self._drop)
            self._process = self._start(sandbox, theirs.fileno(), stack)
            confinement = {**sandbox.confinement.model_dump(), "uid": bubblewrap.private_uid()}
            ahead = {"keras": sandbox.keras, "preload": sandbox.preload}
            self._tell({"confinement": confinement, **ahead})
            stack.pop_all()

    def _start(
        self, sandbox: Sandbox, control: int, stack: contextlib.ExitStack
    ) -> subprocess.Popen[bytes]:
        command, passed = list(sandbox.command), [control]
        with contextlib.ExitStack() as filters:
            if sandbox.system_calls is not None:
                passed.append(sealed(filters, sandbox.system_calls))
                command += ["--seccomp", str(passed[-1])]
            main = f"{bubblewrap.INSIDE}/main.py"
            command += [str(sandbox.python), "-s", "-P", main, "warm", str(control)]
            process = start(command, {}, self._log, passed)
        stack.callback(end, process)
        return process

    @property
    def usable(self) -> bool:
        """Whether another run can begin: it lives, and cleaned up after the last one."""
        until = time.monotonic() + PATIENCE_SECONDS
        while self._clean < self._number and not self._gone() and time.monotonic() < until:
            self._wait(until)
        return self._clean == self._number and self.fresh and not self._gone()

    def run(self, request: bytes, limits: Limits) -> Outcome:
        """One run, from its request to the end of all its processes.

        Raises:
            SandboxError: the sandbox ended before our code ran in it.
            NotLoadedError: it ended while it imported what was to be imported ahead.
        """
        self._number += 1
        with contextlib.ExitStack() as stack:
            output, output_end = pipe(stack)
            report, report_end = pipe(stack)
            passed = [sealed(stack, request), report_end, output_end]
            self._tell({"run": self._number}, passed)
            os.close(output_end)
            os.close(report_end)
            run = Following(
                limits, output, report, self._uses(), self._has_ended, self._control.fileno()
            )
            try:
                trouble = run.follow()
                self._end_run()
            except BaseException:
                self.close()
                raise
            run.drain()
        if not self._alive:
            raise SandboxError(f"the sandbox did not start: {self._last_words()}")
        if trouble is None and not self.loaded:
            raise NotLoadedError(self._last_words())
        return run.outcome(trouble, self._status())

    def close(self) -> None:
        """End everything in it."""
        if self._control.fileno() >= 0:
            end(self._process)
            self._drop()

    def _drop(self) -> None:
        self._control.close()
        os.close(self._log)

    def _uses(self) -> Callable[[], Use]:
        """Tells what the run uses: all but the warm process itself, which belongs to us."""
        tree = Tree(self._process.pid)
        return lambda: tree.use(without=self._pid)

    def _has_ended(self) -> bool:
        self._listen()
        return self._number in self._ended or self._gone()

    def _gone(self) -> bool:
        return self._control.fileno() < 0 or self._process.poll() is not None

    def _end_run(self) -> None:
        """Make sure that nothing of the run is left."""
        until = time.monotonic() + PATIENCE_SECONDS
        if not self._has_ended():
            self._tell({"kill": self._number})
        while not self._has_ended() and time.monotonic() < until:
            self._wait(until)
        if self._number not in self._ended:
            end(self._process)

    def _status(self) -> int:
        ended = self._ended.pop(self._number, None)
        return self._process.returncode if ended is None else ended

    def _wait(self, until: float) -> None:
        """Until the warm process says something."""
        patience = max(0.0, min(POLL_SECONDS, until - time.monotonic()))
        select.select([self._control], [], [], patience)
        self._listen()

    def _tell(self, message: dict[str, Any], descriptors: Sequence[int] = ()) -> None:
        with contextlib.suppress(ConnectionError):  # it is gone, which the next look shows
            socket.send_fds(self._control, [json.dumps(message).encode()], list(descriptors))

    def _listen(self) -> None:
        """Take what the warm process has said."""
        while self._control.fileno() >= 0:
            try:
                data, extra, _, _ = self._control.recvmsg(
                    PACKET_BYTES, socket.CMSG_SPACE(CREDENTIALS.size)
                )
            except (BlockingIOError, ConnectionError):
                return
            if not data:  # it is ending; do not ask again at once
                time.sleep(0.001)
                return
            self._heard(json.loads(data), extra)

    def _heard(self, message: dict[str, Any], extra: list[tuple[int, int, bytes]]) -> None:
        if "alive" in message:
            self._alive = True
            for level, kind, value in extra:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                    self._pid = CREDENTIALS.unpack(value)[0]
        elif "loaded" in message:
            self.loaded = True
        elif "ended" in message:
            self._ended[message["ended"]] = message["status"]
        elif "clean" in message:
            self._clean, self.fresh = message["clean"], message["fresh"]

    def _last_words(self) -> str:
        said = os.pread(self._log, PACKET_BYTES, 0).decode("utf-8", "replace").strip()
        return said.splitlines()[-1] if said else "no reason given"
