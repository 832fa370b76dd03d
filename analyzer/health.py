"""What works on this machine: the sandbox, the frameworks, the devices."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.options import SandboxPolicy
from analyzer.sandbox.runner import probe

FRAMEWORKS = ("keras", "tensorflow", "tf_keras", "torch")
PROBE_SECONDS = 60.0

VERSIONS = """
import importlib.util, importlib.metadata, json, sys
found = {}
for name in sys.argv[1:]:
    if importlib.util.find_spec(name) is None:
        continue
    names = importlib.metadata.packages_distributions().get(name, [name])
    found[name] = importlib.metadata.version(names[0])
print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried.

    Attributes:
        works: None when it is optional and absent.
        remedy: what to do when it does not work.
    """

    name: str
    works: bool | None
    detail: str
    remedy: str | None = None


def check_analyzer(policy: SandboxPolicy) -> Iterator[Check]:
    """Everything that an analysis needs."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Check("python", sys.version_info >= (3, 11), version, "install Python 3.11 or newer")
    found = probe(policy)
    remedy = "apt-get install bubblewrap; in a container allow user namespaces"
    detail = "a program was run in it" if found.works else found.reason or "no answer"
    yield Check(f"sandbox ({policy.kind})", found.works, detail, remedy)
    yield from check_frameworks(policy)
    yield check_gpu()


def check_frameworks(policy: SandboxPolicy) -> Iterator[Check]:
    """The frameworks of the environment in which programs run, by their installed versions."""
    command = [str(policy.python), "-c", VERSIONS, *FRAMEWORKS]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=True
        )
        found = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        yield Check("frameworks", False, str(error), f"check the interpreter {policy.python}")
        return
    for name in FRAMEWORKS:
        remedy = f"pip install {name}; programs that need it are reviewed statically until then"
        yield Check(name, name in found or None, found.get(name, "not installed"), remedy)


def check_gpu() -> Check:
    """The NVIDIA GPUs that the driver lists."""
    if shutil.which("nvidia-smi") is None:
        return Check("gpu", None, "no NVIDIA driver; warm-ups run on the CPU")
    query = ["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(
            query, capture_output=True, text=True, timeout=PROBE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        return Check("gpu", False, str(error), "check the NVIDIA driver with nvidia-smi")
    names = ", ".join(answer.stdout.split("\n")).strip(", ")
    return Check("gpu", bool(names), names or "the driver lists none")
