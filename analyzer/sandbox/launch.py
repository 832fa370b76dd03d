"""What a request needs: a sandbox to run in, the files to put there, and the envelope."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from analyzer.limits import Limits
from analyzer.observed import NotObserved, Observation
from analyzer.options import Mount, SandboxPolicy
from analyzer.sandbox import bubblewrap, seccomp, workspace
from analyzer.sandbox.environment import HOME, variables, with_homes
from analyzer.sandbox.following import Outcome
from analyzer.sandbox.interpreter import compile_for, describe
from analyzer.sandbox.protocol import Confinement, Envelope, Request, parse_observation
from analyzer.sandbox.warm import Sandbox

INSIDE = Path(__file__).resolve().parent / "inside"
SHOWN_OUTPUT = 20_000  # characters; the bound of Observation.output


def sandbox_for(
    root: Path,
    request: Request,
    limits: Limits,
    policy: SandboxPolicy,
    mounts: Sequence[Mount],
    preload: tuple[str, ...],
) -> tuple[Sandbox, workspace.Workspace]:
    """The sandbox in which the request can run, and the program's files.

    Raises:
        SandboxError: bubblewrap is missing, or the Python cannot be shown inside.
    """
    interpreter = describe(policy.python)
    compile_for(interpreter.executable, INSIDE)
    view = bubblewrap.View(
        interpreter=interpreter,
        mounts=with_homes(existing(mounts)),
        inside=INSIDE,
        uid=bubblewrap.private_uid(),
        gpu=request.device != "cpu",
    )
    files = workspace.plan(root, (mount.inside for mount in view.mounts), folder_of(request))
    shown = tuple(Mount(root / path, path) for path in files.shown)
    view = replace(view, mounts=(*shown, *view.mounts))
    places = {mount.inside: mount.inside for mount in view.mounts}
    environment = variables(request, view.interpreter.executable, HOME, places)
    sandbox = Sandbox(
        command=tuple(bubblewrap.command(view, limits, environment)),
        python=view.interpreter.executable,
        confinement=_confinement(request, limits, confined=True),
        keras="tf_keras" if request.keras == "tf_keras" else "auto",
        preload=preload,
        system_calls=seccomp.program(),
    )
    return sandbox, files


def existing(mounts: Sequence[Mount]) -> tuple[Mount, ...]:
    """The mounts with their host paths resolved; a missing one would keep bwrap from starting."""
    return tuple(
        Mount(mount.host.resolve(), mount.inside) for mount in mounts if mount.host.exists()
    )


def folder_of(request: Request) -> str:
    """The folder that the program starts from, relative to the root."""
    return os.path.dirname(request.script or "")


def message(request: Request, limits: Limits, root: str, files: workspace.Workspace) -> bytes:
    """What the child reads: the envelope, then the archive of the files to unpack in `root`."""
    # Ahead of the parent's own clock, so that the report can still be written.
    seconds = max(limits.wall_seconds * 0.5, limits.wall_seconds - 2.0)
    envelope = Envelope(
        request=request.model_copy(update={"texts": {}}),
        root=root,
        confinement=_confinement(request, limits, confined=os.geteuid() != 0),
        deadline=time.monotonic() + seconds,
        deadline_seconds=seconds,
        result_bytes=limits.result_bytes,
    )
    archive = workspace.archive(files, request.texts)
    return envelope.model_dump_json().encode() + b"\n" + archive


def _confinement(request: Request, limits: Limits, *, confined: bool) -> Confinement:
    return Confinement(
        processes=limits.processes if confined else None,
        # A backstop behind the watch on resident memory: allocators reserve more than they use.
        data_bytes=None if request.device != "cpu" else 2 * limits.memory_bytes + 2 * 2**30,
        file_bytes=limits.file_bytes,
    )


def observation_of(outcome: Outcome, limits: Limits) -> Observation:
    """The child's report, with the parent's own view of how it ended and what it printed."""
    if outcome.report is None:
        seen = Observation()
    else:
        seen = parse_observation(outcome.report, result_bytes=limits.result_bytes)
    trouble = outcome.trouble or seen.trouble
    if trouble is None and (seen.trace is None or seen.trace.steps == 0):
        # Only a report that the program forged itself says neither what was seen nor why not.
        text = "what came out of the sandbox says neither what was seen nor why nothing was"
        trouble = NotObserved(cause="protocol", message=text)
    update = {"trouble": trouble, "output": outcome.output[-SHOWN_OUTPUT:]}
    return seen.model_copy(update=update)
