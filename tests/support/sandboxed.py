"""Run a small program in the real sandbox, with small limits."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analyzer.limits import Limits
from analyzer.observed import NotObserved, Observation
from analyzer.options import Mount, SandboxPolicy
from analyzer.sandbox.protocol import Request
from analyzer.sandbox.runner import observe

SMALL = Limits(
    wall_seconds=20.0,
    memory_bytes=512 * 2**20,
    processes=64,
    file_bytes=32 * 2**20,
    result_bytes=2**20,
)


@dataclass
class Programs:
    """A folder of programs and how to run one of them.

    Attributes:
        root: the folder; kind: "bubblewrap" or "none".
    """

    root: Path
    kind: Any = "bubblewrap"
    files: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, text: str) -> Path:
        """A file of the program, its indentation taken off."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text), encoding="utf-8", newline="")
        return target

    def run(
        self,
        text: str | None = None,
        *,
        limits: Limits = SMALL,
        mounts: Sequence[Mount] = (),
        script: str = "train.py",
        **request: Any,
    ) -> Observation:
        """Write the script, if a text is given, and observe it, without stand-ins by default."""
        if text is not None:
            self.write(script, text)
        asked = Request(**{"script": script, "compat": False, "stand_ins": False, **request})
        policy = SandboxPolicy(kind=self.kind, python=Path(sys.executable))
        return observe(self.root, asked, limits=limits, policy=policy, mounts=mounts)


def trouble_of(seen: Observation) -> NotObserved:
    """The trouble of a run that must have one."""
    assert seen.trouble is not None, seen
    return seen.trouble
