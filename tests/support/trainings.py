"""Small real programs that are trained and measured in one warm sandbox."""

from __future__ import annotations

import textwrap
from pathlib import Path

from analyzer.experiments.runs import Trainings
from analyzer.kinds import Problem
from analyzer.observed import Measured, Observation
from analyzer.options import SandboxPolicy
from analyzer.sandbox.protocol import ExperimentRequest, Request
from analyzer.sandbox.session import Session

PATIENCE = 120.0
"""Wall seconds of one training at most: bounds are steps here, so that a busy machine is none."""


class Workbench:
    """A folder with one program, and the sandbox that runs its variants."""

    def __init__(self, root: Path, *frameworks: str) -> None:
        self.root = root
        self.session = Session(root, policy=SandboxPolicy(), preload=frameworks)

    def write(self, text: str) -> str:
        """The program, its indentation taken off."""
        text = textwrap.dedent(text)
        (self.root / "train.py").write_text(text)
        return text

    def trainings(self, problem: Problem, steps: int = 150) -> Trainings:
        """Runs of the program in the folder."""
        asked = ExperimentRequest(steps=steps, epochs=0, seconds=PATIENCE, problem=problem)
        return Trainings(Request(script="train.py"), self.session.observe, asked, float("inf"))

    def observe(self, text: str, problem: Problem, steps: int = 150, seed: int = 1) -> Observation:
        """One run of this program."""
        self.write(text)
        asked = ExperimentRequest(steps=steps, epochs=0, seconds=PATIENCE, problem=problem)
        return self.session.observe(Request(script="train.py", seed=seed, experiment=asked))

    def measure(self, text: str, problem: Problem, steps: int = 150) -> Measured:
        """The measure of one run of this program."""
        seen = self.observe(text, problem, steps)
        assert seen.measured is not None, seen.output
        return seen.measured
