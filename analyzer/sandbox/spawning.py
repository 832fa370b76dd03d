"""Starting sandboxes from a thread that outlives them.

bwrap asks the kernel to be ended with its parent, and the kernel means the thread that started it:
a sandbox that a worker thread starts would end with that thread.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from analyzer.errors import SandboxError

_starters: list[ThreadPoolExecutor] = []
os.register_at_fork(after_in_child=_starters.clear)  # threads do not come along


def start(
    command: Sequence[str],
    environment: Mapping[str, str],
    output: int | IO[bytes],
    passed: Sequence[int],
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, with nothing on its standard input.

    Raises:
        SandboxError: there is no such command, or the system refuses.
    """
    if not _starters:
        _starters.append(ThreadPoolExecutor(1, thread_name_prefix="sandbox-starter"))

    def spawn() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(environment),
            pass_fds=tuple(passed),
            start_new_session=True,
        )

    try:
        return _starters[0].submit(spawn).result()
    except OSError as error:
        raise SandboxError(f"{command[0]} cannot be started: {error}") from error
