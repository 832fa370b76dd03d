"""A run without a sandbox: an ordinary process in a temporary copy, with limits but no walls."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from analyzer.limits import Limits
from analyzer.options import Mount, SandboxPolicy
from analyzer.sandbox import workspace
from analyzer.sandbox.child import Child, run_child
from analyzer.sandbox.environment import variables
from analyzer.sandbox.following import Outcome
from analyzer.sandbox.launch import INSIDE, existing, folder_of, message
from analyzer.sandbox.protocol import Request


def run_unconfined(
    root: Path, request: Request, limits: Limits, policy: SandboxPolicy, mounts: Sequence[Mount]
) -> Outcome:
    """One run as a child of our own; nothing is imported ahead, and nothing is kept."""
    with tempfile.TemporaryDirectory(prefix="faultline-run-", ignore_cleanup_errors=True) as made:
        folder, home = Path(made) / "program", Path(made) / "home"
        folder.mkdir()
        home.mkdir()
        real = existing(mounts)
        files = workspace.plan(root, (mount.inside for mount in real), folder_of(request))
        for mount in (*real, *(Mount(root / path, path) for path in files.shown)):
            if not os.path.isabs(mount.inside):
                target = folder / mount.inside.strip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                target.symlink_to(mount.host.absolute())
        places = {mount.inside: str(mount.host.absolute()) for mount in real}
        executable = Path(os.path.abspath(policy.python))
        child = Child(
            python=executable,
            inside=INSIDE,
            environment=variables(request, executable, str(home), places),
            request=message(request, limits, str(folder), files),
        )
        return run_child(child, limits)
