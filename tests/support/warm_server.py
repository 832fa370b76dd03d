"""Runs training programs under the sandbox's observers, one fork of a warm process each.

Started as ``warm_server.py torch|keras``: it loads that framework, then reads JSON lines
{"root", "request", "result", "output"} and answers each with one line. A program runs as the
sandbox child runs it, without the walls; what it prints goes to the file "output".
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

MOST_SECONDS = 120.0
"""A program of the catalogue takes one to three seconds on an idle machine."""


def main() -> None:
    """Serve until standard input ends."""
    _load(sys.argv[1])
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _run(order)
        _wait(pid)
        print("done", flush=True)


def _load(framework: str) -> None:
    if framework == "torch":
        import torch
        import torch._dynamo  # optimizers load it, which takes seconds

        torch.set_num_threads(1)
    else:
        import keras  # noqa: F401 - a fork has it then
        import tensorflow  # noqa: F401 - no operation may run before the fork: it starts threads


def _wait(pid: int) -> None:
    deadline = time.monotonic() + MOST_SECONDS
    while os.waitpid(pid, os.WNOHANG) == (0, 0):
        if time.monotonic() > deadline:
            os.kill(pid, 9)
            deadline = float("inf")
        time.sleep(0.005)


def _run(order: dict[str, Any]) -> None:
    from analyzer.sandbox.inside import keras_observer, program, torch_observer
    from analyzer.sandbox.inside.recorder import Recorder
    from analyzer.sandbox.inside.seeding import seed_on_import

    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    fd = os.open(order["result"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    recorder = Recorder(order["request"], order["root"], fd)
    seed_on_import(order["request"]["seed"])
    keras_observer.install(recorder)
    torch_observer.install(recorder)
    status = program.run(recorder)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    main()
