"""The number of the process, known without asking."""

from __future__ import annotations

import os

from analyzer.sandbox.inside import processes


def test_a_forked_process_knows_its_own_number() -> None:
    assert processes.current() == os.getpid()
    child = os.fork()
    if not child:
        os._exit(0 if processes.current() == os.getpid() else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
