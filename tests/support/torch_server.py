"""Runs PyTorch programs under observation, one fork of a warm process each.

Started as a script; reads JSON lines {"path", "root", "request", "result"} and answers each with
one line. With "observe": false the program runs without any observer. What the program prints goes
to the file "output"; a crash is reported as the sandbox child reports it.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any


def main() -> None:
    """Serve until standard input ends."""
    import torch
    import torch._dynamo  # optimizers load it, which takes seconds

    torch.set_num_threads(1)
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _run(order)
        os.waitpid(pid, 0)
        print("done", flush=True)


def _run(order: dict[str, Any]) -> None:
    from analyzer.sandbox.inside import torch_observer
    from analyzer.sandbox.inside.recorder import Recorder, Stop

    output = os.open(order["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    fd = os.open(order["result"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    recorder = Recorder(order["request"], order["root"], fd)
    if order["observe"]:
        torch_observer.install(recorder)
    sys.path.insert(0, order["root"])
    space = {"__name__": "__main__", "__file__": order["path"]}
    try:
        with open(order["path"], "rb") as source:
            exec(compile(source.read(), order["path"], "exec"), space)
        recorder.finish(None)
    except Stop:
        pass
    except BaseException as error:  # noqa: BLE001 - as the sandbox child does
        traceback.print_exc()
        site = recorder.sources.of_traceback(error.__traceback__)
        recorder.finish(recorder.trouble("crash", f"{type(error).__name__}: {error}", site))
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    sys.path.insert(0, os.getcwd())
    main()
