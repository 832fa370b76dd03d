"""One child process for one run: start it, follow it, leave nothing of it behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from analyzer.limits import Limits
from analyzer.sandbox.following import Following, Outcome
from analyzer.sandbox.spawning import start
from analyzer.sandbox.watch import Tree, process_table, tree_use


@dataclass(frozen=True, slots=True)
class Child:
    """What to start.

    Attributes:
        python: the interpreter; inside: the folder of main.py.
        environment: every variable of the child.
        request: the envelope's line and the archive of the program's files.
    """

    python: Path
    inside: Path
    environment: Mapping[str, str]
    request: bytes


def run_child(child: Child, limits: Limits) -> Outcome:
    """Start the child, outside of any sandbox, and stay with it to its end.

    Raises:
        SandboxError: it could not be started.
    """
    with contextlib.ExitStack() as stack:
        output, output_end = pipe(stack)
        report, report_end = pipe(stack)
        request = sealed(stack, child.request)
        command = [str(child.python), "-s", "-P", str(child.inside / "main.py")]
        command += [str(request), str(report_end)]
        process = start(command, child.environment, output_end, [request, report_end])
        run = Following(
            limits,
            output,
            report,
            use=Tree(process.pid).use,
            has_ended=lambda: process.poll() is not None,
        )
        try:
            os.close(output_end)
            os.close(report_end)
            trouble = run.follow()
        finally:
            end(process)
        run.drain()
    return run.outcome(trouble, process.returncode)


def pipe(stack: contextlib.ExitStack) -> tuple[int, int]:
    """Both ends of a pipe; the end to read from does not block and is closed with the stack."""
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    stack.callback(os.close, read_end)
    return read_end, write_end


def sealed(stack: contextlib.ExitStack, data: bytes) -> int:
    """A descriptor to read `data` from, which nobody can write to."""
    writable = os.memfd_create("faultline", os.MFD_CLOEXEC)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(writable, view) :]
        readable = os.open(f"/proc/self/fd/{writable}", os.O_RDONLY)
    finally:
        os.close(writable)
    stack.callback(os.close, readable)
    return readable


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill everything: a PID namespace falls with bwrap; without one, the tree by its ids."""
    pids = tree_use(process_table(), process.pid).pids if process.poll() is None else ()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # the group outlives its first process
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
