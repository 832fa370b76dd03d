"""A checkpoint that may run code.

What it finds
    `torch.load` without `weights_only`, with a PyTorch whose default is to unpickle everything.
Why it hurts
    A pickle can run any code when it is read: a checkpoint from elsewhere is a program from
    elsewhere.
How it is measured
    The call in the source, and the version of PyTorch that the run imported (before 2.6 the default
    is unsafe).
When it is right
    For files that nobody else can have written. From PyTorch 2.6 on the default is safe and
    nothing is said; `weights_only=False` is the author's decision.
Example
    state = torch.load("model.pt")
Instead
    state = torch.load("model.pt", weights_only=True)
The fix
    `weights_only=True`. Not safe for checkpoints that hold more than tensors and plain values.
Sources
    PyTorch documentation of torch.load; PyTorch 2.6 release notes.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from analyzer.findings import Evidence, Unchecked
from analyzer.fixing.edits import FixPlan, SetArgument
from analyzer.observed import Observation
from analyzer.rules.base import Example, Found, Program, Rule, Suspicion
from analyzer.rules.reading.syntax import calls_in, place, tree_of
from analyzer.rules.samples import sample

SAFE_SINCE = (2, 6)


class UnsafeCheckpointLoad(Rule):
    """A pickle that is trusted by default."""

    code = "FL612"
    name = "unsafe-checkpoint-load"
    kind = "api"
    severity = "advice"
    confidence = 0.9
    frameworks = frozenset({"torch"})
    needs = ()
    why = "Before 2.6 torch.load unpickles everything by default (PyTorch 2.6 release notes)."

    def check(self, program: Program) -> Iterator[Suspicion | Unchecked]:
        """The calls, when the version is one with the unsafe default."""
        loads = [
            call
            for call in calls_in(tree_of(program.source), "load")
            if isinstance(call.func, ast.Attribute)
            and ast.unparse(call.func.value) == "torch"
            and all(keyword.arg not in ("weights_only", None) for keyword in call.keywords)
        ]
        version = (program.observation.versions if program.observation else {}).get("torch")
        if loads and version is None:
            yield self.unchecked("needs the installed version of PyTorch, not seen")
            return
        for call in loads:
            if version is not None and _numbers(version) < SAFE_SINCE:
                yield Suspicion(
                    site=place(call, program.source),
                    message=(
                        f"torch.load of PyTorch {version} runs whatever code the checkpoint holds."
                    ),
                    evidence=Evidence(static={"torch": version}),
                    fix=FixPlan(
                        "load tensors and plain values alone",
                        (SetArgument(place(call, program.source), "weights_only", "True"),),
                        safe=False,
                    ),
                    proof="contract",
                )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _program(text: str, version: str | None) -> Program:
    versions = {"torch": version} if version else {}
    return sample(text, framework="torch", observation=Observation(versions=versions))


LOAD = 'state = torch.load("model.pt", map_location="cpu")'

EXAMPLES = (
    Example(
        "PyTorch 2.1",
        _program(LOAD, "2.1.2+cu118"),
        found=(Found(1, "PyTorch 2.1.2", "weights_only=True)", "contract"),),
    ),
    Example("PyTorch 2.13", _program(LOAD, "2.13.0+cpu")),
    Example("a decision", _program('torch.load("m.pt", weights_only=False)', "2.1.2")),
    Example("no run", _program(LOAD, None), unchecked="version"),
)
