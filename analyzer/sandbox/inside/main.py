"""The first thing that runs inside the sandbox: confine, unpack, observe, run.

Started by path with ``python -P main.py`` and one of

* ``REQUEST_FD RESULT_FD``: one run, start to end;
* ``warm CONTROL_FD``: import the program's frameworks and fork for every run (see `warm`);
* ``unpacked REQUEST_FD RESULT_FD``: one run whose files lie there already.

It takes its own folder off the import path (the program may have modules named like ours) and
loads its siblings as the package ``_faultline_inside``.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from typing import Any

PACKAGE = "_faultline_inside"
HERE = os.path.dirname(os.path.abspath(__file__))
# In this order: spellings and data must be there before the observers look at what uses them.
# Each reads of the request what concerns it, and installs nothing that was switched off.
OBSERVERS = ("compat", "standins", "keras_observer", "torch_observer")
# In place of them for the run of an experiment.
MEASURERS = ("compat", "standins", "keras_measure", "torch_measure")


def main() -> int:
    """Do what the arguments say."""
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE]
    _become_package()
    way, *numbers = sys.argv[1:] if sys.argv[1].isalpha() else ["alone", *sys.argv[1:]]
    if way == "warm":
        status: int = _part("warm").serve(int(numbers[0]), run, os.path.abspath(__file__))
        return status
    request_fd, result_fd = (int(number) for number in numbers)
    with os.fdopen(request_fd, "rb") as stream:
        envelope: dict[str, Any] = json.loads(stream.readline())
        if way == "alone":
            _part("confine").confine(envelope["confinement"])
            os.write(result_fd, b"H {}\n")
            _part("confine").unpack(stream, envelope["root"])
    return run(envelope, result_fd)


def run(envelope: dict[str, Any], result_fd: int) -> int:
    """Run one program, whose files are unpacked, as the envelope says."""
    os.set_inheritable(result_fd, False)
    request = {**envelope["request"], "result_bytes": envelope["result_bytes"]}
    recorder = _part("recorder").Recorder(request, envelope["root"], result_fd)
    deadline = envelope["deadline"], envelope["deadline_seconds"]
    _part("deadline").report_at(recorder, *deadline)
    _part("seeding").seed_on_import(request["seed"])
    if request.get("experiment"):
        _part("measure_seeds").vary(request["seed"])
    _part("devices").install(recorder)
    if request["observe"]:
        _install_observers(recorder)
    status: int = _part("program").run(recorder)
    _part("recorder").leave(status)
    return status


def _install_observers(recorder: Any) -> None:
    _part("on_import").WATCH.failed = lambda name, error: recorder.note(
        f"observing {name} failed: {type(error).__name__}: {error}"
    )
    for name in MEASURERS if recorder.request.get("experiment") else OBSERVERS:
        if os.path.exists(os.path.join(HERE, f"{name}.py")):
            recorder.guarded(_install, name, recorder)


def _install(name: str, recorder: Any) -> None:
    _part(name).install(recorder)


def _part(name: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.{name}")


def _become_package() -> None:
    """Make this folder importable under a name that no program uses."""
    spec = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(HERE, "__init__.py"), submodule_search_locations=[HERE]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{HERE} is not the folder of {PACKAGE}")
    package = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = package
    spec.loader.exec_module(package)


if __name__ == "__main__":
    sys.exit(main())
