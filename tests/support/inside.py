"""Runs small programs under the sandbox's compatibility layer and stand-ins, in one process.

The programs run one after another in a fresh interpreter with the package of the sandbox child
loaded as there, so that a framework is imported once for all of them.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INSIDE = Path(__file__).parents[2] / "analyzer" / "sandbox" / "inside"

_DRIVER = """
import importlib.util, io, json, os, sys, contextlib, traceback, types
inside, root, request = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
spec = importlib.util.spec_from_file_location(
    "_faultline_inside", inside + "/__init__.py", submodule_search_locations=[inside])
package = importlib.util.module_from_spec(spec)
sys.modules["_faultline_inside"] = package
spec.loader.exec_module(package)
from _faultline_inside import compat, compat_undefined, standins
from _faultline_inside.recorder import Recorder
os.chdir(root)
scripts = sorted(name for name in os.listdir(root) if name.endswith(".py"))
recorder = Recorder(dict(request, script=""), root, os.open(os.devnull, os.O_WRONLY))
compat.install(recorder)
standins.install(recorder)
results = {}
for script in scripts:
    path = os.path.join(root, script)
    recorder.request["script"] = path
    recorder.facts["data"] = None
    standins.start_program(recorder)
    module = types.ModuleType("__main__")
    module.__file__ = path
    sys.modules["__main__"] = module
    module.__dict__["__builtins__"] = compat_undefined.namespace(recorder, module.__dict__)
    out, error = io.StringIO(), None
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(open(path, "rb").read(), path, "exec"), module.__dict__)
        except Exception as problem:
            traceback.print_exc()
            error = f"{type(problem).__name__}: {problem}"
    results[script[:-3]] = {"output": out.getvalue(), "error": error,
                            "data": recorder.facts["data"]}
    del recorder._notes[50:]
results[""] = {"uses": recorder.facts["api_uses"], "notes": recorder._notes}
with open(os.path.join(root, "results.json"), "w") as file:
    json.dump(results, file)
os._exit(0)
"""


@dataclass(frozen=True)
class Ran:
    """One program's end.

    Attributes:
        output: what it printed; error: its exception, None when it ended well.
        uses: (old, new, line) of each old spelling; data: the data facts.
        notes: of all programs of the process together.
    """

    output: str
    error: str | None
    uses: list[tuple[str, str, int]]
    data: dict[str, Any] | None
    notes: list[str]


def run_programs(
    folder: Path, programs: dict[str, str], request: dict[str, Any] | None = None
) -> dict[str, Ran]:
    """Runs the programs in alphabetical order; the folder is their root and working folder."""
    for name, text in programs.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text))
    full = {
        "steps": 3,
        "seed": 0,
        "keras": "auto",
        "stand_ins": True,
        "compat": True,
        "hints": {},
        "dataset": None,
        "argv": [],
        "warmup_seconds": 10.0,
        **(request or {}),
    }
    environment = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "HOME": str(folder),
        "KERAS_HOME": str(folder / ".keras"),
        "CUDA_VISIBLE_DEVICES": "",
    }
    ended = subprocess.run(
        [sys.executable, "-c", _DRIVER, str(INSIDE), str(folder), json.dumps(full)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if not (folder / "results.json").exists():
        raise AssertionError(ended.stderr[-4000:])
    results = json.loads((folder / "results.json").read_text())
    common = results.pop("")
    return {name: _ran(name, result, common, ended.stderr) for name, result in results.items()}


def _ran(name: str, result: dict[str, Any], common: dict[str, Any], errors: str) -> Ran:
    uses = [
        (use["old"], use["new"], use["site"]["line"])
        for use in common["uses"]
        if use["site"]["path"] == f"{name}.py"
    ]
    error = result["error"]
    if error is not None:
        error += "\n" + errors[-3000:]
    return Ran(result["output"], error, uses, result["data"], common["notes"])
