"""Run one program in the sandbox, watch its limits, and give back what was seen.

`observe` never raises for what the program does: every way to end becomes an Observation with a
trouble, and keeps what the child had already reported. Several runs of one program share a
`session.Session`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.errors import SandboxError
from analyzer.limits import Limits
from analyzer.observed import Observation
from analyzer.options import Mount, SandboxPolicy
from analyzer.sandbox.protocol import Request
from analyzer.sandbox.session import Session

__all__ = ["Mount", "SandboxPolicy", "SandboxProbe", "observe", "probe"]

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
    with Session(root, policy=policy, mounts=mounts, limits=limits) as session:
        return session.observe(request)


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
