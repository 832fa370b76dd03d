"""The catalogue of contracts: for each rule faulty and sound programs that are really run.

A folder ``tests/programs/contracts/RULE-NAME/`` holds programs ``faulty*.py`` and ``sound*.py``. In
a faulty one the line where the comment belongs ends in ``# fault``; words after it say what differs
from a contract of the rule's own kind, and which other rules may rightly warn as well:
``# fault kind=loss proof=rule severity=advice also=one-rule,another-rule``.
"""

from __future__ import annotations

import atexit
import functools
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analyzer.assemble import assemble, reason_of
from analyzer.findings import Finding
from analyzer.fusion import Verdict, judge
from analyzer.observed import Observation
from analyzer.options import Options, ProgramSpec
from analyzer.requesting import build_request
from analyzer.rules.base import Program, Rule
from analyzer.rules.registry import all_rules, examples_of
from analyzer.source.index import read_program
from analyzer.task import infer_problem

CATALOGUE = Path(__file__).parents[1] / "programs" / "contracts"
FAULT = re.compile(r"#\s*fault\b(?P<words>(?:\s+\w+=[\w,-]+)*)\s*$")
OLDER = frozenset({"graph", "data", "learner"})
"""Packages whose rules are shown on programs elsewhere (`tests/programs/heldout`, the benchmarks);
a folder for one of them is welcome and not asked for."""


@dataclass(frozen=True)
class Fault:
    """What a faulty program must get: the line, and what its comment says beside it."""

    line: int
    words: dict[str, str]

    @property
    def others(self) -> frozenset[str]:
        """Rules that may rightly warn too."""
        return frozenset(filter(None, self.words.get("also", "").split(",")))


@dataclass(frozen=True)
class Case:
    """One program of the catalogue."""

    rule: str
    path: Path

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def faulty(self) -> bool:
        return self.path.name.startswith("faulty")

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The marked lines."""
        found = []
        for number, line in enumerate(self.text.splitlines(), start=1):
            mark = FAULT.search(line)
            if mark:
                words = dict(word.split("=", 1) for word in mark["words"].split())
                found.append(Fault(number, words))
        return tuple(found)


def cases() -> Iterator[Case]:
    """All programs of the catalogue, by rule and name."""
    for path in sorted(CATALOGUE.glob("*/*.py")):
        if path.name.startswith(("faulty", "sound")):
            yield Case(path.parent.name, path)


def contract_rules() -> Iterator[Rule]:
    """The rules that the catalogue must show: those that can prove an error or a warning."""
    for rule in all_rules():
        proofs = {found.proof for example in examples_of(rule) for found in example.found}
        package = type(rule).__module__.split(".")[-2]
        if rule.severity != "advice" and "contract" in proofs and package not in OLDER:
            yield rule


@dataclass(frozen=True)
class Shown:
    """What the run of a program showed and what all rules say about it."""

    observation: Observation
    program: Program
    verdict: Verdict
    output: str

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(judged.finding for judged in self.verdict.judged)

    @property
    def complaints(self) -> tuple[Finding, ...]:
        """Errors and warnings."""
        return tuple(f for f in self.findings if f.severity != "advice")


def show(path: Path, **request: Any) -> Shown:
    """Run one program in a warm process, and let all rules judge it."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "program"
        root.mkdir()
        (root / path.name).write_bytes(path.read_bytes())
        source = read_program(root, path.name)
        asked = build_request(root, source, ProgramSpec(path=path.name), Options(), {})
        quick = {"compat": False, "stand_ins": False, "sampled_steps": 4, **request}
        facts = asked.model_copy(update=quick).model_dump(mode="json")
        server = _server("torch" if "torch" in path.read_text(encoding="utf-8") else "keras")
        observation, output = server.observe(root, facts)
    view = assemble(source, observation, reason_of(observation.trouble))
    problem = infer_problem(view.graph, view.data, view.learner, view.source)
    program = replace(view, problem=problem)
    return Shown(observation, program, judge(program, all_rules()), output)


class Server:
    """A process that has a framework loaded and forks for each program."""

    def __init__(self, framework: str) -> None:
        script = Path(__file__).with_name("warm_server.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script), framework],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )

    def observe(self, root: Path, request: dict[str, Any]) -> tuple[Observation, str]:
        """The program's last word, validated as the sandbox's parent does, and its output."""
        result, output = root.with_name("result"), root.with_name("output")
        order = {"root": str(root), "request": request}
        order |= {"result": str(result), "output": str(output)}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"
        lines = result.read_text(encoding="utf-8").splitlines()
        printed = output.read_text(encoding="utf-8", errors="replace")
        assert lines, f"nothing was observed: {printed[-4000:]}"
        assert lines[-1].startswith("F "), f"the program was killed: {printed[-4000:]}"
        return Observation.model_validate_json(lines[-1][2:]), printed

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()


@functools.cache
def _server(framework: str) -> Server:
    server = Server(framework)
    atexit.register(server.close)
    return server
