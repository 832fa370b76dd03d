"""Run one program in the sandbox, watch its limits, and give back what was seen.

`observe` never raises for what the program does: every way to end becomes an Observation with a
trouble, and keeps what the child had already reported.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.errors import SandboxError
from analyzer.limits import Limits
from analyzer.observed import NotObserved, Observation
from analyzer.options import Mount, SandboxPolicy
from analyzer.sandbox import bubblewrap, seccomp, workspace
from analyzer.sandbox.child import Child, Outcome, run_child
from analyzer.sandbox.environment import HOME, variables, with_homes
from analyzer.sandbox.interpreter import compile_for, describe
from analyzer.sandbox.protocol import Confinement, Envelope, Request, parse_observation

__all__ = ["Mount", "SandboxPolicy", "SandboxProbe", "observe", "probe"]

INSIDE = Path(__file__).resolve().parent / "inside"
SHOWN_OUTPUT = 20_000  # characters; the bound of Observation.output
PROBE_LIMITS = Limits(wall_seconds=20.0, steps=1)


@dataclass(frozen=True, slots=True)
class SandboxProbe:
    """Whether programs can be run here.

    Attributes:
        reason: why not; None when it works.
    """

    works: bool
    reason: str | None = None


def observe(
    root: Path,
    request: Request,
    *,
    limits: Limits,
    policy: SandboxPolicy,
    mounts: Sequence[Mount] = (),
) -> Observation:
    """Run the requested program of the folder `root` and report what was seen.

    Args:
        root: folder with the program; it is not changed.
        request: what to run and to observe.
        limits: bounds on time, memory, processes, files and output.
        policy: how it is confined, and with which Python.
        mounts: read-only data of the host.

    Raises:
        SandboxError: the sandbox itself is missing or cannot start.
    """
    if not bubblewrap.has_gpu():
        request = request.model_copy(update={"device": "cpu"})
    run = _run_unconfined if policy.kind == "none" else _run_in_bubblewrap
    outcome = run(root.resolve(), request, limits, policy, mounts)
    return _observation(outcome, limits)


def probe(policy: SandboxPolicy) -> SandboxProbe:
    """Start an empty program the way `observe` would."""
    with tempfile.TemporaryDirectory(prefix="faultline-probe-") as folder:
        (Path(folder) / "probe.py").write_text("")
        request = Request(script="probe.py", observe=False)
        try:
            seen = observe(Path(folder), request, limits=PROBE_LIMITS, policy=policy)
        except SandboxError as error:
            return SandboxProbe(False, str(error))
    if seen.trouble is not None and seen.trouble.cause == "no_model":
        return SandboxProbe(True)
    return SandboxProbe(False, seen.trouble.message if seen.trouble else "no answer")


def _run_in_bubblewrap(
    root: Path, request: Request, limits: Limits, policy: SandboxPolicy, mounts: Sequence[Mount]
) -> Outcome:
    interpreter = describe(policy.python)
    compile_for(interpreter.executable, INSIDE)
    view = bubblewrap.View(
        interpreter=interpreter,
        mounts=with_homes(_existing(mounts)),
        inside=INSIDE,
        uid=bubblewrap.private_uid(),
        gpu=request.device != "cpu",
    )
    files = workspace.plan(root, (mount.inside for mount in view.mounts), _folder(request))
    shown = tuple(Mount(root / path, path) for path in files.shown)
    view = replace(view, mounts=(*shown, *view.mounts))
    places = {mount.inside: mount.inside for mount in view.mounts}
    environment = variables(request, view.interpreter.executable, HOME, places)
    child = Child(
        command=tuple(bubblewrap.command(view, limits, environment)),
        python=view.interpreter.executable,
        inside=bubblewrap.INSIDE,
        environment={},
        envelope=_envelope(request, limits, bubblewrap.PROGRAM, view.uid),
        archive=workspace.archive(files, request.texts),
        system_calls=seccomp.program(),
    )
    return run_child(child, limits)


def _run_unconfined(
    root: Path, request: Request, limits: Limits, policy: SandboxPolicy, mounts: Sequence[Mount]
) -> Outcome:
    """The same child as an ordinary process in a temporary copy: limits, but no walls."""
    with tempfile.TemporaryDirectory(prefix="faultline-run-", ignore_cleanup_errors=True) as made:
        folder, home = Path(made) / "program", Path(made) / "home"
        folder.mkdir()
        home.mkdir()
        real = _existing(mounts)
        files = workspace.plan(root, (mount.inside for mount in real), _folder(request))
        for mount in (*real, *(Mount(root / path, path) for path in files.shown)):
            if not os.path.isabs(mount.inside):
                target = folder / mount.inside.strip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(mount.host.absolute())
        places = {mount.inside: str(mount.host.absolute()) for mount in real}
        executable = Path(os.path.abspath(policy.python))
        child = Child(
            command=(),
            python=executable,
            inside=str(INSIDE),
            environment=variables(request, executable, str(home), places),
            envelope=_envelope(request, limits, str(folder), None),
            archive=workspace.archive(files, request.texts),
            system_calls=None,
        )
        return run_child(child, limits)


def _existing(mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """The mounts with their host paths resolved; a missing one would keep bwrap from starting."""
    return tuple(
        Mount(mount.host.resolve(), mount.inside) for mount in mounts if mount.host.exists()
    )


def _folder(request: Request) -> str:
    """The folder that the program starts from, relative to the root."""
    return os.path.dirname(request.script or "")


def _envelope(request: Request, limits: Limits, root: str, uid: int | None) -> Envelope:
    confined = uid is not None or os.geteuid() != 0
    # Ahead of the parent's own clock, so that the report can still be written.
    seconds = max(limits.wall_seconds * 0.5, limits.wall_seconds - 2.0)
    return Envelope(
        request=request.model_copy(update={"texts": {}}),
        root=root,
        confinement=Confinement(
            uid=uid,
            processes=limits.processes if confined else None,
            # A backstop behind the watch on resident memory: allocators reserve more than they use.
            data_bytes=None if request.device != "cpu" else 2 * limits.memory_bytes + 2 * 2**30,
            file_bytes=limits.file_bytes,
        ),
        deadline=time.monotonic() + seconds,
        deadline_seconds=seconds,
        result_bytes=limits.result_bytes,
    )


def _observation(outcome: Outcome, limits: Limits) -> Observation:
    """The child's report, with the parent's own view of how it ended and what it printed."""
    if outcome.report is None:
        seen = Observation()
    else:
        seen = parse_observation(outcome.report, result_bytes=limits.result_bytes)
    trouble = outcome.trouble or seen.trouble
    if trouble is None and (seen.trace is None or seen.trace.steps == 0):
        # Only a report that the program forged itself says neither what was seen nor why not.
        message = "what came out of the sandbox says neither what was seen nor why nothing was"
        trouble = NotObserved(cause="protocol", message=message)
    update = {"trouble": trouble, "output": outcome.output[-SHOWN_OUTPUT:]}
    return seen.model_copy(update=update)
