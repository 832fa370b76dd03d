"""One child process from start to end: feed it, read its streams, hold it to its limits."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from analyzer.errors import SandboxError
from analyzer.limits import Limits
from analyzer.observed import Cause, NotObserved
from analyzer.sandbox.output import FLOOD_BYTES, ReportStream, Tail
from analyzer.sandbox.protocol import Envelope
from analyzer.sandbox.watch import process_table, proportional_bytes, tree_use

POLL_SECONDS = 0.05
# After its last word a child may take this long to end; then it is ended without a complaint.
GRACE_SECONDS = 0.5
READ_BYTES = 1 << 20
MOST_READS = 64  # per turn, so that a flood cannot keep us from looking at the clock


@dataclass(frozen=True, slots=True)
class Child:
    """What to start.

    Attributes:
        command: words before the interpreter (bwrap and its options); empty without a sandbox.
        python: the interpreter; inside: the folder of main.py, as the child sees it.
        environment: of the first process; bwrap sets the program's own.
        system_calls: filter for bwrap, None for none.
    """

    command: tuple[str, ...]
    python: Path
    inside: str
    environment: Mapping[str, str]
    envelope: Envelope
    archive: bytes
    system_calls: bytes | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the child ended.

    Attributes:
        report: its newest report, not yet validated; None when there is none.
        trouble: what the parent saw; None when the child speaks for itself.
        output: the end of what it printed.
    """

    report: bytes | None
    trouble: NotObserved | None
    output: str


@dataclass
class _Run:
    """A child that runs, with its streams."""

    process: subprocess.Popen[bytes]
    limits: Limits
    report: ReportStream
    tail: Tail
    started: float = field(default_factory=time.monotonic)
    final_at: float | None = None
    watched_at: float = 0.0


def run_child(child: Child, limits: Limits) -> Outcome:
    """Start the child and stay with it to its end; nothing of it is left behind.

    Raises:
        SandboxError: it could not be started, or the sandbox ended before our code ran in it.
    """
    with contextlib.ExitStack() as stack:
        output, output_end = _pipe(stack)
        report, report_end = _pipe(stack)
        request = _sealed(stack, _request(child))
        passed = [request, report_end]
        command = list(child.command)
        if command and child.system_calls is not None:
            passed.append(_sealed(stack, child.system_calls))
            command += ["--seccomp", str(passed[-1])]
        main = f"{child.inside}/main.py"
        command += [str(child.python), "-s", "-P", main, str(request), str(report_end)]
        process = _start(command, child.environment, output_end, passed)
        run = _Run(process, limits, ReportStream(limits.result_bytes), Tail(limits.output_bytes))
        try:
            os.close(output_end)
            os.close(report_end)
            trouble = _follow(run, output, report)
        finally:
            _end(run)
        _drain(run, output, report)
    return _outcome(run, trouble, sandboxed=bool(child.command))


def _request(child: Child) -> bytes:
    return child.envelope.model_dump_json().encode() + b"\n" + child.archive


def _pipe(stack: contextlib.ExitStack) -> tuple[int, int]:
    read_end, write_end = os.pipe()
    os.set_blocking(read_end, False)
    stack.callback(os.close, read_end)
    return read_end, write_end


def _sealed(stack: contextlib.ExitStack, data: bytes) -> int:
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


def _start(
    command: list[str], environment: Mapping[str, str], output: int, passed: list[int]
) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            pass_fds=passed,
            start_new_session=True,
        )
    except OSError as error:
        raise SandboxError(f"{command[0]} cannot be started: {error}") from error


def _follow(run: _Run, output: int, report: int) -> NotObserved | None:
    """Read and watch until the child ends; the reason when it had to be ended."""
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ, run.tail)
        selector.register(report, selectors.EVENT_READ, run.report)
        while run.process.poll() is None and not _lingers(run):
            for key, _ in selector.select(POLL_SECONDS):
                if not _read(key.fd, key.data):
                    selector.unregister(key.fd)
            if not selector.get_map():  # it closed both streams, but it still runs
                time.sleep(POLL_SECONDS)
            if run.limits.interrupt is not None:
                run.limits.interrupt()
            trouble = None if run.report.final else _streams_trouble(run) or _resources_trouble(run)
            if trouble is not None:
                return trouble
    return None


def _lingers(run: _Run) -> bool:
    """True when the child gave its last word some time ago and has still not ended."""
    if run.report.final and run.final_at is None:
        run.final_at = time.monotonic()
    return run.final_at is not None and time.monotonic() - run.final_at > GRACE_SECONDS


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


def _drain(run: _Run, output: int, report: int) -> None:
    _read(output, run.tail)
    _read(report, run.report)


def _streams_trouble(run: _Run) -> NotObserved | None:
    if run.report.breach is not None:
        return _protocol(run.report.breach)
    if run.tail.flooded:
        bound = FLOOD_BYTES // 2**20
        return _trouble("output", f"the program printed more than {bound} MiB and was stopped")
    if time.monotonic() - run.started > run.limits.wall_seconds:
        seconds = run.limits.wall_seconds
        return _trouble("timeout", f"the program was stopped after {seconds:.0f} s")
    return None


def _resources_trouble(run: _Run) -> NotObserved | None:
    now = time.monotonic()
    if now - run.watched_at < POLL_SECONDS:
        return None
    run.watched_at = now
    use = tree_use(process_table(), run.process.pid)
    bound = run.limits.memory_bytes
    if use.memory_bytes > bound:
        exact = proportional_bytes(use.pids)
        memory = use.memory_bytes if exact is None else exact
        if memory > bound:
            return _trouble("memory", f"the program used {_gib(memory)}, allowed are {_gib(bound)}")
    if use.threads >= run.limits.processes:
        message = f"the program ran {use.threads} processes and threads at once"
        return _trouble("processes", f"{message}, allowed are {run.limits.processes}")
    return None


def _gib(size: int) -> str:
    return f"{size / 2**30:.2f} GiB of memory"


def _end(run: _Run) -> None:
    """Kill everything: the PID namespace falls with bwrap; without one, the tree by its ids."""
    pids = tree_use(process_table(), run.process.pid).pids if run.process.poll() is None else ()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(run.process.pid, signal.SIGKILL)  # the group outlives its first process
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    run.process.wait()


def _outcome(run: _Run, trouble: NotObserved | None, *, sandboxed: bool) -> Outcome:
    output = run.tail.text()
    if sandboxed and not run.report.alive and run.report.breach is None:
        said = output.strip().splitlines()
        raise SandboxError(f"the sandbox did not start: {said[-1] if said else 'no reason given'}")
    if trouble is None and not run.report.final:
        trouble = _sudden_end(run)
    return Outcome(run.report.report, trouble, output)


def _sudden_end(run: _Run) -> NotObserved:
    """The child ended without its last word."""
    if run.report.breach is not None:
        return _protocol(run.report.breach)
    number = next(iter(_signals(run.process.returncode)), None)
    if number == signal.SIGKILL:
        return _trouble("killed", "the program was killed from outside (SIGKILL)")
    if number is not None:
        return _trouble("crash", f"the program was ended by {number.name}")
    status = run.process.returncode
    return _trouble("killed", f"the program ended with status {status} without a report")


def _signals(status: int) -> Iterator[signal.Signals]:
    """The signal behind an exit status; bwrap reports signal n as 128 + n."""
    number = -status if status < 0 else status - 128
    with contextlib.suppress(ValueError):
        yield signal.Signals(number)


def _protocol(message: str) -> NotObserved:
    return _trouble("protocol", f"what came out of the sandbox is not a report: {message}")


def _trouble(cause: Cause, message: str) -> NotObserved:
    return NotObserved(cause=cause, message=message)
