"""What a caller can ask of one analysis."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from analyzer.kinds import Problem, Severity

FailOn = Literal["error", "warning", "advice", "never"]

_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_ENTRY = re.compile(rf"{_MODULE.pattern}:{_MODULE.pattern}")


def run_words(run: str) -> list[str]:
    """The words of a `run` setting without a leading "python".

    Raises:
        ValueError: it is neither a script, nor -m with a module, nor module:function.
    """
    words = shlex.split(run)
    words = words[1:] if words[:1] in (["python"], ["python3"]) else words
    module = len(words) > 1 and words[0] == "-m" and _MODULE.fullmatch(words[1])
    if not (module or (words and words[0].endswith(".py")) or is_entry(words)):
        raise ValueError('expected "script.py ARGUMENTS", "-m package.module" or "module:function"')
    return words


def is_entry(words: Sequence[str]) -> bool:
    """Whether these words are one "module:function"."""
    return len(words) == 1 and _ENTRY.fullmatch(words[0]) is not None


@dataclass(frozen=True, slots=True)
class Mount:
    """Read-only data: `host` appears at `inside`, relative to the program's root or absolute."""

    host: Path
    inside: str


@dataclass(frozen=True, slots=True)
class SandboxPolicy:
    """How the program is confined.

    Attributes:
        kind: "none" runs the program as the caller's own process tree, with limits but without
            walls; only for a caller who insists.
        python: the interpreter whose environment holds the program's framework.
    """

    kind: Literal["bubblewrap", "none"] = "bubblewrap"
    python: Path = Path(sys.executable)


@dataclass(frozen=True, slots=True)
class ProgramSpec:
    """What a configuration says about programs whose path matches `path` (a glob).

    Attributes:
        run: command line ("train.py --epochs 1", "python -m package.train") or entry
            "module:function"; None: the file itself.
        dataset: one of the dataset forms, as written in the configuration.
        problem: the task, when it is not to be inferred.
    """

    path: str
    run: str | None = None
    dataset: Mapping[str, Any] | None = None
    runtime: str = "default"
    budget: float | None = None
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """One analysis.

    Attributes:
        static: never run the program.
        budget: seconds for one program, experiments included.
        device: where the warm-up trains.
        select, ignore: rule names or codes; "ALL" selects every rule.
        severity: rule name to the severity that its findings get at most.
        programs: per-program settings, the first match counts.
        mounts: read-only data for the program.
        seed: seeds Python, NumPy and the framework before the program starts.
        jobs: programs analysed at once.
        experiments: whether edits are tried by paired trainings, as far as the budget goes.
        verify: whose edits are tried by running the edited program: those of "posted" findings
            (errors and warnings), of "all", or of "none".
        interrupt: called often while a program runs, from the thread that watches it; what it
            raises ends the run and the analysis.
    """

    static: bool = False
    budget: float = 60.0
    device: Literal["auto", "cpu", "cuda"] = "auto"
    select: tuple[str, ...] = ("ALL",)
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, Severity] = field(default_factory=dict)
    programs: tuple[ProgramSpec, ...] = ()
    datasets: Path | None = None
    mounts: tuple[Mount, ...] = ()
    seed: int = 0
    jobs: int = 1
    experiments: bool = True
    sandbox: SandboxPolicy = field(default_factory=SandboxPolicy)
    verify: Literal["none", "posted", "all"] = "posted"
    interrupt: Callable[[], None] | None = field(default=None, compare=False)
